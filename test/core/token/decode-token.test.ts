import { describe, expect, it } from "vitest";
import { MAX_JSON_DEPTH } from "../../../plugin/core/json/check-json.ts";
import { decodeJws, decodeToken } from "../../../plugin/core/token/decode-token.ts";
import { unwrap } from "../../results.ts";
import { encodeSegment, generateSigningKey, mintToken, signRaw, signSegments } from "../../tokens.ts";
import { joseHeaderOf } from "../fixtures.ts";

const key = generateSigningKey("ES256", "1");
const CLAIMS = { sub: "alice" };
const mint = (header: Record<string, unknown> = {}): string => mintToken({ key, header, claims: CLAIMS });
const VALID = mint();
const [HEADER = "", PAYLOAD = "", SIGNATURE = ""] = VALID.split(".");

/** Why the token is refused; undefined if the plugin decodes the token. */
const refusalOf = (token: string): unknown => {
  const decoded = decodeToken(token);
  return decoded.ok ? undefined : [decoded.failure.reason, decoded.failure.detail];
};
const malformed = (detail: unknown): unknown => ["token_malformed", detail];

describe("splits a signed token", () => {
  it("into header parameters, claims, the bytes that were signed and the signature", () => {
    const decoded = unwrap(decodeToken(VALID));
    expect(decoded.unverifiedClaims).toEqual(CLAIMS);
    expect({ ...decoded, signingInput: decoded.signingInput }).toEqual({
      joseHeader: joseHeaderOf(),
      unverifiedIssuer: { iss: undefined },
      payload: new Uint8Array(Buffer.from(PAYLOAD, "base64url")),
      signedText: `${HEADER}.${PAYLOAD}`,
      signingInput: new Uint8Array(Buffer.from(`${HEADER}.${PAYLOAD}`)),
      signature: new Uint8Array(Buffer.from(SIGNATURE, "base64url")),
    });
  });

  it.each<[iss: unknown, read: string | null | undefined]>([
    ["https://id.example/\u00e9", "https://id.example/\u00e9"],
    ["", ""],
    [["https://id.example"], null],
    [null, null],
    [undefined, undefined],
  ])("and reads iss %j as %j, to choose the keys", (iss, read) => {
    const { unverifiedIssuer } = unwrap(decodeToken(mintToken({ key, claims: { act: { iss: "inner" }, iss } })));
    expect(unverifiedIssuer).toStrictEqual({ iss: read });
  });

  it.each<[what: string, header: Record<string, unknown>, read: Parameters<typeof joseHeaderOf>[0]]>([
    [
      "with both thumbprints of the key's certificate",
      { kid: undefined, x5t: "a-b=", "x5t#S256": "" },
      { kid: undefined, x5t: "a-b=", x5tS256: "" },
    ],
    ["without kid and typ", { kid: undefined, typ: undefined }, { kid: undefined, typ: undefined }],
  ])("%s, as the header spells them", (_what, header, read) => {
    expect(unwrap(decodeToken(mint(header))).joseHeader).toEqual(joseHeaderOf(read));
  });

  it("and reads a repeated header in the same way, also after a hundred other headers", () => {
    const kids = Array.from({ length: 100 }, (_, index) => `key-${index}`);
    const tokens = kids.map((kid) => mint({ kid }));
    const readKids = () => tokens.map((token) => unwrap(decodeToken(token)).joseHeader.kid);
    expect([readKids(), readKids()]).toEqual([kids, kids]);
    expect(unwrap(decodeToken(VALID)).joseHeader).toEqual(joseHeaderOf());
  });

  it("and does not return keys or addresses of keys from the header", () => {
    const header = { jwk: key.publicJwk, jku: "https://evil.example", x5u: "https://evil.example", x5c: ["AA"] };
    const { joseHeader } = unwrap(decodeToken(mint(header)));
    expect(Object.keys(joseHeader)).toEqual(["alg", "kid", "x5t", "x5tS256", "typ"]);
  });
});

describe("refuses texts that are not three segments with a header and a signature", () => {
  it.each<[what: string, token: string, segments: string]>([
    ["one segment", HEADER, "1, as an opaque token has"],
    ["two segments", `${HEADER}.${PAYLOAD}`, "2"],
    ["four segments", `${VALID}.AAAA`, "4"],
    ["six segments", `${VALID}.AAAA.AAAA.AAAA`, "more than 5"],
    ["a thousand dots", ".".repeat(1000), "more than 5"],
    ["dots alone", "..", "3, and the header or the signature is empty"],
    ["an empty header", `.${PAYLOAD}.${SIGNATURE}`, "3, and the header or the signature is empty"],
    ["an empty signature", `${HEADER}.${PAYLOAD}.`, "3, and the header or the signature is empty"],
    ["a dot in front", `.${VALID}`, "4"],
    ["a dot at the end", `${VALID}.`, "4"],
    ["nothing", "", "1, as an opaque token has"],
  ])("%s", (_what, token, segments) => {
    const why = `not three non-empty segments: ${token.length} characters in ${segments}`;
    expect(refusalOf(token)).toEqual(malformed(why));
  });
});

describe("only the payload of a token must be a claims set", () => {
  it.each<[what: string, payload: string | Uint8Array]>([
    ["empty", ""],
    ["text", "It is a dangerous business"],
    ["bytes that are no text", Buffer.from([0xff, 0x00])],
  ])("%s", (_what, payload) => {
    const jws = signRaw(key, '{"alg":"ES256"}', payload);
    expect(Buffer.from(unwrap(decodeJws(jws)).payload)).toEqual(Buffer.from(payload));
    expect(refusalOf(jws)).toEqual(malformed(expect.stringMatching(/^payload: /)));
  });
});

describe("refuses encrypted tokens by name", () => {
  it.each(["a.b.c.d.e", "a..c.d.e", "....", `${VALID}.AAAA.AAAA`])("five segments: %j", (token) => {
    expect(refusalOf(token)).toEqual(["token_encrypted", "it has 5 segments, as a JWE has"]);
  });

  it.each(["A128GCM", null, 1])("three segments whose header has enc: %j", (enc) => {
    expect(refusalOf(mint({ enc }))).toEqual(["token_encrypted", "the header has enc"]);
  });
});

describe("refuses segments with more than one string", () => {
  const notCanonical = "not canonical base64url";
  it.each<[what: string, segment: (text: string) => string]>([
    ["padding", (text) => `${text}=`],
    ["a newline at the end", (text) => `${text}\n`],
    ["a blank in front", (text) => ` ${text}`],
    ["a blank inside", (text) => `${text.slice(0, 4)} ${text.slice(4)}`],
    ["the standard alphabet", (text) => `${text.slice(0, -4)}+/+/`],
    ["a dangling character", (text) => text.padEnd(text.length + ((5 - (text.length % 4)) % 4), "A")],
  ])("%s", (_what, spoil) => {
    expect(refusalOf(signSegments(key, spoil(HEADER), PAYLOAD))).toEqual(malformed(`header: ${notCanonical}`));
    expect(refusalOf(signSegments(key, HEADER, spoil(PAYLOAD)))).toEqual(malformed(`payload: ${notCanonical}`));
    const signed = `${HEADER}.${PAYLOAD}.${spoil(SIGNATURE)}`;
    expect(refusalOf(signed)).toEqual(malformed(`signature: ${notCanonical}`));
  });

  it("left-over bits that are not zero", () => {
    const header = encodeSegment('{"alg":"ES256"} '); // The segment has 16 bytes, so two characters are left over.
    const other = `${header.slice(0, -1)}B`;
    expect(Buffer.from(other, "base64url")).toEqual(Buffer.from(header, "base64url"));
    expect(refusalOf(signSegments(key, header, PAYLOAD))).toBeUndefined();
    expect(refusalOf(signSegments(key, other, PAYLOAD))).toEqual(malformed(`header: ${notCanonical}`));
  });
});

describe("refuses bytes that two programs can read differently", () => {
  const deep = `{"a":${"[".repeat(MAX_JSON_DEPTH)}${"]".repeat(MAX_JSON_DEPTH)}}`;
  it.each<[what: string, payload: string | Uint8Array, why: string]>([
    ["a byte that is never UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "not UTF-8"],
    ["an overlong slash", Buffer.from('{"a":"\xc0\xaf"}', "latin1"), "not UTF-8"],
    ["a surrogate in UTF-8", Buffer.from('{"a":"\xed\xa0\x80"}', "latin1"), "not UTF-8"],
    ["a character cut short", Buffer.from('{"a":"\xe2\x82"}', "latin1"), "not UTF-8"],
    ["UTF-16", Buffer.from('{"a":1}', "utf16le"), "bad member name"],
    ["a byte order mark", '\ufeff{"sub":"alice"}', "bad value"],
    ["a member given twice", '{"sub":"alice","sub":"admin"}', "duplicate member"],
    ["a member given twice by an escape", '{"sub":"alice","s\\u0075b":"admin"}', "duplicate member"],
    ["an infinite number", '{"exp":1e400}', "number out of range"],
    ["too many levels", deep, "nested too deep"],
    ["a list", "[]", "not an object"],
    ["a string", '"alice"', "not an object"],
    ["null", "null", "not an object"],
    ["a blank alone", " ", "bad value"],
    ["text after the object", '{"sub":"alice"}{}', "text after the value"],
  ])("%s", (_what, payload, why) => {
    const header = JSON.stringify({ alg: "ES256" });
    expect(refusalOf(signRaw(key, header, payload))).toEqual(malformed(`payload: ${why}`));
    expect(refusalOf(signRaw(key, payload, "{}"))).toEqual(malformed(`header: ${why}`));
  });
});

describe("refuses critical extensions, because it could only ignore them", () => {
  it.each<[what: string, header: Record<string, unknown>, found: string]>([
    ["crit", { crit: ["exp"], exp: 1 }, "crit"],
    ["crit that is empty", { crit: [] }, "crit"],
    ["crit that is null", { crit: null }, "crit"],
    ["b64", { b64: false, crit: ["b64"] }, "crit and b64"],
    ["b64 that says what holds anyway", { b64: true }, "b64"],
    ["crit in an encrypted token", { crit: ["exp"], enc: "A128GCM" }, "crit"],
  ])("%s", (_what, header, found) => {
    expect(refusalOf(mint(header))).toEqual(["critical_header_unsupported", `the header has ${found}`]);
  });

  it("and checks the header before it reads the payload", () => {
    const critical = ["critical_header_unsupported", "the header has crit"];
    expect(refusalOf(signRaw(key, '{"alg":"ES256","crit":["x"]}', "not JSON"))).toEqual(critical);
  });
});

describe("refuses header parameters of the wrong type", () => {
  it.each(["alg", "kid", "x5t", "x5t#S256", "typ"])("%s", (name) => {
    for (const value of [null, 1, true, ["ES256"], { alg: "ES256" }]) {
      expect(refusalOf(mint({ [name]: value }))).toEqual(malformed(`header: ${name} is not a string`));
    }
  });

  it("and a missing alg", () => {
    expect(refusalOf(mint({ alg: undefined }))).toEqual(malformed("header: alg is missing"));
  });
});
