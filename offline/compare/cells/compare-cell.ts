import { tenantOf } from "../../../plugin/core/model/issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy, Requirements } from "../../../plugin/core/model/policy.ts";
import { findIssuer } from "../../../plugin/core/token/find-key.ts";
import { findToken } from "../search/find-token.ts";
import { ALWAYS, createFormula, type Formula, NEVER, type Requirement } from "../search/formula.ts";
import type { CandidateToken, TokenFrame } from "../search/token-space.ts";
import type { Cell } from "./list-cells.ts";
import { type Both, ofBoth, type PolicyVersion } from "./policy-version.ts";
import { isOpenToAll, passesWithoutToken, type ResolvedCell } from "./resolve-cell.ts";

/** The sender of the request. `isKnownToKong`: whether another plugin has authenticated the request. */
export type Sender =
  | { readonly sends: "nothing" | "invalid_token"; readonly isKnownToKong: boolean }
  | { readonly sends: "token"; readonly isKnownToKong: boolean; readonly token: CandidateToken }
  | { readonly sends: "preflight" };

/** A request that one policy version lets pass and the other version denies. */
export interface Difference {
  readonly cell: Cell;
  /** `unknown`: the search ended without an answer, so the new version may let more requests pass. */
  readonly direction: "looser" | "stricter" | "unknown";
  /** The part of the policy that differs: the rule, or the token's issuer. */
  readonly cause: "rule" | "issuer";
  readonly sender: Sender;
  /** The requirements of the version that refuses the token, as far as the token does not meet them. */
  readonly lacks: readonly string[];
  readonly transport: "tls" | "plain";
}

/** If a condition compares a claim with a header, example requests have this value in the header. */
export const HEADER_VALUE = "header-value";

/** A tenant name that no policy contains. */
const OTHER_TENANT = "other-tenant";

/** The requirements of one version in a cell. */
interface Side {
  readonly policy: CompiledPolicy;
  readonly requirements: Requirements | undefined;
  readonly segments: readonly string[];
}

type Found = Omit<Difference, "cell">;

/**
 * Lists the differences between two policy versions in one cell, separately for each sender, issuer and direction.
 *
 * @param now seconds since the epoch, for the times of the tokens.
 */
export function compareCell(
  { cell, sides: resolved }: ResolvedCell,
  versions: Both<PolicyVersion>,
  now: number,
): readonly Difference[] {
  const sides: Both<Side> = [
    { policy: versions[0].policy, ...resolved[0] },
    { policy: versions[1].policy, ...resolved[1] },
  ];
  const usesKong = sides.some(({ requirements }) => requirements && requirements.otherAuthentication !== "ignore");
  const found = [
    ...compareSender(
      ofBoth(resolved, ({ passesPreflight }) => passesPreflight),
      { sends: "preflight" },
    ),
    ...(usesKong ? [false, true] : [false]).flatMap((isKnownToKong) => compareSenders(sides, isKnownToKong, now)),
    ...comparePlainHttp(sides, now),
  ];
  return found.map((one) => ({ cell, ...one }));
}

function compareSender([was, is]: Both<boolean>, sender: Sender, transport: "tls" | "plain" = "tls"): readonly Found[] {
  return was === is ? [] : [{ direction: is ? "looser" : "stricter", cause: "rule", lacks: [], sender, transport }];
}

function compareSenders(sides: Both<Side>, isKnownToKong: boolean, now: number): readonly Found[] {
  const withoutToken = (["nothing", "invalid_token"] as const).flatMap((sends) =>
    compareSender(
      ofBoth(sides, ({ requirements }) => passesWithoutToken(requirements, sends, isKnownToKong)),
      { sends, isKnownToKong },
    ),
  );
  return [...withoutToken, ...compareTokens(sides, isKnownToKong, now)];
}

/** The largest number of examples for one issuer, direction and cause. Each example shows a different requirement. */
const MAX_EXAMPLES = 4;

function compareTokens(sides: Both<Side>, isKnownToKong: boolean, now: number): readonly Found[] {
  const [before, after] = sides;
  const policies = sides.map(({ policy }) => policy);
  const found = listFrames(policies, now).flatMap((frame) => {
    const read = (side: Side): Formula => formulaOf(side, frame, isKnownToKong);
    return (["looser", "stricter"] as const).flatMap((direction) => {
      const [from, to] = direction === "looser" ? [before, after] : [after, before];
      const gains = findGains(read(from), read({ ...to, policy: from.policy }), read(to), frame);
      return gains.map((gain): [string, Found] => [
        JSON.stringify([frame.iss, direction, gain.cause, gain.lacks]),
        toFound(gain, direction, isKnownToKong),
      ]);
    });
  });
  // The search usually finds the same differences for all algorithms of an issuer. List each difference once.
  return [...new Map(found.toReversed()).values()].toReversed();
}

/** A token that only the second version accepts. */
interface Gain {
  readonly cause: Difference["cause"];
  /** The token; undefined if the search ended without an answer. */
  readonly token: CandidateToken | undefined;
  readonly lacks: readonly string[];
}

/**
 * Finds tokens that only the second version accepts. If `mixed` accepts the token too, the cause is `rule`, because the
 * change of the rule alone is enough. If not, the cause is `issuer`.
 *
 * @param mixed the second version's rule with the first version's issuers.
 */
function findGains(from: Formula, mixed: Formula, to: Formula, frame: TokenFrame): readonly Gain[] {
  if (writeFormula(from) === writeFormula(to)) {
    return [];
  }
  const byRule = writeFormula(from) === writeFormula(mixed) ? [] : findExamples(both(to, mixed), from, frame);
  const byIssuer = writeFormula(to) === writeFormula(mixed) ? [] : findExamples(to, [...from, ...mixed], frame);
  return [
    ...byRule.map((example): Gain => ({ cause: "rule", ...example })),
    ...byIssuer.map((example): Gain => ({ cause: "issuer", ...example })),
  ];
}

type Example = Omit<Gain, "cause">;

/** Finds examples one after the other. Each example meets the requirements that the earlier examples do not meet. */
function findExamples(accepting: Formula, rejecting: Formula, frame: TokenFrame): readonly Example[] {
  const found: Example[] = [];
  let wanted = accepting;
  while (found.length < MAX_EXAMPLES) {
    const result = findToken(wanted, rejecting, frame);
    if (typeof result === "string") {
      // One example already shows the direction of the change. If there is an example, do not report that the search is
      // unfinished.
      return result === "unknown" && found.length === 0 ? [{ token: undefined, lacks: [] }] : found;
    }
    const { found: token } = result;
    const missed = rejecting.flatMap((alternative) => alternative.filter((one) => !one.holds(token)));
    found.push({ token, lacks: [...new Set(missed.map(({ text }) => text))].sort() });
    if (missed.length === 0) {
      return found;
    }
    wanted = wanted.map((alternative) => [...alternative, ...missed]);
  }
  return found;
}

function toFound({ cause, token, lacks }: Gain, direction: "looser" | "stricter", isKnownToKong: boolean): Found {
  return token
    ? { direction, cause, lacks, sender: { sends: "token", isKnownToKong, token }, transport: "tls" }
    : { direction: "unknown", cause, lacks, sender: { sends: "invalid_token", isKnownToKong }, transport: "tls" };
}

/** Returns a formula that accepts a token only if both given formulas accept the token. */
function both(first: Formula, second: Formula): Formula {
  return first.flatMap((one) =>
    second.map((other) => [
      ...new Map([...one, ...other].map((requirement) => [keyOf(requirement), requirement])).values(),
    ]),
  );
}

/** If a version accepts a request over plain http, it also accepts the request over TLS. */
function comparePlainHttp(sides: Both<Side>, now: number): readonly Found[] {
  const [was, is] = ofBoth(
    sides,
    ({ requirements }) => requirements?.allowsHttp === true || requirements?.access === "public",
  );
  const hasRules = sides.every(({ requirements }) => requirements !== undefined);
  const token = was === is || !hasRules ? undefined : findAnyToken(is ? sides[1] : sides[0], now);
  return token ? compareSender([was, is], { sends: "token", isKnownToKong: false, token }, "plain") : [];
}

function findAnyToken(side: Side, now: number): CandidateToken | undefined {
  for (const frame of listFrames([side.policy], now)) {
    const result = findToken(formulaOf(side, frame, false), NEVER, frame);
    if (typeof result === "object") {
      return result.found;
    }
  }
  return undefined;
}

/** Writes the version's requirements on a valid token as a formula. */
function formulaOf({ policy, requirements, segments }: Side, frame: TokenFrame, isKnownToKong: boolean): Formula {
  if (requirements === undefined || (requirements.otherAuthentication === "require" && !isKnownToKong)) {
    return requirements?.access === "public" ? ALWAYS : NEVER;
  }
  if (isOpenToAll(requirements, isKnownToKong)) {
    return ALWAYS;
  }
  const headers = new Map(requirements.comparedHeaders.map(({ name }) => [name, HEADER_VALUE]));
  return createFormula(findAccepting(policy, frame.iss), requirements, frame, { segments, headers });
}

function writeFormula(formula: Formula): string {
  return JSON.stringify(formula.map((alternative) => alternative.map(keyOf).sort().join("\n")).sort());
}

function keyOf({ reads, text }: Requirement): string {
  return `${reads.join(" ")} ${text}`;
}

/**
 * Lists an example `iss` for each issuer, with an example `alg` of each kind. Two algorithms are of one kind if each
 * version allows both algorithms or neither of them.
 */
function listFrames(policies: readonly CompiledPolicy[], now: number): readonly TokenFrame[] {
  const kinds = new Map<string, string>();
  for (const iss of policies.flatMap(listIssTexts)) {
    const kind = JSON.stringify(policies.map((policy) => nameKind(findAccepting(policy, iss))));
    kinds.set(kind, kinds.get(kind) ?? iss);
  }
  return [...kinds.values()].flatMap((iss) => {
    const issuers = policies.map((policy) => findAccepting(policy, iss));
    const uses = new Map<string, string>();
    for (const alg of issuers.flatMap((issuer) => [...(issuer?.algorithms ?? [])])) {
      const use = issuers.map((issuer) => issuer?.algorithms.has(alg) === true).join();
      uses.set(use, uses.get(use) ?? alg);
    }
    return [...uses.values()].map((alg) => ({ iss, alg, now }));
  });
}

/**
 * The issuer with this `iss`. Returns undefined if the issuer does not accept the tenant, or if no token source
 * accepts tokens of the issuer.
 */
function findAccepting(policy: CompiledPolicy, iss: string): CompiledIssuer | undefined {
  const issuer = findIssuer(policy, iss);
  if (issuer && !policy.tokenSources.some(({ issuers }) => issuers?.has(issuer.id) !== false)) {
    return undefined;
  }
  return issuer?.template?.tenants?.has(tenantOf(issuer.template, iss)) === false ? undefined : issuer;
}

/** The string is the same for all tenants of one issuer. */
function nameKind(issuer: CompiledIssuer | undefined): string | undefined {
  return issuer?.tenantOf ?? issuer?.issuer;
}

function listIssTexts({ issuers, issuerTemplates }: CompiledPolicy): readonly string[] {
  return [...issuers.values(), ...issuerTemplates.issuers.values()].flatMap(listTextsOf);
}

function listTextsOf({ issuer, template }: CompiledIssuer): readonly string[] {
  if (!template) {
    return [issuer];
  }
  const tenants = [...(template.tenants ?? []), OTHER_TENANT];
  return tenants.map((tenant) => issuer.split("/").with(template.segment, tenant).join("/"));
}
