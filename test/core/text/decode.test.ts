import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { jsonError } from "../../../plugin/core/json/check-json.ts";
import { decodePercent, decodeUtf8 } from "../../../plugin/core/text/decode.ts";
import { runsOf } from "../../runs.ts";

function orUndefined(decode: () => string): string | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

describe("a text with escapes", () => {
  it.each<[what: string, text: string, decoded: string | undefined]>([
    ["without escapes is unchanged, also beyond ASCII", "/a+b é\ufffd", "/a+b é\ufffd"],
    ["is decoded once", "/%2561%2F%c3%a9", "/%61/é"],
    ["is undefined with a broken escape", "/a%2", undefined],
    ["is undefined with a lone percent sign", "%", undefined],
    ["is undefined with escaped bytes that are not UTF-8", "/%ff", undefined],
    ["is undefined with an overlong form", "/%c0%ae", undefined],
  ])("%s", (_what, text, decoded) => {
    expect(decodePercent(text)).toBe(decoded);
  });

  it("is decoded as JavaScript does it", () => {
    const part = fc.constantFrom("a", "/", "%", "%2", "%61", "%25", "%e2", "%82", "%ac", "%ff", "é");
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const text = parts.join("");
        expect(decodePercent(text)).toBe(orUndefined(() => decodeURIComponent(text)));
      }),
      { numRuns: runsOf(2_000) },
    );
  });
});

it("bytes are decoded if they are UTF-8, and a byte order mark is kept", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  expect(decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toBe("\ufeffa");
  const byte = fc.constantFrom(0x00, 0x61, 0x7f, 0x80, 0xbf, 0xc0, 0xc3, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0xff);
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 6 }), (bytes) => {
      const array = new Uint8Array(bytes);
      expect(decodeUtf8(array)).toBe(orUndefined(() => strict.decode(array)));
    }),
    { numRuns: runsOf(2_000) },
  );
});

it("errors elsewhere still record where they happened, after a text that cannot be decoded", () => {
  const before = Error.stackTraceLimit;
  onTestFinished(() => {
    Error.stackTraceLimit = before;
  });
  Error.stackTraceLimit = 7;
  decodePercent("%");
  decodeUtf8(new Uint8Array([0xff]));
  expect(Error.stackTraceLimit).toBe(7);
});

it("a phrase about JSON has one error, so that hostile texts do not make errors", () => {
  expect(jsonError("bad value")).toBe(jsonError("bad value"));
  expect(jsonError("bad value").message).toBe("bad value");
  expect(jsonError("bad array")).not.toBe(jsonError("bad value"));
});
