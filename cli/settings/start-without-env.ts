const ENV = "/usr/bin/env ";

/**
 * Changes settings so that their commands start Node directly, for images that have a shell but no `/usr/bin/env`. Kong's shell
 * runs `exec <command>`. After `exec`, the shell accepts no variables before the program.
 *
 * @param settings made with an empty environment.
 */
export function startWithoutEnv(settings: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      name.endsWith("_CMD") && value.startsWith(ENV) ? value.slice(ENV.length) : value,
    ]),
  );
}
