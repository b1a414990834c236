import type { Protocol } from "../conformance/cases/case.ts";
import type { Line } from "./oracle.ts";

/** One way to make an identity header up. */
export interface Variant {
  readonly title: string;
  /** What is sent for one name that is in lower case and has dashes. */
  readonly lines: (name: string) => readonly Line[];
  /** What is sent once, whatever the names. */
  readonly besides?: readonly Line[];
  /** Where the lines stand among the honest ones; before them unless given. */
  readonly place?: "before" | "behind" | "around";
  /** All of them unless given. */
  readonly only?: readonly Protocol[];
  /** Whether the lines stand in the trailers of a body. */
  readonly trailers?: boolean;
  /** Whether it is about dashes: names without any have nothing to try. */
  readonly dashes?: boolean;
  readonly version?: "1.0";
  /**
   * `judged`: the request is judged as it would be without. `refused`: nobody is let through with it. `either`: gateways differ, and
   * whoever lets it through shows no made-up identity.
   */
  readonly fate: "judged" | "refused" | "either";
}

const EVIL = "evil";
const HTTP1: readonly Protocol[] = ["http/1.1"];
const HTTP2: readonly Protocol[] = ["h2", "grpc"];

/** The name with each dash as it is, or as an underscore where the mask has a bit. */
function mix(name: string, mask: number): string {
  let index = 0;
  return name.replaceAll("-", () => ((mask >> index++) & 1 ? "_" : "-"));
}

/** Every mix there is. */
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

/** At most four dashes: a name with fewer meets each of its mixes several times. */
const singleMixes = Array.from(
  { length: 16 },
  (_, mask): Variant => ({
    title: `mix ${mask} of dashes and underscores alone`,
    lines: (name) => [[mix(name, mask), EVIL]],
    dashes: true,
    place: mask % 2 ? "behind" : "before",
    fate: "judged",
  }),
);

const spellings: readonly Variant[] = [
  { title: "every mix of dashes and underscores", lines: (name) => all(name), fate: "judged" },
  { title: "every mix, behind the honest headers", lines: (name) => all(name), place: "behind", fate: "judged" },
  { title: "every mix, before and behind", lines: (name) => all(name), place: "around", fate: "judged" },
  {
    title: "every mix in upper case",
    lines: (name) => all(name, (mixed) => mixed.toUpperCase()),
    only: HTTP1,
    fate: "judged",
  },
  { title: "every mix capitalised", lines: (name) => all(name, capitalise), only: HTTP1, fate: "judged" },
  { title: "every mix in changing case", lines: (name) => all(name, alternate), only: HTTP1, fate: "judged" },
  {
    title: "one name in three cases",
    lines: (name) => [name, name.toUpperCase(), alternate(name)].map((spelt): Line => [spelt, EVIL]),
    only: HTTP1,
    fate: "judged",
  },
  // RFC 9113 section 8.2.1 takes these for malformed.
  {
    title: "upper case on HTTP/2",
    lines: (name) => all(name, (mixed) => mixed.toUpperCase()),
    only: HTTP2,
    fate: "either",
  },
  { title: "every mix twice", lines: (name) => [...all(name), ...all(name)], fate: "judged" },
  {
    title: "one name three times with values of its own each time",
    lines: (name) => [1, 2, 3].map((count): Line => [name, `${EVIL}-${count}`]),
    fate: "judged",
  },
  {
    title: "dashes and underscores doubled",
    lines: (name) =>
      [name.replaceAll("-", "--"), name.replaceAll("-", "__"), name.replaceAll("-", "-_")].flatMap((n) =>
        all(n).slice(0, 1),
      ),
    fate: "judged",
  },
  {
    title: "more before and behind the name",
    lines: (name) =>
      [`-${name}`, `_${name}`, `${name}-`, `${name}_`, `http-${name}`, `http_${name}`].map((n): Line => [n, EVIL]),
    fate: "judged",
  },
  { title: "a name of 200 characters", lines: (name) => [[name.padEnd(200, "-x"), EVIL]], fate: "judged" },
  {
    title: "behind 900 others",
    besides: Array.from({ length: 900 }, (_, index): Line => [`a${index}`, "b"]),
    lines: (name) => all(name),
    place: "behind",
    fate: "judged",
  },
];

const values: readonly Variant[] = [
  { title: "a list", lines: (name) => as(name, `${EVIL}, ${EVIL}`), fate: "judged" },
  { title: "nothing", lines: (name) => as(name, ""), fate: "judged" },
  { title: "nothing, and then something", lines: (name) => [...as(name, ""), ...all(name)], fate: "judged" },
  { title: "blanks and tabs around it", lines: (name) => as(name, ` \t${EVIL}\t `), only: HTTP1, fate: "judged" },
  {
    title: "blanks and tabs around it on HTTP/2",
    lines: (name) => as(name, ` \t${EVIL}\t `),
    only: HTTP2,
    fate: "either",
  },
  { title: "blanks alone", lines: (name) => as(name, " \t "), only: HTTP1, fate: "judged" },
  { title: "a value of 500 characters", lines: (name) => [[mix(name, 1), EVIL.padEnd(500, "x")]], fate: "judged" },
  { title: "bytes beyond ASCII", lines: (name) => as(name, "\xe9vil\xff"), fate: "either" },
];

/** What some server somewhere reads as a dash. nginx drops names with most of these, and refuses the request for others. */
const characters = [...".~!*'+^|$%&#`/,;=()@[]{}<>?\\\"\x00\x01\x0b\x1f\x7f\x80\xa0\xad\xe9\xff \t"].map(
  (character): Variant => ({
    title: `${JSON.stringify(character)} for each dash`,
    lines: (name) => [[name.replaceAll("-", character), EVIL]],
    dashes: true,
    fate: "either",
  }),
);

/** Lines that end, begin or go on where a reader may not think so (RFC 9112 section 5). */
const lineForms: readonly Variant[] = [
  ...["\x00", "\r", "\x01", "\x80", " ", "\t"].flatMap((character): Variant[] => [
    {
      title: `${JSON.stringify(character)} behind the name`,
      lines: (name) => all(name, (mixed) => `${mixed}${character}`),
      fate: "either",
    },
    {
      title: `${JSON.stringify(character)} before the name`,
      lines: (name) => all(name, (mixed) => `${character}${mixed}`),
      fate: "either",
    },
  ]),
  { title: "on a line that goes on", lines: (name) => [["x-fold", `a\r\n ${name}: ${EVIL}`]], fate: "either" },
  { title: "on a line that a tab continues", lines: (name) => [["x-fold", `a\r\n\t${name}: ${EVIL}`]], fate: "either" },
  { title: "a value on two lines", lines: (name) => [[name, `a\r\n ${EVIL}`]], fate: "either" },
  { title: "a value on the next line", lines: (name) => [[name, `\r\n ${EVIL}`]], fate: "either" },
  { title: "behind a line feed alone", lines: (name) => all(name, (mixed) => `x-fold: a\n${mixed}`), fate: "either" },
  { title: "behind a carriage return alone", lines: (name) => [[`x-fold: a\r${name}`, EVIL]], fate: "either" },
  { title: "behind NUL in a value", lines: (name) => [["x-fold", `a\x00\r\n${name}: ${EVIL}`]], fate: "either" },
  { title: "a name without a colon", lines: (name) => [[`${name}\r\nx-fold`, EVIL]], fate: "either" },
  { title: "a colon before the name", lines: (name) => [[`:${name}`, EVIL]], fate: "either" },
];

/** Headers about the connection, and the request's frame. */
const connections: readonly Variant[] = [
  ...["close, {}", "{}", "{}, close", "Keep-Alive,{}", ",\t{}"].map(
    (list): Variant => ({
      title: `Connection: ${JSON.stringify(list)} names it`,
      lines: (name) => [
        ["connection", list.replace("{}", () => name)],
        [name, EVIL],
      ],
      fate: "refused",
    }),
  ),
  {
    title: "Connection names it in capitals, with underscores and on a second line",
    lines: (name) => [
      ["connection", "close"],
      ["connection", capitalise(mix(name, -1))],
    ],
    fate: "refused",
  },
  ...["Proxy-Connection", "Keep-Alive", "TE", "Trailer"].map(
    (header): Variant => ({
      title: `${header} names it`,
      lines: (name) => [[header, name], ...all(name)],
      only: HTTP1,
      fate: "judged",
    }),
  ),
  ...["proxy-connection", "keep-alive", "te", "trailer", "upgrade"].map(
    (header): Variant => ({
      title: `${header} names it on HTTP/2`,
      lines: (name) => [[header, name], ...all(name)],
      only: ["h2"],
      fate: "either",
    }),
  ),
  {
    title: "Nominated by TE beside trailers",
    lines: (name) => [["te", `trailers, ${name}`], ...all(name)],
    only: HTTP1,
    fate: "judged",
  },
  {
    title: "with an upgrade to websocket",
    besides: [
      ["connection", "Upgrade"],
      ["upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="],
    ],
    lines: (name) => all(name),
    only: HTTP1,
    fate: "judged",
  },
  {
    title: "with another method in X-HTTP-Method-Override",
    besides: [
      ["x-http-method-override", "OPTIONS"],
      ["x-http-method", "OPTIONS"],
      ["x-method-override", "OPTIONS"],
    ],
    lines: (name) => all(name),
    fate: "judged",
  },
  {
    title: "in the trailers of a body",
    besides: [["expect", "100-continue"]],
    lines: (name) => all(name),
    trailers: true,
    only: HTTP1,
    fate: "judged",
  },
  // nginx breaks these off.
  { title: "in trailers on HTTP/2", lines: (name) => all(name), trailers: true, only: HTTP2, fate: "either" },
  { title: "in HTTP/1.0", lines: (name) => all(name), version: "1.0", only: HTTP1, fate: "judged" },
  {
    title: "in cookies on several lines",
    lines: (name) => [["cookie", `${name}=${EVIL}`], ...all(name), ["cookie", `b=${name}: ${EVIL}`]],
    fate: "judged",
  },
  { title: "as a pseudo-header", lines: (name) => [[`:${name}`, EVIL]], only: HTTP2, place: "behind", fate: "either" },
  { title: "as binary metadata of gRPC", lines: (name) => all(name, (mixed) => `${mixed}-bin`), fate: "judged" },
];

/** Every way that is known here to put a header before an upstream. */
export const VARIANTS: readonly Variant[] = [
  ...singleMixes,
  ...spellings,
  ...values,
  ...characters,
  ...lineForms,
  ...connections,
];
