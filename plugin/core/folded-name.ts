/** More decoding than any server does. */
const MAX_ROUNDS = 3;
const NOT_VISIBLE_ENDS = /^[^\x21-\x7e]+|[^\x21-\x7e]+$/g;

/**
 * Whether some common server reads this name of a parameter or cookie as `name`, although the bytes differ.
 *
 * PHP reads `.`, spaces and `[` as `_`. It drops spaces in front and everything after a NUL. PHP, Rack and Node's `qs` read `name[]`,
 * `name[key]` and `[name]` as `name`. ASP.NET ignores case. Some servers decode escapes twice.
 *
 * @param text as the client sent it, with its escapes.
 * @param name plain ASCII.
 */
export function isReadAs(text: string, name: string): boolean {
  // No reader makes a name longer.
  if (text.length < name.length) {
    return false;
  }
  const wanted = fold(name);
  let reading = text.replaceAll("+", " ");
  for (let round = 0; round <= MAX_ROUNDS; round += 1) {
    if (readingsOf(reading).includes(wanted)) {
      return true;
    }
    const decoded = decodeEscapes(reading);
    if (decoded === reading) {
      return false;
    }
    reading = decoded;
  }
  return false;
}

/** One character for each byte that was escaped. */
export function decodeEscapes(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The whole name, the part before a bracket, and the part before a dot, which nested names of some servers have. */
function readingsOf(text: string): readonly string[] {
  const [untilNul = ""] = text.split("\0", 1);
  const visible = untilNul.replaceAll(NOT_VISIBLE_ENDS, "");
  const unwrapped = visible.replace(/^[[\]]+/, "");
  const [outer = ""] = unwrapped.split(/[[\]]/, 1);
  const [first = ""] = unwrapped.split(".", 1);
  return [visible, unwrapped, outer, first].map(fold);
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[ .[]/g, "_");
}
