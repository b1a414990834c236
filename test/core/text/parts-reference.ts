/**
 * Simple readers of queries and Cookie headers: they split the text into parts, and judge each part by regular expressions.
 * These readers are too slow for a gateway, and define the expected results of the scanners in plugin/core.
 */

const MALFORMED_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

export function readParametersByParts(query: string, name: string): readonly string[] | undefined {
  const pairs = query.split("&").map(splitPair);
  const found = pairs.filter((pair) => decode(pair.name) === name);
  const isUnclear =
    query.includes("#") ||
    pairs.some((pair) => MALFORMED_ESCAPE.test(pair.name)) ||
    found.some((pair) => !isUtf8(pair.value)) ||
    query.split(/[&;]/).filter((part) => isReadAs(splitPair(part).name, name)).length > found.length;
  return isUnclear ? undefined : found.map((pair) => decode(pair.value));
}

/** The result is also false for broken escapes. */
function isUtf8(escaped: string): boolean {
  try {
    decodeURIComponent(escaped);
    return true;
  } catch {
    return false;
  }
}

export function removeParameterByParts(query: string, name: string): string {
  return query
    .split("&")
    .flatMap((part) => {
      const kept = part.split(";").filter((inner) => !isReadAs(splitPair(inner).name, name));
      return kept.length === 0 ? [] : [kept.join(";")];
    })
    .join("&");
}

export function readCookiesByParts(header: string, name: string): readonly string[] | undefined {
  const pairs = header
    .split(";")
    .filter((part) => nameOf(part) === name)
    .map((part) => part.replace(/^[ \t]+/, ""));
  const prefix = `${name}=`;
  return pairs.every((pair) => pair.startsWith(prefix)) ? pairs.map((pair) => pair.slice(prefix.length)) : undefined;
}

export function removeCookieByParts(header: string, name: string): string {
  const parts = header.split(";");
  const kept = parts.filter((part) => !part.split(",").some((inner) => isReadAs(nameOf(inner), name)));
  return kept.length === parts.length ? header : kept.join(";").replace(/^[ \t]+/, "");
}

function nameOf(part: string): string {
  const end = part.indexOf("=");
  return (end === -1 ? part : part.slice(0, end)).replaceAll(/[^\x21-\x7e]+/g, "");
}

function splitPair(part: string): { readonly name: string; readonly value: string } {
  const end = part.indexOf("=");
  return end === -1 ? { name: part, value: "" } : { name: part.slice(0, end), value: part.slice(end + 1) };
}

function decode(text: string): string {
  return text
    .replaceAll("+", " ")
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function isReadAs(text: string, name: string): boolean {
  const wanted = fold(name);
  let reading = text.replaceAll("+", " ");
  for (let round = 0; round <= 3; round += 1) {
    if (text.length >= name.length && readingsOf(reading).includes(wanted)) {
      return true;
    }
    reading = reading.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  return false;
}

/** The whole name, the part before a bracket, and the part before a dot (some servers have nested names). */
function readingsOf(text: string): readonly string[] {
  const visible = text
    .split("\0", 1)
    .join("")
    .replaceAll(/^[^\x21-\x7e]+|[^\x21-\x7e]+$/g, "");
  const unwrapped = visible.replace(/^[[\]]+/, "");
  return [visible, unwrapped, unwrapped.split(/[[\]]/, 1).join(""), unwrapped.split(".", 1).join("")].map(fold);
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[ .[]/g, "_");
}
