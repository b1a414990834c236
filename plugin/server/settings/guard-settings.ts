import { NAME } from "../../kong/contract/plugin-identity.ts";

/**
 * Returns the settings with which Kong loads the guard beside the plugin. The guard needs the facts variable, which all printed
 * settings include.
 *
 * @param settings the settings of the plugin itself.
 * @param guardPath absolute path of this package's plugin/guard.
 */
export function addGuardSettings(
  settings: Readonly<Record<string, string>>,
  guardPath: string,
): Readonly<Record<string, string>> {
  return {
    ...settings,
    KONG_PLUGINS: `${settings.KONG_PLUGINS},${NAME}-guard`,
    KONG_LUA_PACKAGE_PATH: `${guardPath}/?.lua;;`,
  };
}
