import type { Pdk } from "../contract/pdk.ts";

/**
 * Describes as one text what the matched Kong Route matches and where its Service leads. Routes with different texts lead to
 * different places, even with equal ids. Undefined if Kong does not know, and for a Route that Kong does not describe, such as
 * one with an expression.
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
