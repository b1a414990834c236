// Puts another module in the place of the handler: one that wraps it.
const HANDLER = /\/dist\/plugin\/kong\/handler\.js$/;

let control;

export function initialize(data) {
  control = data.control;
}

export async function load(url, context, nextLoad) {
  if (!HANDLER.test(url)) {
    return nextLoad(url, context);
  }
  const source = `
    import { startPluginInstance as start } from ${JSON.stringify(`${url}?real`)};
    import { withFaults } from ${JSON.stringify(new URL("./with-faults.mjs", import.meta.url).href)};
    export const startPluginInstance = (...args) => withFaults(start(...args), ${JSON.stringify(control)});
  `;
  return { format: "module", shortCircuit: true, source };
}
