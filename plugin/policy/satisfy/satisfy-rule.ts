/**
 * Finds a request that a rule allows, and the claims of the request's token. The search does not sign the claims,
 * because signing needs a key of the issuer. The search returns only requests that `decide` allows. In the search,
 * `decide` does everything except the check of the signature.
 */
import { decide } from "../../core/decide.ts";
import { type CallerSource, type Consumer, NO_CALLERS } from "../../core/model/caller.ts";
import type { Denial } from "../../core/model/denial.ts";
import { listIssuers } from "../../core/model/issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../core/model/policy.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { chooseValues } from "./choose-values.ts";
import { type Attempt, collectWishes, listTenants, restrictUsed, wishUsual } from "./collect-wishes.ts";
import type { Operation } from "./list-operations.ts";
import type { Slot, Wish } from "./slot.ts";
import { writeClaims } from "./write-claims.ts";
import {
  draftRequests,
  EXAMPLE_SEGMENTS,
  factsOf,
  fitsRequest,
  type SatisfyingRequest,
  TRIAL_KEYS,
} from "./write-request.ts";

export interface Wanted {
  readonly policy: CompiledPolicy;
  /** Id of the rule. */
  readonly rule: string;
  readonly operation: Operation;
  /** Methods for a rule without operations, in the order of preference. */
  readonly methods?: readonly string[];
  /** Paths for a rule without operations, in the order of preference. */
  readonly paths?: readonly string[];
  /** Whether Kong sends a request with this method and path to the rule. */
  readonly isRouted?: (method: string, path: string) => boolean;
  /** Whether tokens of this issuer can be made. By default, tokens of every issuer can be made. */
  readonly canSign?: (issuer: CompiledIssuer) => boolean;
  /** If set, only the alternative with this index is tried. By default, every alternative is tried. */
  readonly alternative?: number;
  /** Whether the request must have a token, even if the rule also allows requests without a token. */
  readonly withToken?: boolean;
  /** Kong's Consumers. */
  readonly consumers?: readonly Consumer[];
  /** Seconds since the epoch. */
  readonly nowSeconds: number;
}

/** The reason why the search found no request. */
export interface Unsatisfied {
  /**
   * Whether it is certain that no token can satisfy the rule. If this is false, the search found no token, but a token
   * that satisfies the rule may exist.
   */
  readonly isCertain: boolean;
  /** One reason for each issuer and alternative that the search tried. */
  readonly reasons: readonly string[];
}

/** @returns the first request that the rule allows. */
export async function satisfyRule(wanted: Wanted): Promise<Result<SatisfyingRequest, Unsatisfied>> {
  const { policy, operation } = wanted;
  const { requirements } = operation;
  if (requirements.access === "public" || (requirements.access === "optional" && wanted.withToken !== true)) {
    const bare = await tryRequests(wanted, draftRequests(wanted, [], undefined));
    if (bare.ok || requirements.access === "public") {
      return bare.ok ? bare : fail({ isCertain: false, reasons: [bare.failure] });
    }
  }
  const reasons: string[] = [];
  let isCertain = true;
  for (const attempt of listAttempts(wanted)) {
    const satisfied = await satisfy(wanted, attempt);
    if (satisfied.ok) {
      return satisfied;
    }
    isCertain &&= satisfied.failure.isCertain;
    reasons.push(`${describeAttempt(attempt)}: ${satisfied.failure.reason}`);
  }
  if (reasons.length === 0) {
    const ids = listIssuers(policy)
      .filter(({ id }) => requirements.accept.has(id))
      .map(({ id }) => id);
    return fail({ isCertain: false, reasons: [`tokens of ${ids.join(", ")} cannot be made here`] });
  }
  return fail({ isCertain, reasons: [...new Set(reasons)] });
}

function describeAttempt({ requirements, alternative, issuer }: Attempt): string {
  const index = requirements.alternatives.indexOf(alternative);
  const which = requirements.alternatives.length === 1 ? "" : ` alternative ${index + 1},`;
  return `${which} issuer "${issuer.id}"`.trim();
}

function listAttempts(wanted: Wanted): readonly Attempt[] {
  const { policy, operation, canSign = () => true, consumers = [], nowSeconds } = wanted;
  const { requirements, segments } = operation;
  const common = { policy, requirements, segments, nowSeconds, consumers };
  return requirements.alternatives.flatMap((alternative, index) => {
    const isWanted = wanted.alternative === undefined || wanted.alternative === index;
    const issuers = listIssuers(policy).filter(
      (issuer) => isWanted && alternative.accept.has(issuer.id) && canSign(issuer),
    );
    return issuers.flatMap((issuer) =>
      listTenants(issuer, alternative).map((tenant) => ({ ...common, issuer, alternative, tenant })),
    );
  });
}

interface UnsatisfiedAttempt {
  readonly isCertain: boolean;
  readonly reason: string;
}

async function satisfy(wanted: Wanted, attempt: Attempt): Promise<Result<SatisfyingRequest, UnsatisfiedAttempt>> {
  if (attempt.requirements.otherAuthentication === "require") {
    return fail({ isCertain: true, reason: "another plugin must authenticate the request as well" });
  }
  const needed = collectWishes(attempt);
  let failure: UnsatisfiedAttempt = { isCertain: false, reason: "" };
  // The first attempt also includes the claims that real tokens usually have. The search tries several values in a
  // segment, because the Kong Route may accept only some values.
  for (const wishes of [[...needed, ...wishUsual()], needed]) {
    for (const inPath of wishPath(attempt.segments)) {
      const chosen = chooseValues([...inPath, ...wishes, ...restrictUsed(wishes, attempt)], fitsRequest);
      if (!chosen.ok) {
        const { slot, isCertain } = chosen.failure;
        failure = { isCertain, reason: `no value of ${describeSlot(slot)} meets all requirements` };
        continue;
      }
      const token = { issuer: attempt.issuer, claims: writeClaims(chosen.value) };
      const tried = await tryRequests(wanted, draftRequests(wanted, chosen.value, token));
      if (tried.ok) {
        return tried;
      }
      failure = { isCertain: false, reason: tried.failure };
    }
  }
  return fail(failure);
}

/** Sends each request through the pipeline. The failure says why the plugin denies the last request. */
async function tryRequests(
  wanted: Wanted,
  requests: Iterable<SatisfyingRequest>,
): Promise<Result<SatisfyingRequest, string>> {
  const { isRouted = () => true } = wanted;
  let reason = "the policy names no source of tokens";
  for (const request of requests) {
    const { method, path } = request;
    if (!isRouted(method, path)) {
      reason = `no request of the operation reaches this Kong Route; tried ${method} ${path}`;
      continue;
    }
    const denial = await tryRequest(wanted, request);
    if (denial === undefined) {
      return succeed(request);
    }
    reason = `${denial.reason}${denial.detail === undefined ? "" : `: ${denial.detail}`}`;
  }
  return fail(reason);
}

/**
 * @returns why the rule denies the request; undefined if the rule allows the request. A request that passes only
 * because of report mode does not count as allowed.
 */
export async function tryRequest(
  { policy, rule, consumers = [], nowSeconds }: Pick<Wanted, "policy" | "rule" | "consumers" | "nowSeconds">,
  request: SatisfyingRequest,
): Promise<Denial | undefined> {
  const callers: CallerSource = {
    ...NO_CALLERS,
    findConsumer: async ({ by, value }) => consumers.find((consumer) => consumer[by] === value),
  };
  const decision = await decide(factsOf(rule, request), policy, TRIAL_KEYS, () => nowSeconds, callers);
  return decision.verdict === "allow" ? decision.reported?.denial : decision.denial;
}

/** Some segments of a path may have any value. Returns values to try in these segments. */
function wishPath(segments: Operation["segments"]): readonly (readonly Wish[])[] {
  const open = (segments ?? []).flatMap((segment, index) => (segment.kind === "literal" ? [] : [index]));
  return open.length === 0
    ? [[]]
    : EXAMPLE_SEGMENTS.map((example) =>
        open.map((index): Wish => ({ slot: { in: "segment", index }, suggestions: [example] })),
      );
}

function describeSlot(slot: Slot): string {
  switch (slot.in) {
    case "claim":
      return `claim "${slot.path.length === 1 ? slot.path[0] : `/${slot.path.join("/")}`}"`;
    case "segment":
      return `segment ${slot.index + 1} of the path`;
    case "header":
      return `header ${slot.name}`;
  }
}
