/**
 * How an upstream reads the received headers. The oracle has rules of its own. For names, it uses no code of the
 * product.
 */

/** One header line, with name and value as they are sent. One character is one byte. */
export type Line = readonly [name: string, value: string];

/** The values that each name must have, in order. An empty list means that the name must not occur. */
export type Expected = Readonly<Record<string, readonly string[]>>;

/**
 * The variable that CGI, WSGI and Rack make from a header's name (RFC 3875 section 4.1.18). In the most lenient
 * reading, upper and lower case are equal, and every other character except digits is `_`.
 */
export function foldName(name: string): string {
  return name.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()).replaceAll(/[^A-Z0-9]/g, "_");
}

/** @returns one string for each name with unexpected values. The list is empty if all values are as expected. */
export function findForgeries(lines: readonly Line[], expected: Expected): readonly string[] {
  const received = new Map<string, Line[]>();
  for (const line of lines) {
    const name = foldName(line[0]);
    received.set(name, [...(received.get(name) ?? []), line]);
  }
  return Object.entries(expected).flatMap(([name, values]) => {
    const own = received.get(foldName(name)) ?? [];
    const isHonest = own.length === values.length && own.every(([, value], index) => value === values[index]);
    return isHonest ? [] : [`${name} is ${JSON.stringify(own)} and not ${JSON.stringify(values)}`];
  });
}
