import { toPrintableJson } from "../../plugin/core/text/printable.ts";

/**
 * Strings that need no quotes: words whose characters have no special meaning in YAML. Inside a word, a colon has no
 * special meaning.
 */
const PLAIN = /^[A-Za-z/](?:[\w./+-]|[: ](?=[\w/]))*$/;
/**
 * Strings that YAML 1.1 or 1.2 reads as a value of another type. Kong and decK use different versions of YAML, so such strings
 * need quotes.
 */
const OTHER_TYPE = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

/** Writes a value as YAML on one line, such as `{ typ: Bearer, roles: [admin] }`. */
export function flow(value: unknown): string {
  if (typeof value === "string") {
    return PLAIN.test(value) && !OTHER_TYPE.test(value) ? value : toPrintableJson(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(flow).join(", ")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${flow(key)}: ${flow(member)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  return toPrintableJson(value);
}

/** Indents all lines that are not empty. */
export function indent(lines: readonly string[], depth: number): readonly string[] {
  return lines.map((line) => (line === "" ? line : `${" ".repeat(depth)}${line}`));
}
