import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import { PLAIN_REPLY, USUAL_ANSWERS } from "../../plugin/core/model/answers.ts";
import { createAllow, createDeny, type Evidence } from "../../plugin/core/model/decision.ts";
import { DENIALS, type Denial, type Reason } from "../../plugin/core/model/denial.ts";
import { createKeySource } from "../../plugin/keys/life/key-source.ts";
import { formatDenial, formatReport } from "../../plugin/observe/decision-log.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "../core/fixtures.ts";
import { noFiles } from "../keys/store/no-files.ts";
import { silentLog } from "../logs.ts";
import { generateSigningKey, mintToken, replaceSignature } from "../tokens.ts";

const EVIDENCE: Evidence = { policy: "payments", rule: "read", issuer: "acme", kid: "1" };
const PREFIX = "jwt-policy denied the request: ";
const denialOf = (reason: Reason, detail?: string): Denial =>
  ({ reason, ...(detail === undefined ? {} : { detail }) }) as unknown as Denial;
const line = (reason: Reason, evidence: Evidence, detail?: string): string =>
  formatDenial(createDeny(denialOf(reason, detail), evidence));
const lineOfKid = (kid: string): string => line("key_not_found", { ...EVIDENCE, kid });

describe("the line about a refused request", () => {
  it("says what was found, in a fixed order", () => {
    expect(line("key_not_found", EVIDENCE, 'no key "1"')).toBe(
      `${PREFIX}reason=key_not_found status=401 policy=payments rule=read issuer=acme unverified_kid=1 detail="no key \\"1\\""`,
    );
  });

  it("leaves out what was not found", () => {
    expect(line("no_matching_rule", { policy: "payments" })).toBe(
      `${PREFIX}reason=no_matching_rule status=403 policy=payments`,
    );
  });

  it.each(Object.entries(DENIALS))("carries reason and status of %s", (reason, { status }) => {
    expect(line(reason as Reason, EVIDENCE)).toContain(`${PREFIX}reason=${reason} status=${status} policy=payments `);
  });

  it("escapes what a detail holds: one line, whatever a file or an error says", () => {
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
  const ID = "0123456789abcdef0123456789abcdef";
  const ofType = (contentType: string | undefined, requestId: string | undefined = ID): string =>
    formatDenial(createDeny({ reason: "token_missing" }, EVIDENCE, { ...PLAIN_REPLY, contentType, requestId }));

  it.each(["application/grpc", "application/grpc+proto", "APPLICATION/gRPC", "application/grpc-web+proto"])(
    "stands in the line about %s, for Kong does not write it there",
    (type) => {
      expect(ofType(type)).toMatch(new RegExp(` unverified_kid=1 request_id=${ID}$`));
    },
  );

  it.each([undefined, "", "application/json", "text/plain; application/grpc"])("is left to Kong for `%s`", (type) => {
    expect(ofType(type)).not.toContain("request_id");
  });

  it("is left out where nobody knows it", () => {
    const reply = { ...PLAIN_REPLY, contentType: "application/grpc" };
    expect(formatDenial(createDeny({ reason: "token_missing" }, EVIDENCE, reply))).not.toContain("request_id");
  });
});

describe("the line about a request that would have been refused", () => {
  it("says all that the line about a refusal says", () => {
    const answers = { ...USUAL_ANSWERS, reasons: new Map([["token_missing", { status: 403, text: "No" }] as const]) };
    const reply = { ...PLAIN_REPLY, answers, contentType: "application/grpc", requestId: "7" };
    const deny = createDeny({ reason: "token_missing" }, EVIDENCE, reply);
    const line = formatReport(createAllow({ headers: {} }, EVIDENCE, deny));
    expect(line).toBe(formatDenial(deny).replace("denied", "would have denied"));
    expect(line).toContain(" status=403 ");
  });

  it("is none where nothing is to be said", () => {
    expect(formatReport(createAllow({ headers: {} }, EVIDENCE))).toBeUndefined();
  });
});

describe("the kid is marked as unverified until the signature held", () => {
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
    ["with every character that is shown as it is", "AZaz09._~:/+=@-", "AZaz09._~:/+=@-"],
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

describe("no line holds the token or values of its claims", () => {
  const key = generateSigningKey("ES256", "acme-1");
  const policy = compileDocument(
    policyDocument(inlineIssuer([key], { token_type: "at+jwt", required_claims: ["tenant"] })),
  );
  const keys = createKeySource({ now: () => NOW * 1000, log: silentLog, files: noFiles });
  const SECRET = "SECRETVALUE";
  const good = { sub: SECRET, jti: SECRET, tenant: SECRET, scope: `read ${SECRET}` };
  const mint = (claims: object, header = {}): string =>
    mintToken({ key, header, claims: claimsOf({ ...good, ...claims }) });
  const token = mint({});

  it.each<[reason: Reason, token: string]>([
    ["token_malformed", `${SECRET}.${SECRET}`],
    ["token_too_large", token + SECRET.repeat(1_000)],
    ["critical_header_unsupported", mint({}, { crit: [SECRET], [SECRET]: 1 })],
    ["issuer_untrusted", mint({ iss: `https://${SECRET}` })],
    ["algorithm_not_allowed", mint({}, { alg: SECRET })],
    ["signature_invalid", replaceSignature(token, new Uint8Array(64))],
    ["token_type_mismatch", mint({}, { typ: SECRET })],
    ["audience_mismatch", mint({ aud: SECRET })],
    ["token_expired", mint({ exp: NOW - 1_000_000 })],
    ["claim_missing", mint({ tenant: undefined })],
    ["claim_invalid", mint({ exp: SECRET })],
    ["scope_insufficient", mint({ scope: SECRET })],
    ["claim_not_header_safe", mint({ sub: `${SECRET}\n` })],
  ])("%s", async (reason, bad) => {
    const decision = await decide(requestOf(bad), policy, keys, () => NOW);
    expect(decision).toMatchObject({ verdict: "deny", denial: { reason } });
    const text = decision.verdict === "deny" ? formatDenial(decision) : "";
    expect(text).not.toContain(SECRET);
    for (const segment of bad.split(".")) {
      expect(text).not.toContain(segment.slice(0, 20));
    }
  });
});
