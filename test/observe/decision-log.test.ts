import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import { PLAIN_REPLY, USUAL_ANSWERS } from "../../plugin/core/model/answers.ts";
import { createAllow, createDeny, type Evidence } from "../../plugin/core/model/decision.ts";
import { DENIALS, type Denial, type Reason } from "../../plugin/core/model/denial.ts";
import { createKeySource } from "../../plugin/keys/life/key-source.ts";
import { formatDenial, formatReport } from "../../plugin/observe/decision-log.ts";
import { compileDocument, NOW, requestOf } from "../core/fixtures.ts";
import { noFiles } from "../keys/store/no-files.ts";
import { silentLog } from "../logs.ts";
import { CANARY_POLICY, canaries, hasPartOf, isUsualKid, mint, requestsInPart } from "./canaries.ts";

const EVIDENCE: Evidence = { policy: "payments", rule: "read", issuer: "acme", kid: "1" };
const PREFIX = "jwt-policy denied the request: ";
const denialOf = (reason: Reason, detail?: string): Denial =>
  ({ reason, ...(detail === undefined ? {} : { detail }) }) as unknown as Denial;
const line = (reason: Reason, evidence: Evidence, detail?: string): string =>
  withoutNext(formatDenial(createDeny(denialOf(reason, detail), evidence)));
/** The next step is a string of the table of denials. */
const withoutNext = (text: string): string => text.replace(/ next="(?:[^"\\]|\\.)*"/, "");
const lineOfKid = (kid: string): string => line("key_not_found", { ...EVIDENCE, kid });

describe("the line about a refused request", () => {
  it("has the found facts, in a fixed order", () => {
    expect(line("key_not_found", EVIDENCE, 'no key "1"')).toBe(
      `${PREFIX}reason=key_not_found status=401 policy=payments rule=read issuer=acme unverified_kid=1 detail="no key \\"1\\""`,
    );
  });

  it("leaves out unknown facts", () => {
    expect(line("no_matching_rule", { policy: "payments" })).toBe(
      `${PREFIX}reason=no_matching_rule status=403 policy=payments`,
    );
  });

  it("ends with the next step of the reason", () => {
    expect(formatDenial(createDeny(denialOf("key_not_found", "x"), EVIDENCE))).toMatch(
      / detail="x" next="Compare the `kid` with the issuer's key set\. /,
    );
  });

  it("shortens a long detail, so that the next step is not cut", () => {
    const text = formatDenial(createDeny(denialOf("policy_unavailable", "x".repeat(5_000)), EVIDENCE));
    expect(text).toMatch(/x\.\.\." next="/);
    expect(text.length).toBeLessThan(1_300);
  });

  it.each(Object.entries(DENIALS))("has reason and status of %s", (reason, { status }) => {
    expect(line(reason as Reason, EVIDENCE)).toContain(`${PREFIX}reason=${reason} status=${status} policy=payments `);
  });

  it("escapes the detail: one line, for any text of a file or an error", () => {
    const text = line("policy_unavailable", { policy: "jwt-policy" }, 'a\nreason=token_missing "\r\x1b[31m\u2028');
    expect(text).toBe(
      `${PREFIX}reason=policy_unavailable status=503 policy=jwt-policy detail="a\\nreason=token_missing \\"\\r\\u001b[31m\\u{2028}"`,
    );
  });
});

it("has the status that the client got, which the policy may have changed", () => {
  const answers = { ...USUAL_ANSWERS, reasons: new Map([["invalid_token", { status: 404, text: "No" }] as const]) };
  const deny = createDeny({ reason: "key_not_found" }, EVIDENCE, { ...PLAIN_REPLY, answers });
  expect(formatDenial(deny)).toContain(`${PREFIX}reason=key_not_found status=404 policy=payments `);
});

describe("the request's id", () => {
  it.each(["application/grpc", "application/json", undefined])(
    "ends the line about a request of type %s",
    (contentType) => {
      const requestId = "0123456789abcdef0123456789abcdef";
      const deny = createDeny({ reason: "token_missing" }, EVIDENCE, { ...PLAIN_REPLY, contentType, requestId });
      expect(formatDenial(deny)).toMatch(new RegExp(` next=".*" request_id=${requestId}$`));
    },
  );

  it("is left out if it is unknown", () => {
    expect(formatDenial(createDeny({ reason: "token_missing" }, EVIDENCE, PLAIN_REPLY))).not.toContain("request_id");
  });
});

describe("the line about a request that would have been refused", () => {
  it("has all fields of the line about a refusal", () => {
    const answers = { ...USUAL_ANSWERS, reasons: new Map([["token_missing", { status: 403, text: "No" }] as const]) };
    const reply = { ...PLAIN_REPLY, answers, contentType: "application/grpc", requestId: "7" };
    const deny = createDeny({ reason: "token_missing" }, EVIDENCE, reply);
    const line = formatReport(createAllow({ headers: {} }, EVIDENCE, deny));
    expect(line).toBe(formatDenial(deny).replace("denied", "would have denied"));
    expect(line).toContain(" status=403 ");
  });

  it("does not exist if there is nothing to report", () => {
    expect(formatReport(createAllow({ headers: {} }, EVIDENCE))).toBeUndefined();
  });
});

describe("the kid is marked as unverified until the signature is verified", () => {
  const VERIFIED = new Set(["claims", "authorize", "propagate"]);
  it.each(Object.entries(DENIALS).map(([reason, { stage }]) => [reason as Reason, stage] as const))(
    "%s, of stage %s",
    (reason, stage) => {
      const name = VERIFIED.has(stage) ? "kid" : "unverified_kid";
      expect(line(reason, EVIDENCE)).toContain(` ${name}=1`);
    },
  );
});

describe("a hostile kid", () => {
  it.each<[what: string, kid: string, shown: string]>([
    ["with a line feed and a forged line", "1\njwt-policy denied", "1?jwt-policy?denied"],
    ["with control characters", "\0\x07\x1b[31m\x7f", "???[31m?".replace("[", "?")],
    ["with quotes, a backslash and a blank", "a\" 'b\\c", "a???b?c"],
    ["with a forged pair", "1 reason=token_missing", "1?reason=token_missing"],
    ["that is not ASCII", "\u00e9\u202e\ud83d\ude00\ud800", "?????"],
    ["that is empty", "", ""],
    ["with every character that is shown unchanged", "AZaz09._~:/+=@-", "AZaz09._~:/+=@-"],
    ["of 65 characters", "x".repeat(65), "x".repeat(64)],
    ["of 10 kB", "\n".repeat(10_000), "?".repeat(64)],
  ])("%s", (_what, kid, shown) => {
    const text = lineOfKid(kid);
    expect(text).toBe(
      `${PREFIX}reason=key_not_found status=401 policy=payments rule=read issuer=acme unverified_kid=${shown}`,
    );
    expect(text).toMatch(/^[\x20-\x7e]*$/);
  });

  it("cannot make the line longer than a fixed bound", () => {
    expect(lineOfKid("k".repeat(1_000_000)).length).toBeLessThan(250);
  });
});

describe("no line contains a token, a secret, or a claim that did not cause the refusal", () => {
  const policy = compileDocument(CANARY_POLICY);
  const keys = createKeySource({ now: () => NOW * 1000, log: silentLog, files: noFiles });

  it("for any form of the secret, at any place of the request", async () => {
    const leaks: string[] = [];
    for (const [index, secret] of canaries.entries()) {
      for (const [where, facts] of requestsInPart(index, secret, 3)) {
        const decision = await decide(facts, policy, keys, () => NOW);
        const text = decision.verdict === "deny" ? formatDenial(decision) : "";
        if (hasPartOf(secret, text) && !isUsualKid(where, secret)) {
          leaks.push(`${where}: ${secret} in ${text}`);
        }
      }
    }
    expect(leaks.slice(0, 5)).toEqual([]);
  });

  it.each([
    ...["\n2026/01/01 [error] forged", "\r\nforged", "\x1b[31mred", "\u202eforged", "\u2028forged"],
    ...['" reason=token_missing', "\\", "\u0000", "\ud800"],
  ])("a line with %j stays one line of printable characters", async (text) => {
    for (const claims of [
      { iss: text },
      { aud: text },
      { tenant: "t", scope: text },
      { scope: [text] },
      { exp: text },
    ]) {
      const decision = await decide(requestOf(mint(claims)), policy, keys, () => NOW);
      const line = decision.verdict === "deny" ? formatDenial(decision) : "";
      expect(line).toMatch(/^jwt-policy denied the request: reason=\w+ [\x20-\x7e]*$/);
      expect(line.match(/ reason=/g)).toHaveLength(text.includes("reason") ? 2 : 1);
    }
  });
});
