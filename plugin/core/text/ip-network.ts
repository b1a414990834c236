/** An IP address as words of 32 bits: one word for IPv4, four for IPv6. */
export type AddressWords = readonly number[];

/** A network: the words of an address, and how many bits of the address count. */
export interface Network {
  readonly words: AddressWords;
  readonly bits: number;
}

/** Reads a network such as `10.0.0.0/8`, `2001:db8::/32` or a single address. Returns undefined for any other text. */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const words = parseAddress(address);
  if (words === undefined || rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) {
    return undefined;
  }
  const all = words.length * 32;
  const bits = length === undefined ? all : Number(length);
  return bits <= all ? { words: keepBits(words, bits), bits } : undefined;
}

/** An IPv4 address inside an IPv6 address counts as IPv4. */
export function parseAddress(text: string): AddressWords | undefined {
  if (!text.includes(":")) {
    const word = parseIpv4(text);
    return word === undefined ? undefined : [word];
  }
  const groups = parseIpv6(text);
  if (groups === undefined) {
    return undefined;
  }
  const words = [0, 2, 4, 6].map((index) => ((groups[index] ?? 0) << 16) | (groups[index + 1] ?? 0));
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff ? [words[3] ?? 0] : words;
}

/**
 * Reads four decimal numbers. The function uses a loop over characters for speed, because it runs for every request.
 */
function parseIpv4(text: string): number | undefined {
  let word = 0;
  let part = -1;
  let parts = 1;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 46 && part >= 0) {
      word = (word << 8) | part;
      part = -1;
      parts += 1;
    } else if (code >= 48 && code <= 57 && part !== 0) {
      part = (part < 0 ? 0 : part * 10) + code - 48;
    } else {
      return undefined;
    }
    if (part > 255) {
      return undefined;
    }
  }
  return parts === 4 && part >= 0 ? (word << 8) | part : undefined;
}

const GROUPS = 8;

/** Reads the eight groups of an IPv6 address. Returns undefined for any other text. */
export function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) {
    return undefined;
  }
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) {
    return undefined;
  }
  if (tail === undefined) {
    return head.length === GROUPS ? head : undefined;
  }
  const missing = GROUPS - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function parseGroups(text: string): readonly number[] | undefined {
  const groups: number[] = [];
  for (const group of text === "" ? [] : text.split(":")) {
    const ipv4 = group.includes(".") ? parseIpv4(group) : undefined;
    if (ipv4 !== undefined) {
      groups.push(ipv4 >>> 16, ipv4 & 0xffff);
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(group)) {
      groups.push(Number.parseInt(group, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

/** Keeps the first bits of an address, and sets all other bits to 0. */
export function keepBits(words: AddressWords, bits: number): AddressWords {
  return words.map((word, index) => word & maskOf(bits - index * 32));
}

function maskOf(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits);
}

export function isInside(words: AddressWords, network: Network): boolean {
  if (words.length !== network.words.length) {
    return false;
  }
  for (const [index, word] of words.entries()) {
    if (((word ^ (network.words[index] ?? 0)) & maskOf(network.bits - index * 32)) !== 0) {
      return false;
    }
  }
  return true;
}
