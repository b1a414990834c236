import { describe, expect, it } from "vitest";
import { compileDocument, ISSUER, policyDocument } from "../../core/fixtures.ts";

const PLAIN = { list: "join", separator: ",", encoding: "text", fallback: undefined, maxBytes: 4096 };
const claim = (text: string, ...path: readonly string[]): object => ({
  from: "claim",
  claims: [{ text, path: path.length === 0 ? [text] : path }],
});

describe("a mapped header is compiled with every option that its source allows", () => {
  it.each<[source: unknown, mapping: object]>([
    ["sub", { ...PLAIN, source: claim("sub") }],
    [{ from: "/org/id" }, { ...PLAIN, source: claim("/org/id", "org", "id") }],
    [
      { from: "sub", fallback: "none" },
      { ...PLAIN, source: claim("sub"), fallback: "none" },
    ],
    [
      { from: "roles", list: "repeat" },
      { ...PLAIN, source: claim("roles"), list: "repeat" },
    ],
    [
      { from: "roles", list: "repeat", separator: "," },
      { ...PLAIN, source: claim("roles"), list: "repeat" },
    ],
    [
      { from: "roles", separator: ";" },
      { ...PLAIN, source: claim("roles"), separator: ";" },
    ],
    [
      { from: "address", encoding: "json", max_bytes: 10 },
      { ...PLAIN, source: claim("address"), encoding: "json", maxBytes: 10 },
    ],
    [{ constant: "a" }, { ...PLAIN, source: { from: "constant", text: "a" } }],
    [
      { payload: true, max_bytes: 99 },
      { ...PLAIN, source: { from: "payload" }, maxBytes: 99 },
    ],
    [
      { payload: true, encoding: "text" },
      { ...PLAIN, source: { from: "payload" } },
    ],
  ])("%j", (source, mapping) => {
    const issuer = { issuer: ISSUER, audiences: ["api"] };
    const { headerMappings } = compileDocument(policyDocument(issuer, { header_mappings: { "x-a": source } }));
    expect(headerMappings).toEqual([{ header: "x-a", ...mapping }]);
  });
});
