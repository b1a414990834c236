import { decodeEscapes, isReadAs } from "./folded-name.ts";

/**
 * A request's query, as far as one parameter is concerned (application/x-www-form-urlencoded, URL standard section 5.1). Everything
 * else in it stays as it came.
 */

const MALFORMED_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/** The query of a request target, without its `?`; undefined when there is none. */
export function queryOf(target: string): string | undefined {
  const start = target.indexOf("?");
  return start === -1 ? undefined : target.slice(start + 1);
}

/**
 * The decoded values of all parameters with this name, in their order. Names are compared once they are decoded, as bytes.
 *
 * @param name plain ASCII.
 * @returns undefined when a name, or one of these values, can not be decoded, when readers do not agree where the query ends, or
 *   when another parameter has this name for some servers.
 */
export function readParameters(query: string, name: string): readonly string[] | undefined {
  const pairs = query.split("&").map(splitPair);
  const found = pairs.filter((pair) => decode(pair.name) === name);
  const isUnclear =
    query.includes("#") ||
    pairs.some((pair) => MALFORMED_ESCAPE.test(pair.name)) ||
    found.some((pair) => MALFORMED_ESCAPE.test(pair.value)) ||
    countNamed(query, name) > found.length;
  return isUnclear ? undefined : found.map((pair) => decode(pair.value));
}

/** The query without any parameter of this name, in whatever spelling; the others byte for byte. */
export function removeParameter(query: string, name: string): string {
  return query
    .split("&")
    .flatMap((part) => {
      const kept = part.split(";").filter((inner) => !isNamed(inner, name));
      return kept.length === 0 ? [] : [kept.join(";")];
    })
    .join("&");
}

/** Old servers end a parameter at `;` as well. */
function countNamed(query: string, name: string): number {
  return query.split(/[&;]/).filter((part) => isNamed(part, name)).length;
}

function isNamed(part: string, name: string): boolean {
  const { name: own } = splitPair(part);
  return isReadAs(own, name);
}

function splitPair(part: string): { readonly name: string; readonly value: string } {
  const end = part.indexOf("=");
  return end === -1 ? { name: part, value: "" } : { name: part.slice(0, end), value: part.slice(end + 1) };
}

function decode(text: string): string {
  return decodeEscapes(text.replaceAll("+", " "));
}
