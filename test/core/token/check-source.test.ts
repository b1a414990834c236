import { describe, expect, it } from "vitest";
import type { TokenSource } from "../../../plugin/core/model/policy.ts";
import { fail, PASSED } from "../../../plugin/core/model/result.ts";
import { checkSource } from "../../../plugin/core/token/check-source.ts";
import { compileIssuer } from "../fixtures.ts";

describe("a source accepts tokens", () => {
  const check = (issuers?: readonly string[]) => {
    const source: TokenSource = { from: "query", name: "t", ...(issuers && { issuers: new Set(issuers) }) };
    return checkSource({ source, text: "" }, [compileIssuer()]);
  };

  it("of all issuers, if it names none", () => {
    expect(check()).toBe(PASSED);
  });

  it("of the issuers that it names", () => {
    expect(check(["other", "acme"])).toBe(PASSED);
  });

  it("of an issuer with several entries, if it names only one of them", () => {
    const source: TokenSource = { from: "query", name: "t", issuers: new Set(["acme"]) };
    const entries = [{ ...compileIssuer(), id: "first" }, compileIssuer()];
    expect(checkSource({ source, text: "" }, entries)).toBe(PASSED);
  });

  it("of no other issuer", () => {
    const detail = 'tokens of issuer "acme" may not come in query t';
    expect(check(["other"])).toEqual(fail({ reason: "issuer_untrusted", detail }));
    expect(check([])).toEqual(fail({ reason: "issuer_untrusted", detail }));
  });
});
