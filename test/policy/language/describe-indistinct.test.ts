import { expect, it } from "vitest";
import { describeIndistinct } from "../../../plugin/policy/language/describe-indistinct.ts";

it("a reason that would help forgers shares its answer, and the message names the other reasons and the key to use", () => {
  const text = describeIndistinct("signature_invalid");
  expect(text).toMatch(/^A client must not be able to distinguish "signature_invalid" from .*\bkey_not_found\b.*: /);
  expect(text).toMatch(/: set the answer of all of them under "invalid_token"\.$/);
  expect(text).not.toMatch(/from .*\bsignature_invalid\b/);
});

it.each(["token_expired", "token_missing", "no_such_reason", "constructor", ""])(
  "there is no message for %j, which may have its own answer or is not a reason",
  (name) => {
    expect(describeIndistinct(name)).toBeUndefined();
  },
);
