import { basename, dirname } from "node:path";
import { createKongSettings, type Installation, quoteWords, renderCommand } from "./kong-settings.ts";

/** Paths of kong-pdk's plugin server and of the files that this server loads. All paths are absolute. */
export interface StockServer {
  /** Path of the file bin/kong-js-pluginserver in kong-pdk. */
  readonly main: string;
  /**
   * Path of the TypeScript version that kong-pdk's server was made for. kong-pdk's server loads TypeScript when it
   * starts. Without this path, the server would also use a later version of TypeScript if it found one.
   */
  readonly typescript: string;
  /** Path of this package's plugin/stock. */
  readonly pluginsDirectory: string;
}

/**
 * Returns the settings with which Kong uses kong-pdk's plugin server instead of our own server. The settings of the
 * stock server are safe only together with the settings of the guard.
 */
export function createStockSettings(
  installation: Installation,
  { main, typescript, pluginsDirectory }: StockServer,
): Readonly<Record<string, string>> {
  const { node, socket, policyRoot, fetchSettings, stateDir, environment } = installation;
  const variables = {
    ...environment,
    JWT_POLICY_ROOT: policyRoot,
    ...(fetchSettings === undefined ? {} : { JWT_POLICY_FETCH_SETTINGS: fetchSettings }),
    ...(stateDir === undefined ? {} : { JWT_POLICY_STATE_DIR: stateDir }),
    TS_NODE_SKIP_PROJECT: "true",
    TS_NODE_COMPILER: typescript,
  };
  const command = renderCommand(variables, [node, main, "--plugins-directory", pluginsDirectory]);
  const listen = quoteWords(["--kong-prefix", dirname(socket), "--sock-name", basename(socket)]);
  const settings = createKongSettings(installation);
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      if (name.endsWith("_START_CMD")) {
        return [name, `${command} ${listen}`];
      }
      return [name, name.endsWith("_QUERY_CMD") ? `${command} --dump-all-plugins` : value];
    }),
  );
}
