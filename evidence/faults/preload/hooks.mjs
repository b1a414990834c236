// Wraps the handler. In the bundled file of the plugin server, the handler is one function.
const SERVER = /\/dist\/jwt-policy-server\.mjs$/;
const HANDLER = "function startPluginInstance(";

const WRAPPER = `
import { failOr } from ${JSON.stringify(new URL("./fail-or.mjs", import.meta.url).href)};

function startPluginInstance(...args) {
  const instance = startSoundInstance(...args);
  return { access: (pdk, event) => failOr(() => instance.access(pdk, event), () => pdk.nginx.getVar("request")) };
}
`;

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!SERVER.test(url)) {
    return loaded;
  }
  const parts = String(loaded.source).split(HANDLER);
  if (parts.length !== 2) {
    throw new Error(`${HANDLER} stands ${parts.length - 1} times in ${url}: the faults cannot be brought in`);
  }
  return { ...loaded, source: parts.join("function startSoundInstance(") + WRAPPER };
}
