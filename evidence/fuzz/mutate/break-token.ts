import { createHmac } from "node:crypto";
import type { Random } from "../../../test/random.ts";
import { encodeSegment } from "../../../test/tokens.ts";
import { TOKEN_PIECES } from "../seeds/vocabulary.ts";
import { mutateText, splice } from "./mutate-text.ts";

/**
 * Ways to change a token without a new signature. Each changed token must be refused, or its signed text must be
 * unchanged.
 */

/** Honest tokens whose parts the change may use. */
type Donors = readonly string[];
type Breaker = (token: string, random: Random, donors: Donors) => string;

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Changes one of the three segments. */
const inSegment =
  (which: number, change: (segment: string, random: Random, donors: Donors) => string): Breaker =>
  (token, random, donors) =>
    token
      .split(".")
      .map((segment, index) => (index === which ? change(segment, random, donors) : segment))
      .join(".");

/** Changes the JSON of a segment, which stays canonical base64url. */
const inJson = (which: number, change: (members: Record<string, unknown>, random: Random) => void): Breaker =>
  inSegment(which, (segment, random) => {
    const members: Record<string, unknown> = JSON.parse(Buffer.from(segment, "base64url").toString());
    change(members, random);
    return encodeSegment(JSON.stringify(members));
  });

const inBytes = (change: (bytes: Buffer, random: Random) => Uint8Array): Breaker =>
  inSegment(2, (segment, random) => encodeSegment(change(Buffer.from(segment, "base64url"), random)));

const flipBit = (segment: string, random: Random): string => {
  const bytes = Buffer.from(segment, "base64url");
  const at = random.below(bytes.length);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at);
  return encodeSegment(bytes);
};
const otherCharacter = (segment: string, random: Random): string =>
  splice(segment, random.below(segment.length), 1, random.pick([...BASE64URL]));
const segmentOf = (which: number) => (_segment: string, random: Random, donors: Donors) =>
  random.pick(donors).split(".")[which] ?? "";
const randomBytes = (length: number, random: Random): Uint8Array =>
  Uint8Array.from({ length }, () => random.below(256));

export const BREAKERS: Readonly<Record<string, Breaker>> = {
  "one bit of the header is changed": inSegment(0, flipBit),
  "one bit of the payload is changed": inSegment(1, flipBit),
  "one bit of the signature is changed": inSegment(2, flipBit),
  "one character of the header is changed": inSegment(0, otherCharacter),
  "one character of the payload is changed": inSegment(1, otherCharacter),
  "one character of the signature is changed": inSegment(2, otherCharacter),
  "random pieces of the token's text are changed": (token, random) => mutateText(token, random, TOKEN_PIECES),
  "the unused bits at the end of a segment are changed": (token, random) =>
    inSegment(random.below(3), (segment) => {
      const last = BASE64URL.indexOf(segment.slice(-1));
      return segment.slice(0, -1) + BASE64URL.charAt(last ^ (1 + random.below(3)));
    })(token, random, []),
  "padding, a blank or a character of another alphabet is added": (token, random) =>
    inSegment(random.below(3), (segment) => {
      const piece = random.pick(["=", "==", " ", "\n", "\t", "+", "/", "%3D", "\u200b", "\ufeff"]);
      return splice(segment, random.pick([0, segment.length, random.below(segment.length)]), 0, piece);
    })(token, random, []),
  "a segment is left out, doubled, added or moved": (token, random) => {
    const segments = token.split(".");
    const at = random.below(3);
    const piece = random.pick(["", "e30", segments[at] ?? ""]);
    return segments.toSpliced(at, random.below(2), ...random.pick([[], [piece], [piece, piece]])).join(".");
  },
  "the header comes from another token": inSegment(0, segmentOf(0)),
  "the payload comes from another token": inSegment(1, segmentOf(1)),
  "the signature comes from another token": inSegment(2, segmentOf(2)),
  "the header has a different alg": inJson(0, (header, random) => {
    header.alg = random.pick(["none", "None", "HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519", ""]);
  }),
  "the header has alg none, and the signature is empty or very short": (token, random, donors) =>
    inJson(0, (header) => {
      header.alg = "none";
    })(token, random, donors).replace(/[^.]*$/, random.pick(["", "AA", "bm9uZQ"])),
  "the header has a different kid": inJson(0, (header, random) => {
    header.kid = random.pick(["", "es256", "rs256", "ps512", "lone", "../../etc/passwd", 1, null, ["es256"]]);
  }),
  "the header has an additional member, such as crit, b64, enc, jwk, jku or x5u": inJson(0, (header, random) => {
    header[random.pick(["crit", "b64", "enc", "jwk", "jku", "x5u", "zip", "typ"])] = random.pick([
      "x",
      false,
      ["exp"],
      {},
    ]);
  }),
  "a claim is changed": inJson(1, (claims, random) => {
    const name = random.pick([...Object.keys(claims), "nbf", "jti", "admin"]);
    claims[name] = random.pick(["root", 9_999_999_999, true, null, ["read", "admin"], { a: 1 }]);
  }),
  "the signature is cut short": inBytes((bytes, random) => bytes.subarray(0, random.below(bytes.length))),
  "the signature has additional bytes before or after it": inBytes((bytes, random) => {
    const more = randomBytes(1 + random.below(4), random);
    return Buffer.concat(random.oneIn(2) ? [bytes, more] : [more, bytes]);
  }),
  "the signature consists of zeros": inBytes((bytes) => Buffer.alloc(bytes.length)),
  "the signature consists of random bytes": inBytes((bytes, random) => randomBytes(bytes.length, random)),
  "the signature is an HMAC with a publicly known secret": (token) => {
    const signingInput = token.slice(0, token.lastIndexOf("."));
    return `${signingInput}.${createHmac("sha256", signingInput).digest("base64url")}`;
  },
};
