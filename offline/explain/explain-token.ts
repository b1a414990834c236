import { readMetadataRequest } from "../../plugin/core/answer/protected-resource.ts";
import { tellClient } from "../../plugin/core/answer/tell-client.ts";
import { decide } from "../../plugin/core/decide.ts";
import type { JsonObject } from "../../plugin/core/json/json.ts";
import type { Consumer } from "../../plugin/core/model/caller.ts";
import type { Decision } from "../../plugin/core/model/decision.ts";
import { type Denial, denialRow, type Reason, type Stage } from "../../plugin/core/model/denial.ts";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { KeySource } from "../../plugin/core/model/key.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { PASSED, succeed } from "../../plugin/core/model/result.ts";
import { findRule, matchRequest } from "../../plugin/core/request/match-rule.ts";
import { encodeBase64url } from "../../plugin/core/text/base64url.ts";
import { decodeToken } from "../../plugin/core/token/decode-token.ts";
import { findIssuer } from "../../plugin/core/token/find-key.ts";
import { createFormula } from "../compare/search/formula.ts";
import type { CandidateToken, TokenFrame } from "../compare/search/token-space.ts";
import { createCallers } from "../requests/callers.ts";
import { createFacts, type OfflineRequest } from "../requests/request.ts";
import { type Repaired, repairToken } from "./repair-token.ts";

/**
 * A key source that also says whether every signature was checked. `isChecked` is false if a signature counted as valid
 * without a check.
 */
interface CheckedKeys extends KeySource {
  readonly isChecked: boolean;
}

export interface Question {
  readonly policy: CompiledPolicy;
  readonly request: OfflineRequest;
  /** The token that the command explains; undefined for a request without a token. */
  readonly token: string | undefined;
  readonly keys: CheckedKeys;
  /** The Consumers to use in place of Kong's database. */
  readonly consumers: readonly Consumer[];
  /** Seconds since the epoch. */
  readonly nowSeconds: number;
}

export interface StageResult {
  readonly stage: Stage;
  readonly result: "passed" | "decided" | "not checked" | "not reached";
}

/**
 * An explanation of why a request passes or is refused. The explanation contains no part of the token. The only
 * exception is values in `detail`, which the log contains too.
 */
export interface Explanation {
  /** `answer`: the plugin answers with the API's description. */
  readonly verdict: "allow" | "deny" | "answer";
  /** Whether the request passes only because the rule is in report mode. */
  readonly isReported: boolean;
  readonly stages: readonly StageResult[];
  readonly rule: string | undefined;
  readonly issuer: string | undefined;
  readonly denial: ExplainedDenial | undefined;
  /**
   * Changes of claims after which the request would pass. Undefined if the request already passes, or if no such
   * changes were found.
   */
  readonly nearestAllow: readonly string[] | undefined;
}

export interface ExplainedDenial {
  readonly reason: Reason;
  readonly status: number;
  readonly detail: string | undefined;
  readonly meaning: string;
  readonly spec: string;
  readonly next: string;
}

const STAGES: readonly Stage[] = ["match", "extract", "decode", "key", "verify", "claims", "authorize", "propagate"];
/** A key source that accepts every signature. No gateway uses this key source. */
const UNCHECKED: KeySource = {
  find: (issuer, { alg, kid }) => succeed({ issuer: issuer.issuer, kid, algorithm: alg, verify: () => PASSED }),
};
const utf8 = new TextEncoder();

/**
 * Judges a request with a token by the gateway's own code, and explains the decision. Throws an error if the policy
 * cannot judge the request.
 */
export async function explainToken(question: Question): Promise<Explanation> {
  const { policy, keys, nowSeconds } = question;
  const decision = await judge(question, question.token, keys);
  if (decision.verdict === "answer") {
    const stages = STAGES.map((stage): StageResult => ({ stage, result: "not reached" }));
    const nothing = { rule: undefined, issuer: undefined, denial: undefined, nearestAllow: undefined };
    return { verdict: "answer", isReported: false, stages, ...nothing };
  }
  const denial = decision.verdict === "deny" ? decision.denial : decision.reported?.denial;
  const { rule, issuer } = decision.evidence;
  return {
    verdict: decision.verdict,
    isReported: decision.verdict === "allow" && denial !== undefined,
    stages: listStages(denial?.reason, issuer !== undefined, keys.isChecked),
    rule,
    issuer,
    denial: denial && describeDenial(denial, decision, policy),
    nearestAllow: denial && isAboutClaims(denial) ? (await findNearestAllow(question, nowSeconds))?.changes : undefined,
  };
}

/**
 * Finds the smallest set of changes with which the request passes. Returns undefined if the search finds no such set of
 * changes.
 */
export async function findNearestAllow(question: Question, now: number): Promise<Repaired | undefined> {
  const { policy, request } = question;
  const token = question.token === undefined ? undefined : readToken(question.token);
  const facts = createFacts(request, question.token, policy);
  const rule = facts.ok ? findRule(policy, request.binding) : undefined;
  const match = facts.ok && rule?.ok ? matchRequest(rule.value, facts.value, false) : undefined;
  if (!token || !facts.ok || !match?.ok) {
    return undefined;
  }
  const { requirements, segments } = match.value;
  const known = typeof token.claims.iss === "string" ? findIssuer(policy, token.claims.iss) : undefined;
  const accepted = listIssuers(policy).filter(({ id, template }) => requirements.accept.has(id) && !template);
  const tried = [...new Set([...(known ? [known] : []), ...accepted])].flatMap((issuer): readonly Repaired[] => {
    const { frame, changes } = createFrame(issuer, known === issuer ? token.claims.iss : undefined, token, now);
    const formula = createFormula(issuer, requirements, frame, { segments, headers: facts.value.headers });
    const start = { ...token, alg: frame.alg, claims: { ...token.claims, iss: frame.iss } };
    const repaired = repairToken(formula, start, frame);
    return repaired ? [{ token: repaired.token, changes: [...changes, ...repaired.changes] }] : [];
  });
  return firstAllowed(question, tried);
}

/**
 * Returns the first changed token that the gateway's own code accepts for the request. The fewest changes come first.
 */
async function firstAllowed(question: Question, tried: readonly Repaired[]): Promise<Repaired | undefined> {
  for (const repaired of tried.toSorted((one, other) => one.changes.length - other.changes.length)) {
    const decision = await judge(question, writeToken(repaired.token), UNCHECKED);
    if (repaired.changes.length > 0 && decision.verdict === "allow" && !decision.reported) {
      return repaired;
    }
  }
  return undefined;
}

function createFrame(
  { issuer, algorithms }: CompiledIssuer,
  iss: unknown,
  { alg }: CandidateToken,
  now: number,
): { readonly frame: TokenFrame; readonly changes: readonly string[] } {
  const [first = ""] = algorithms;
  const usesAlg = algorithms.has(alg);
  return {
    frame: { iss: typeof iss === "string" ? iss : issuer, alg: usesAlg ? alg : first, now },
    changes: [
      ...(typeof iss === "string" ? [] : [`needs iss ${issuer}`]),
      ...(usesAlg ? [] : [`needs alg ${[...algorithms].join(" or ")}`]),
    ],
  };
}

async function judge(
  { policy, request, consumers, nowSeconds }: Question,
  token: string | undefined,
  keys: KeySource,
): Promise<Decision | { readonly verdict: "answer" }> {
  const facts = createFacts(request, token, policy);
  if (!facts.ok) {
    throw new Error(facts.failure);
  }
  if (readMetadataRequest(policy.protectedResource, facts.value)) {
    return { verdict: "answer" };
  }
  return decide(facts.value, policy, keys, () => nowSeconds, createCallers(consumers, request.authenticated));
}

/**
 * Reads the token to repair. Returns undefined if the token cannot be decoded, because no change of its claims would
 * then help.
 */
function readToken(text: string): CandidateToken | undefined {
  const decoded = decodeToken(text);
  if (!decoded.ok) {
    return undefined;
  }
  const { joseHeader, unverifiedClaims } = decoded.value;
  return { alg: joseHeader.alg, typ: joseHeader.typ, claims: unverifiedClaims };
}

/** A token with an empty signature of usual length. Only {@link UNCHECKED} accepts this signature. */
function writeToken({ alg, typ, claims }: { alg: string; typ: string | undefined; claims: JsonObject }): string {
  const parts = [{ alg, ...(typ !== undefined && { typ }) }, claims].map((part) => utf8.encode(JSON.stringify(part)));
  return [...parts, new Uint8Array(64)].map(encodeBase64url).join(".");
}

/** The result of each stage. */
export function listStages(reason: Reason | undefined, hasIssuer: boolean, isChecked: boolean): readonly StageResult[] {
  const decided = reason && STAGES.indexOf(denialRow(reason).stage);
  // A public rule does not check the token, so only the first stage runs.
  const last = decided ?? (hasIssuer ? STAGES.length : 0);
  return STAGES.map((stage, index) => {
    if (index === decided) {
      return { stage, result: "decided" };
    }
    const isReached = decided === undefined && !hasIssuer ? index === 0 : index < last;
    const isSkipped = stage === "verify" && !isChecked;
    return { stage, result: isReached ? (isSkipped ? "not checked" : "passed") : "not reached" };
  });
}

/**
 * Whether a change of claims can help. If the signature is wrong, or the token could not be read, no change of its
 * claims helps.
 */
function isAboutClaims({ reason }: Denial): boolean {
  const { stage } = denialRow(reason);
  const isAboutKey = reason === "issuer_untrusted" || reason === "algorithm_not_allowed";
  return stage === "claims" || stage === "authorize" || isAboutKey;
}

function describeDenial(denial: Denial, decision: Decision, policy: CompiledPolicy): ExplainedDenial {
  const { meaning, spec, next } = denialRow(denial.reason);
  const answers = decision.verdict === "deny" ? decision.reply.answers : policy.answers;
  const { status } = tellClient(denial, answers);
  return { reason: denial.reason, status, detail: denial.detail, meaning, spec, next };
}
