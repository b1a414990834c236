import { describe, expect, it } from "vitest";
import { tellClient } from "../../../plugin/core/answer/tell-client.ts";
import { type CustomAnswer, USUAL_ANSWERS } from "../../../plugin/core/model/answers.ts";
import {
  DENIALS,
  type Denial,
  denialRow,
  type PublicReason,
  publicReason,
  type Reason,
} from "../../../plugin/core/model/denial.ts";

const REASONS = Object.keys(DENIALS) as Reason[];
const denialOf = (reason: Reason): Denial => ({ reason }) as Denial;
const tell = (reason: Reason, as: PublicReason, answer: Partial<CustomAnswer>) =>
  tellClient(denialOf(reason), {
    ...USUAL_ANSWERS,
    reasons: new Map([[as, { status: undefined, text: undefined, ...answer }]]),
  });

describe("status and words for a client", () => {
  it.each(REASONS)("are those of the table if the policy sets none: %s", (reason) => {
    const { status, clientMessage, error } = denialRow(reason);
    expect(tellClient(denialOf(reason), USUAL_ANSWERS)).toEqual({
      as: publicReason(reason),
      status,
      text: clientMessage,
      isChallenged: status === 401 || error !== undefined,
    });
  });

  it.each<[what: string, reason: Reason, set: Partial<CustomAnswer>, told: object, as?: PublicReason]>([
    ["another text", "token_missing", { text: "Hi" }, { status: 401, text: "Hi", isChallenged: true }],
    ["another status without a challenge", "token_missing", { status: 404 }, { status: 404, isChallenged: false }],
    ["the text of the table", "token_missing", { status: 404 }, { text: "Authentication is required" }],
    ["the usual status, named", "scope_insufficient", { status: 403 }, { status: 403, isChallenged: true }],
    ["another status beside an error", "scope_insufficient", { status: 404 }, { status: 404, isChallenged: false }],
    ["a 401 (RFC 9110 section 15.5.2)", "no_matching_rule", { status: 401 }, { status: 401, isChallenged: true }],
    ["a new 400", "condition_unmet", { status: 400 }, { status: 400, isChallenged: false }, "access_denied"],
    ["the words for all of a name", "signature_invalid", { text: "No" }, { text: "No" }, "invalid_token"],
    ["no other words", "token_expired", { text: "No" }, { text: "The access token expired" }, "invalid_token"],
  ])("are %s", (_what, reason, set, told, as = reason as PublicReason) => {
    expect(tell(reason, as, set)).toMatchObject(told);
  });
});

describe("reasons that share a public name", () => {
  const names = [...new Set(REASONS.map(publicReason))];

  it.each(names)("have the same words, status and error: %s", (name) => {
    const rows = REASONS.filter((reason) => publicReason(reason) === name).map((reason) => {
      const { status, clientMessage, error } = denialRow(reason);
      return JSON.stringify({ status, clientMessage, error });
    });
    expect(new Set(rows).size).toBe(1);
  });

  it("are all reasons that have the same words after a token was sent", () => {
    const words = REASONS.map((reason) => [publicReason(reason), denialRow(reason).clientMessage] as const);
    const alike = words.filter(([name, told]) => words.some(([other, same]) => other !== name && same === told));
    // By the 401, a client without a token sees whether a rule matches. So this is not a secret.
    expect(new Set(alike.map(([name]) => name))).toEqual(new Set(["no_matching_rule", "access_denied"]));
  });

  it("have a public name that is not a reason", () => {
    const shared = names.filter((name) => REASONS.filter((reason) => publicReason(reason) === name).length > 1);
    expect(shared).toEqual(["invalid_token", "unavailable", "access_denied"]);
    expect(shared.filter((name) => Object.hasOwn(DENIALS, name))).toEqual([]);
  });
});
