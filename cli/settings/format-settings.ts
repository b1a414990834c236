/** The output formats for Kong's settings. */
export const FORMATS = ["shell", "env-file", "json", "conf"] as const;

export type Format = (typeof FORMATS)[number];

/** @param settings `KONG_*` variables by name. */
export function formatSettings(settings: Readonly<Record<string, string>>, format: Format): string {
  const entries = Object.entries(settings);
  switch (format) {
    case "json":
      return `${JSON.stringify(settings, null, 2)}\n`;
    case "env-file": // Docker reads everything after the `=` literally, even quotes.
      return entries.map(([name, value]) => `${name}=${value}\n`).join("");
    case "conf": // In kong.conf, a # begins a comment, so it is escaped.
      return entries
        .map(([name, value]) => `${name.slice("KONG_".length).toLowerCase()} = ${value.replaceAll("#", "\\#")}\n`)
        .join("");
    case "shell":
      return entries.map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`).join("");
  }
}
