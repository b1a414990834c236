// A load hook that gives our plugin server a faulty handler: what goes wrong is what the request's `x-fault` says.
const FAULTY = `
import { createAllow } from "../core/decision.js";

export function startPluginInstance(...args) {
  const sound = startSoundInstance(...args);
  return {
    async access(pdk) {
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
      const decision = await sound.access(pdk);
      const { "x-jwt-policy-verdict": verdict, ...headers } = decision.headers ?? {};
      if (fault === "no-verdict") {
        return createAllow(headers, decision.evidence);
      }
      if (fault === "other-configuration") {
        return createAllow({ ...headers, "x-jwt-policy-verdict": "x" + verdict.slice(1) }, decision.evidence);
      }
      return decision;
    },
  };
}
`;

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith("/plugin/kong/handler.js")) {
    return loaded;
  }
  const sound = String(loaded.source).replace("export function startPluginInstance", "function startSoundInstance");
  return { ...loaded, source: sound + FAULTY };
}
