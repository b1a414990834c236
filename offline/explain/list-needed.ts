import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy, Requirements, TokenSource } from "../../plugin/core/model/policy.ts";
import { createFormula, type Requirement } from "../compare/search/formula.ts";
import type { LoggedDecision, LogLine } from "../logs/read-log-line.ts";
import { type Facts, readLoggedClaims } from "./logged-claims.ts";

const MAX_ISSUERS = 5;

/** One way in which a token can pass: an issuer, and one alternative. */
export interface Way {
  readonly issuer: CompiledIssuer;
  readonly heads: readonly string[];
  readonly others: readonly Requirement[];
}

/** Lists the ways to pass, for at most the first few issuers. */
export function listWays(
  policy: CompiledPolicy,
  requirements: Requirements,
  segments: readonly string[],
  known: CompiledIssuer | undefined,
): readonly Way[] {
  const accepted = listIssuers(policy).filter(({ id }) => requirements.accept.has(id));
  const wanted = known && accepted.includes(known) ? [known] : accepted.slice(0, MAX_ISSUERS);
  return wanted.flatMap((issuer) => {
    const [alg = ""] = issuer.algorithms;
    const frame = { iss: issuer.issuer, alg, now: 0 };
    const heads = [`iss ${issuer.issuer}`, `alg ${[...issuer.algorithms].join(" or ")}`];
    const formula = createFormula({ ...issuer, otherEntries: [] }, requirements, frame, {
      segments,
      headers: new Map(),
    });
    return formula.map((others): Way => ({ issuer, heads, others }));
  });
}

/**
 * Lists the requirements of the stage that refused the request. The request passed the earlier stages, and did not
 * reach the later stages.
 */
export function listNeeded(
  { reason, detail = "", decision }: LogLine,
  policy: CompiledPolicy,
  ways: readonly Way[],
): readonly string[] | undefined {
  const needs = (lines: readonly string[]): readonly string[] | undefined =>
    lines.length === 0 ? undefined : [...new Set(lines)];
  if (reason === "token_missing") {
    return needs([`send a token in ${policy.tokenSources.map(describeSource).join(", or in ")}`]);
  }
  const issuers = [...new Set(ways.map(({ issuer }) => issuer))];
  if (reason === "issuer_untrusted") {
    return needs(issuers.map(({ issuer }) => `needs iss ${issuer}`));
  }
  if (reason === "algorithm_not_allowed") {
    const ofIssuer = ({ issuer }: CompiledIssuer): string => (issuers.length > 1 ? `, from iss ${issuer}` : "");
    return needs(issuers.map((issuer) => `needs alg ${[...issuer.algorithms].join(" or ")}${ofIssuer(issuer)}`));
  }
  const [way, ...others] = ways;
  if (!way || others.length > 0) {
    // The log line does not show which alternative the token almost meets. So it is not known which requirements are
    // missing.
    return undefined;
  }
  const failing = way.others.filter(({ reasons }) => reasons.includes(reason));
  const facts = readClaimsOf(decision, way.issuer);
  const named = failing.filter((requirement) => isNamed(requirement, detail) || facts(requirement) === false);
  const list = named.length > 0 || failing.length > 1 ? named : failing;
  return needs(
    list.map(({ names, text }) =>
      names?.asks === "all"
        ? `add ${text}`
        : names?.asks === "none"
          ? `remove ${text.replace(/^no /, "")}`
          : `needs ${text}`,
    ),
  );
}

function readClaimsOf(decision: LoggedDecision | undefined, { issuer, algorithms }: CompiledIssuer): Facts {
  const [alg = ""] = algorithms;
  return decision ? readLoggedClaims(decision.claims, { iss: issuer, alg, now: decision.nowSeconds }) : () => undefined;
}

/** Whether the detail contains a value that the requirement names. */
function isNamed({ names, reads, text }: Requirement, detail: string): boolean {
  const words = new Set(detail.split(/[\s,;:"']+|: /));
  if (names) {
    return names.names.some((name) => words.has(String(name)) || detail.includes(` ${String(name)}:`));
  }
  const head = text.split(" ", 1)[0] ?? "";
  return (
    reads.some((part) => words.has(part) || words.has(part.slice(1)) || detail.includes(part)) ||
    (head !== "claim" && words.has(head))
  );
}

function describeSource(source: TokenSource): string {
  switch (source.from) {
    case "authorization":
      return "the header Authorization, as Bearer";
    case "header":
      return `the header ${source.name}`;
    case "cookie":
      return `the cookie ${source.name}`;
    case "query":
      return `the query parameter ${source.name}`;
  }
}
