/**
 * Request headers as nginx stores them: an ordered list, with the client's spelling of each name. Comparisons of names
 * ignore letter case. Names and values are byte strings, with one character per byte (latin1).
 */

export type Header = readonly [name: string, value: string];
export type HeaderList = readonly Header[];

/**
 * @param raw names and values in turn, in the form of node:http.
 * @returns the headers that nginx keeps. nginx silently drops headers whose name has any character other than letters, digits,
 *   - and _.
 */
export function readHeaderList(raw: readonly string[]): HeaderList {
  const headers: Header[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    if (/^[\w-]+$/.test(name)) {
      headers.push([name, raw[i + 1] ?? ""]);
    }
  }
  return headers;
}

export function findHeaders(headers: HeaderList, name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
}

export function removeHeader(headers: HeaderList, name: string): HeaderList {
  const unwanted = name.toLowerCase();
  return headers.filter(([key]) => key.toLowerCase() !== unwanted);
}

/**
 * Replaces all headers of this name. The new header gets the position of the first replaced header. If `values` is
 * empty, the headers are removed. Here, names with `_` and names with `-` are different names.
 */
export function setHeader(headers: HeaderList, name: string, values: readonly string[]): HeaderList {
  const wanted = name.toLowerCase();
  const [first, ...more] = values;
  const index = headers.findIndex(([key]) => key.toLowerCase() === wanted);
  const others = removeHeader(headers, name);
  if (first === undefined) {
    return others;
  }
  const added = more.map((value): Header => [name, value]);
  if (index < 0) {
    return [...others, [name, first], ...added];
  }
  return [...others.slice(0, index), [headers[index]?.[0] ?? name, first], ...others.slice(index), ...added];
}

/**
 * Headers that nginx itself parses. If a header's name is spelled with dashes, its value is in the nginx variable. If
 * the name is spelled with underscores, the variable ignores the header.
 */
const KNOWN_TO_NGINX = ["user_agent", "x_forwarded_for"];

/**
 * Returns the value of nginx's `$http_…` variable. Dashes in the names of headers count as underscores. If the names of
 * several headers match, their values are joined.
 *
 * @param name the part after `http_`.
 */
export function headerVariable(headers: HeaderList, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const fits = (key: string): boolean =>
    KNOWN_TO_NGINX.includes(wanted) ? key === wanted.replaceAll("_", "-") : key.replaceAll("-", "_") === wanted;
  const values = headers.filter(([key]) => fits(key.toLowerCase())).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(wanted === "cookie" ? "; " : ", ");
}

/** Percent-encodes control characters except the tab, as nginx's Lua module does in header values. */
export function escapeHeaderValue(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this searches for control characters
  return value.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, percentEncode);
}

/** Percent-encodes characters of a header name that are not allowed in a token. */
export function escapeHeaderName(name: string): string {
  return name.replace(/[^!#$%&'*+\-.^_`|~\dA-Za-z]/g, percentEncode);
}

function percentEncode(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
