// A load hook. In the bundled file of our plugin server, it replaces the handler by a faulty handler. The request's
// `x-fault` selects the fault.
const HANDLER = "function startPluginInstance(";
const FAULTY = `
function startPluginInstance(...args) {
  const sound = startSoundInstance(...args);
  let isStale = false;
  return {
    async access(pdk, event) {
      const fault = (await pdk.request.getHeaders(1000)).get("x-fault")?.[0];
      if (fault === "throw") {
        throw new Error("a fault of the test");
      }
      if (fault === "never") {
        await new Promise(() => {});
      }
      if (fault === "nothing") {
        return undefined;
      }
      const decision = await sound.access(pdk, event);
      const { "x-jwt-policy-verdict": verdict, ...headers } = decision.headers ?? {};
      if (fault === "no-verdict") {
        return createAllow({ headers }, decision.evidence);
      }
      isStale ||= fault === "stale-instance";
      if (fault === "other-configuration" || isStale) {
        return createAllow({ headers: { ...headers, "x-jwt-policy-verdict": "x" + verdict.slice(1) } }, decision.evidence);
      }
      return decision;
    },
  };
}
`;

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith("/jwt-policy-server.mjs")) {
    return loaded;
  }
  const parts = String(loaded.source).split(HANDLER);
  if (parts.length !== 2) {
    throw new Error(`${HANDLER} stands ${parts.length - 1} times in ${url}: the faults cannot be brought in`);
  }
  return { ...loaded, source: parts.join("function startSoundInstance(") + FAULTY };
}
