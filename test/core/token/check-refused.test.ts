import { expect, it } from "vitest";
import { fail, PASSED } from "../../../plugin/core/model/result.ts";
import { checkRefused } from "../../../plugin/core/token/check-refused.ts";

const STOLEN = Uint8Array.of(1, 2, 3);
const refusals = { isRefused: (signed: Uint8Array): boolean => signed === STOLEN };

it("refuses exactly the signed bytes that the detection of abuse refuses, and says why", () => {
  expect(checkRefused(refusals, Uint8Array.of(1, 2, 3))).toBe(PASSED);
  const detail = "clients in different networks used this token at the same time";
  expect(checkRefused(refusals, STOLEN)).toEqual(fail({ reason: "token_refused", detail }));
});
