import { quoteText } from "../../core/text/printable.ts";

/** If a value is longer, the hint shows no corrected form. */
const MAX_LENGTH = 60;
/**
 * A duration such as `30 sec`, `5min` or `PT30S`, in lower case. The match has two parts: the number, and the unit as
 * policies write it.
 */
const DURATION =
  /^(?:pt?)?\s*0*(\d{1,9})\s*(?=(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)$)([smhd])[a-z]*$/;
const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};
const PLAIN = /^[A-Za-z](?:[\w./-]|:(?=\S))*$/;

// biome-ignore lint/suspicious/noExplicitAny: Ajv gives the members of a schema this type.
type Schema = Readonly<Record<string, any>> | undefined;

/**
 * Says how to write a value of the right type. The text is the end of a message. Returns an empty string if there is no
 * hint. The value must not be secret.
 */
export function hintAtType(value: unknown, wanted: string | readonly string[], schema: Schema): string {
  const types = [wanted].flat();
  if (schema?.enum !== undefined) {
    return "";
  }
  if (types.includes("string") && (typeof value === "number" || typeof value === "boolean")) {
    return isDuration(schema)
      ? ` Write a number and a unit: s, m, h or d. Example: ${schema?.examples?.[0] ?? "30s"}.`
      : ` Put the value in quotes: "${value}".`;
  }
  if (typeof value === "string") {
    return hintAtText(value, types);
  }
  return types.length === 1 && types[0] === "object" && Array.isArray(value)
    ? ' Write "name: value" entries without dashes and brackets.'
    : "";
}

function hintAtText(value: string, types: readonly string[]): string {
  const word = value.trim().toLowerCase();
  if (types.includes("boolean") && Object.hasOwn(BOOLEANS, word)) {
    return ` Write ${BOOLEANS[word]}, without quotes.`;
  }
  if ((types.includes("integer") || types.includes("number")) && /^\d{1,9}$/.test(word)) {
    return ` Write ${word}, without quotes.`;
  }
  if (value.length > MAX_LENGTH) {
    return "";
  }
  if (types.includes("array") && word !== "") {
    return ` Write a list: [${splitText(value).map(writeElement).join(", ")}].`;
  }
  const colon = /^([\w.-]+):\S/.exec(value);
  return types.includes("object") && colon ? ` A colon needs a space after it: write "${colon[1]}: ".` : "";
}

/** Says how to write a string in the form that the schema requires. The text is the end of a sentence. */
export function hintAtForm(value: unknown, schema: Schema): string {
  if (typeof value !== "string" || value === "" || value.length > MAX_LENGTH) {
    return "";
  }
  const pattern = new RegExp(schema?.pattern, "u");
  const parts = splitText(value);
  if (schema?.title === "Scope" && parts.length > 1 && parts.every((part) => pattern.test(part))) {
    return ` Write each value as a separate element: ${parts.map(writeElement).join(", ")}.`;
  }
  const lower = value.toLowerCase();
  const candidates = isDuration(schema)
    ? [lower.trim().replace(DURATION, "$1$2")]
    : [value.trim(), value.toUpperCase(), lower, lower.replaceAll("_", "-"), `/${value}`];
  const better = candidates.find((candidate) => candidate !== value && pattern.test(candidate));
  return better === undefined ? "" : ` Did you mean ${quoteText(better)}?`;
}

function isDuration(schema: Schema): boolean {
  return schema?.title === "Duration";
}

function splitText(value: string): readonly string[] {
  return value.split(/[\s,;]+/).filter((part) => part !== "");
}

function writeElement(text: string): string {
  return PLAIN.test(text) ? text : quoteText(text);
}
