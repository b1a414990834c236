import type { Protocol } from "../conformance/cases/case.ts";
import type { Line } from "./oracle.ts";

/** One way to make an identity header up. */
export interface Variant {
  readonly title: string;
  /** The lines that the test sends for one name. The name is in lower case with dashes. */
  readonly lines: (name: string) => readonly Line[];
  /** Lines that are sent once, for all names. */
  readonly besides?: readonly Line[];
  /** The place of the lines among the honest lines; by default before them. */
  readonly place?: "before" | "behind" | "around";
  /** The protocols of the variant; by default all protocols. */
  readonly only?: readonly Protocol[];
  /** Whether the lines are in the trailers of a body. */
  readonly trailers?: boolean;
  /** Whether the variant is about dashes. If a name has no dash, the variant does not apply. */
  readonly dashes?: boolean;
  readonly version?: "1.0";
  /**
   * `judged`: the plugin judges the request in the same way as without these lines. `refused`: no request with these
   * lines passes. `either`: gateways differ in their answers. If the request passes, the upstream sees no fake
   * identity.
   */
  readonly fate: "judged" | "refused" | "either";
}

type Lines = Variant["lines"];
type Details = Omit<Partial<Variant>, "title" | "lines" | "fate">;
const judged = (title: string, lines: Lines, more: Details = {}): Variant => ({
  title,
  lines,
  ...more,
  fate: "judged",
});
const either = (title: string, lines: Lines, more: Details = {}): Variant => ({
  title,
  lines,
  ...more,
  fate: "either",
});
const refused = (title: string, lines: Lines): Variant => ({ title, lines, fate: "refused" });

const EVIL = "evil";
const HTTP1: Details = { only: ["http/1.1"] };
const HTTP2: Details = { only: ["h2", "grpc"] };

/** The name, in which the bits of the mask replace dashes by underscores. */
function mix(name: string, mask: number): string {
  let index = 0;
  return name.replaceAll("-", () => ((mask >> index++) & 1 ? "_" : "-"));
}

/** Every possible mix of dashes and underscores. */
function mixes(name: string): readonly string[] {
  const dashes = name.split("-").length - 1;
  return Array.from({ length: 2 ** dashes }, (_, mask) => mix(name, mask));
}

const capitalise = (name: string): string => name.replaceAll(/(^|[-_])[a-z]/g, (start) => start.toUpperCase());
const alternate = (name: string): string =>
  [...name].map((letter, index) => (index % 2 ? letter : letter.toUpperCase())).join("");
const all = (name: string, spell: (mixed: string) => string = (mixed) => mixed): readonly Line[] =>
  mixes(name).map((mixed) => [spell(mixed), EVIL]);
const as = (name: string, value: string): readonly Line[] => mixes(name).map((mixed) => [mixed, value]);

/** At most four dashes. A name with fewer dashes gets each of its mixes several times. */
const singleMixes = Array.from({ length: 16 }, (_, mask) =>
  judged(`mix ${mask} of dashes and underscores alone`, (name) => [[mix(name, mask), EVIL]], {
    dashes: true,
    place: mask % 2 ? "behind" : "before",
  }),
);

const upperCase: Lines = (name) => all(name, (mixed) => mixed.toUpperCase());
const doubled: Lines = (name) => ["--", "__", "-_"].flatMap((two) => all(name.replaceAll("-", two)).slice(0, 1));
const extended: Lines = (name) =>
  [`-${name}`, `_${name}`, `${name}-`, `${name}_`, `http-${name}`, `http_${name}`].map((n): Line => [n, EVIL]);
const others = Array.from({ length: 900 }, (_, index): Line => [`a${index}`, "b"]);

const spellings: readonly Variant[] = [
  judged("every mix of dashes and underscores", (name) => all(name)),
  judged("every mix, behind the honest headers", (name) => all(name), { place: "behind" }),
  judged("every mix, before and behind", (name) => all(name), { place: "around" }),
  judged("every mix in upper case", upperCase, HTTP1),
  judged("every mix capitalised", (name) => all(name, capitalise), HTTP1),
  judged("every mix in changing case", (name) => all(name, alternate), HTTP1),
  judged(
    "one name in three cases",
    (name) => [name, name.toUpperCase(), alternate(name)].map((n): Line => [n, EVIL]),
    HTTP1,
  ),
  // RFC 9113 section 8.2.1 calls these fields malformed.
  either("upper case on HTTP/2", upperCase, HTTP2),
  judged("every mix twice", (name) => [...all(name), ...all(name)]),
  judged("one header name three times, with different values", (name) =>
    [1, 2, 3].map((count): Line => [name, `${EVIL}-${count}`]),
  ),
  judged("dashes and underscores doubled", doubled),
  judged("more before and behind the name", extended),
  judged("a name of 200 characters", (name) => [[name.padEnd(200, "-x"), EVIL]]),
  judged("behind 900 others", (name) => all(name), { besides: others, place: "behind" }),
];

const blanks: Lines = (name) => as(name, ` \t${EVIL}\t `);
const values: readonly Variant[] = [
  judged("a list", (name) => as(name, `${EVIL}, ${EVIL}`)),
  judged("nothing", (name) => as(name, "")),
  judged("nothing, and then something", (name) => [...as(name, ""), ...all(name)]),
  judged("blanks and tabs around it", blanks, HTTP1),
  either("blanks and tabs around it on HTTP/2", blanks, HTTP2),
  judged("blanks alone", (name) => as(name, " \t "), HTTP1),
  judged("a value of 500 characters", (name) => [[mix(name, 1), EVIL.padEnd(500, "x")]]),
  either("bytes beyond ASCII", (name) => as(name, "\xe9vil\xff")),
];

/**
 * Characters that some server reads as a dash. nginx drops names with most of these characters, and refuses requests
 * with the others.
 */
const characters = [...".~!*'+^|$%&#`/,;=()@[]{}<>?\\\"\x00\x01\x0b\x1f\x7f\x80\xa0\xad\xe9\xff \t"].map((character) =>
  either(`${JSON.stringify(character)} for each dash`, (name) => [[name.replaceAll("-", character), EVIL]], {
    dashes: true,
  }),
);

/** Lines whose start, end or continuation programs read differently (RFC 9112 section 5). */
const lineForms: readonly Variant[] = [
  ...["\x00", "\r", "\x01", "\x80", " ", "\t"].flatMap((character) => [
    either(`${JSON.stringify(character)} behind the name`, (name) => all(name, (mixed) => `${mixed}${character}`)),
    either(`${JSON.stringify(character)} before the name`, (name) => all(name, (mixed) => `${character}${mixed}`)),
  ]),
  either("on a line that goes on", (name) => [["x-fold", `a\r\n ${name}: ${EVIL}`]]),
  either("on a line that a tab continues", (name) => [["x-fold", `a\r\n\t${name}: ${EVIL}`]]),
  either("a value on two lines", (name) => [[name, `a\r\n ${EVIL}`]]),
  either("a value on the next line", (name) => [[name, `\r\n ${EVIL}`]]),
  either("behind a line feed alone", (name) => all(name, (mixed) => `x-fold: a\n${mixed}`)),
  either("behind a carriage return alone", (name) => [[`x-fold: a\r${name}`, EVIL]]),
  either("behind NUL in a value", (name) => [["x-fold", `a\x00\r\n${name}: ${EVIL}`]]),
  either("a name without a colon", (name) => [[`${name}\r\nx-fold`, EVIL]]),
  either("a colon before the name", (name) => [[`:${name}`, EVIL]]),
];

const namedBy =
  (header: string): Lines =>
  (name) => [[header, name], ...all(name)];
const UPGRADE: readonly Line[] = [
  ["connection", "Upgrade"],
  ["upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="],
];
const METHODS = ["x-http-method-override", "x-http-method", "x-method-override"].map((name): Line => [name, "OPTIONS"]);
const CONTINUE: readonly Line[] = [["expect", "100-continue"]];

/** Headers about the connection, and the request's frame. */
const connections: readonly Variant[] = [
  ...["close, {}", "{}", "{}, close", "Keep-Alive,{}", ",\t{}"].map((list) =>
    refused(`Connection: ${JSON.stringify(list)} names it`, (name) => [
      ["connection", list.replace("{}", () => name)],
      [name, EVIL],
    ]),
  ),
  refused("Connection names the header in capitals, with underscores and on a second line", (name) => [
    ["connection", "close"],
    ["connection", capitalise(mix(name, -1))],
  ]),
  ...["Proxy-Connection", "Keep-Alive", "TE", "Trailer"].map((header) =>
    judged(`${header} names it`, namedBy(header), HTTP1),
  ),
  ...["proxy-connection", "keep-alive", "te", "trailer", "upgrade"].map((header) =>
    either(`${header} names it on HTTP/2`, namedBy(header), { only: ["h2"] }),
  ),
  judged("Nominated by TE beside trailers", (name) => [["te", `trailers, ${name}`], ...all(name)], HTTP1),
  judged("with an upgrade to websocket", (name) => all(name), { ...HTTP1, besides: UPGRADE }),
  judged("with another method in X-HTTP-Method-Override", (name) => all(name), { besides: METHODS }),
  judged("in the trailers of a body", (name) => all(name), { ...HTTP1, besides: CONTINUE, trailers: true }),
  // nginx breaks these off.
  either("in trailers on HTTP/2", (name) => all(name), { ...HTTP2, trailers: true }),
  judged("in HTTP/1.0", (name) => all(name), { ...HTTP1, version: "1.0" }),
  judged("in cookies on several lines", (name) => [
    ["cookie", `${name}=${EVIL}`],
    ...all(name),
    ["cookie", `b=${name}: ${EVIL}`],
  ]),
  either("as a pseudo-header", (name) => [[`:${name}`, EVIL]], { ...HTTP2, place: "behind" }),
  judged("as binary metadata of gRPC", (name) => all(name, (mixed) => `${mixed}-bin`)),
];

/** Every known way to put a header before an upstream. */
export const VARIANTS: readonly Variant[] = [
  ...singleMixes,
  ...spellings,
  ...values,
  ...characters,
  ...lineForms,
  ...connections,
];
