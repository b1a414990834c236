import { expect, it } from "vitest";
import { type CallerSource, type Consumer, NO_CALLER, NO_CALLERS } from "../../../plugin/core/model/caller.ts";
import type { Requirements } from "../../../plugin/core/model/policy.ts";
import { settleCaller } from "../../../plugin/core/upstream/settle-caller.ts";
import { compilePolicy, requirementsOf } from "../fixtures.ts";

const BILLING: Consumer = { id: "11111111-1111-4111-8111-111111111111", username: "billing", customId: "c-17" };
const OTHER: CallerSource = {
  ...NO_CALLERS,
  authenticatedCredential: async () => "key-1",
  authenticatedConsumer: async () => BILLING,
};
const rule = (otherAuthentication: Requirements["otherAuthentication"]): Requirements => ({
  ...requirementsOf(),
  otherAuthentication,
});
const HEADERS = {
  "x-consumer-id": BILLING.id,
  "x-consumer-username": "billing",
  "x-consumer-custom-id": "c-17",
  "x-credential-identifier": "key-1",
};
const policy = () => compilePolicy({ identity: { credential: "sub" } });

it("a caller that the token names becomes Kong's caller, even if another plugin named one", async () => {
  const caller = { consumer: undefined, credentialId: "alice", groups: undefined };
  const headers = { "x-credential-identifier": "alice" };
  expect(await settleCaller(policy(), caller, rule("skip"), OTHER)).toEqual({ identity: caller, headers });
});

it.each(["skip", "require"] as const)(
  "the caller of another plugin stays with %s, if there is one",
  async (setting) => {
    expect(await settleCaller(policy(), undefined, rule(setting), OTHER)).toEqual({
      identity: undefined,
      headers: HEADERS,
    });
    const cleared = { identity: NO_CALLER, headers: {} };
    expect(await settleCaller(policy(), undefined, rule(setting), NO_CALLERS)).toEqual(cleared);
  },
);

it.each([
  ["a rule that ignores other plugins", rule("ignore")],
  ["no rule", undefined],
])("the caller of another plugin is removed by %s", async (_what, requirements) => {
  const cleared = { identity: NO_CALLER, headers: {} };
  expect(await settleCaller(policy(), undefined, requirements, OTHER)).toEqual(cleared);
});

it("a policy without identity changes no caller", async () => {
  const unchanged = { identity: undefined, headers: {} };
  expect(await settleCaller(compilePolicy(), undefined, rule("ignore"), OTHER)).toEqual(unchanged);
});
