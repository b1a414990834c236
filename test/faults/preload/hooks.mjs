// Puts another module in the place of the handler: one that wraps it.
const HANDLER = /\/dist\/plugin\/kong\/handler\.js$/;

export async function load(url, context, nextLoad) {
  if (!HANDLER.test(url)) {
    return nextLoad(url, context);
  }
  const source = `
    import { startPluginInstance as start } from ${JSON.stringify(`${url}?real`)};
    import { failOr } from ${JSON.stringify(new URL("./fail-or.mjs", import.meta.url).href)};
    export * from ${JSON.stringify(`${url}?real`)};
    export const startPluginInstance = (...args) => {
      const instance = start(...args);
      return { access: (pdk) => failOr(() => instance.access(pdk), () => pdk.nginx.getVar("request")) };
    };
  `;
  return { format: "module", shortCircuit: true, source };
}
