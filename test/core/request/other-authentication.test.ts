import { expect, it } from "vitest";
import { NO_CALLERS } from "../../../plugin/core/model/caller.ts";
import type { Requirements } from "../../../plugin/core/model/policy.ts";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { judgeOtherAuthentication } from "../../../plugin/core/request/other-authentication.ts";
import { requirementsOf } from "../fixtures.ts";

const MISSING = fail({
  reason: "other_authentication_missing",
  detail: "kong.client has no credential, and the rule says other_authentication: require",
});

it.each<[setting: Requirements["otherAuthentication"], credential: string | undefined, expected: unknown]>([
  ["ignore", undefined, succeed("token_decides")],
  ["ignore", "key-1", succeed("token_decides")],
  ["skip", undefined, succeed("token_decides")],
  ["skip", "key-1", succeed("sufficient")],
  ["require", undefined, MISSING],
  ["require", "key-1", succeed("token_decides")],
])("other_authentication: %s, with the credential %j in Kong", async (otherAuthentication, credential, expected) => {
  const callers = { ...NO_CALLERS, authenticatedCredential: async () => credential };
  expect(await judgeOtherAuthentication({ ...requirementsOf(), otherAuthentication }, callers)).toEqual(expected);
});
