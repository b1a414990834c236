import type { Pdk } from "./pdk.ts";

/**
 * What the matched Kong Route matches, as one text: two Routes with other texts lead elsewhere, whatever their ids say. Undefined
 * when Kong cannot say, and for a Route of which it says nothing, such as one with an expression.
 */
export async function describeRoute({ router }: Pdk): Promise<string | undefined> {
  const route = await router.getRoute().catch(() => undefined);
  const { id, methods = [], hosts = [], paths = [], protocols = [], service } = route ?? {};
  return id === undefined || methods.length + hosts.length + paths.length === 0
    ? undefined
    : JSON.stringify([id, methods, hosts, paths, protocols, service?.id ?? null]);
}
