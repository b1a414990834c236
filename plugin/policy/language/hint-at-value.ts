import { quoteText } from "../../core/text/printable.ts";

/** For a longer value, no corrected form is shown. */
const MAX_LENGTH = 60;
const UNITS: Readonly<Record<string, string>> = {
  s: "s",
  sec: "s",
  secs: "s",
  second: "s",
  seconds: "s",
  m: "m",
  min: "m",
  mins: "m",
  minute: "m",
  minutes: "m",
  h: "h",
  hr: "h",
  hrs: "h",
  hour: "h",
  hours: "h",
  d: "d",
  day: "d",
  days: "d",
};
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
 * Says how to write a value that has a wrong type, as the end of a message. Empty if there is no hint. The value must
 * not be secret.
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

/** Says how to write a string that does not have the form of its schema, as the end of a sentence. */
export function hintAtForm(value: unknown, schema: Schema): string {
  if (typeof value !== "string" || value === "" || value.length > MAX_LENGTH) {
    return "";
  }
  const pattern = new RegExp(schema?.pattern ?? "", "u");
  const parts = splitText(value);
  if (schema?.title === "Scope" && parts.length > 1 && parts.every((part) => pattern.test(part))) {
    return ` Write each value as a separate element: ${parts.map(writeElement).join(", ")}.`;
  }
  const lower = value.toLowerCase();
  const candidates = isDuration(schema)
    ? listDurations(lower)
    : [value.trim(), value.toUpperCase(), lower, lower.replaceAll("_", "-"), `/${value}`];
  const better = candidates.find((candidate) => candidate !== value && pattern.test(candidate));
  return better === undefined ? "" : ` Did you mean ${quoteText(better)}?`;
}

/**
 * Writes durations such as `30 sec`, `5min` and `PT30S` with the units of policies. A number without a unit is written with each
 * unit.
 */
function listDurations(lower: string): readonly string[] {
  const parts = /^(?:pt?)?\s*0*(\d{1,9})\s*([a-z]*)$/.exec(lower.trim());
  const unit = UNITS[parts?.[2] ?? ""];
  return parts && unit ? [`${parts[1]}${unit}`] : [];
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
