import { expect, it } from "vitest";
import { describeIndistinct } from "../../../plugin/policy/language/describe-indistinct.ts";

it("a reason that is an oracle for forgers shares its answer, and the text names the others and where to set it", () => {
  expect(describeIndistinct("signature_invalid")).toMatch(
    /^A client must not tell "signature_invalid" from .*\bkey_not_found\b.*: set the answer of all of them under "invalid_token"\.$/,
  );
  expect(describeIndistinct("signature_invalid")).not.toMatch(/from .*\bsignature_invalid\b/);
});

it.each(["token_expired", "token_missing", "no_such_reason", "constructor", ""])("nothing is said of %j", (name) => {
  expect(describeIndistinct(name)).toBeUndefined();
});
