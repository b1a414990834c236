import { quoteWords } from "./kong-settings.ts";

/**
 * Returns the settings for a Kong that does not start the plugin server itself. For example, a sidecar runs the server,
 * or Kong is a control plane. With `--dump-file`, Kong reads the schema from a file and needs no Node.
 *
 * @param settings the settings of the plugin with our own server.
 * @param dumpFile absolute path on Kong's machine of a file with the output of `main.js --dump`.
 */
export function useDumpFile(
  settings: Readonly<Record<string, string>>,
  dumpFile: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([name]) => !name.endsWith("_START_CMD"))
      .map(([name, value]) => [name, name.endsWith("_QUERY_CMD") ? quoteWords(["/bin/cat", dumpFile]) : value]),
  );
}
