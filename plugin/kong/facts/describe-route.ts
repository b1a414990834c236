import type { Pdk } from "../contract/pdk.ts";

/**
 * Describes two things as one text: what the matched Kong Route matches, and the upstream of the Route's Service. If
 * the texts of two Routes differ, the Routes differ, even if their ids are equal. Returns undefined if Kong has no
 * Route for the request. Also returns undefined if Kong cannot describe the Route, for example because the Route has an
 * expression.
 */
export async function describeRoute({ router }: Pdk): Promise<string | undefined> {
  const route = await router.getRoute().catch(() => undefined);
  const { id, methods = [], hosts = [], paths = [], protocols = [], service } = route ?? {};
  if (id === undefined || methods.length + hosts.length + paths.length === 0) {
    return undefined;
  }
  const match = [id, methods, hosts, paths, protocols];
  if (service?.id === undefined) {
    return JSON.stringify(match);
  }
  const { protocol, host, port, path } = (await router.getService().catch(() => undefined)) ?? {};
  return host === undefined ? undefined : JSON.stringify([...match, service.id, protocol, host, port, path]);
}
