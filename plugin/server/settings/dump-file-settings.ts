import { quoteWords } from "./kong-settings.ts";

/**
 * For a Kong that does not start the plugin server itself: a sidecar runs it, or a control plane has none. Then Kong reads the
 * schema from a file and needs no Node.
 *
 * @param settings the settings of the plugin with our own server.
 * @param dumpFile absolute path, as Kong sees it, of a file with what `main.js --dump` prints.
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
