import type { CompiledPolicy, Requirements } from "../../../plugin/core/model/policy.ts";
import type { Binding, RequestFacts } from "../../../plugin/core/model/request.ts";
import { checkPath, findRule, matchRequest } from "../../../plugin/core/request/match-rule.ts";
import { type Cell, listCells } from "./list-cells.ts";
import { type Both, ofBoth, type PolicyVersion } from "./policy-version.ts";

/** The requirements of one version on the requests of a cell. */
export interface CellRequirements {
  /** The requirements; undefined if the version denies every request of the cell. */
  readonly requirements: Requirements | undefined;
  /** The path segments that conditions compare with claims. */
  readonly segments: readonly string[];
  /** Whether a CORS preflight for the cell's method passes without a token. */
  readonly passesPreflight: boolean;
}

/** A cell, with the requirements of both versions. */
export interface ResolvedCell {
  readonly cell: Cell;
  readonly sides: Both<CellRequirements>;
}

/** Lists the cells of a rule with their requirements. Returns undefined if the rule has too many paths. */
export function resolveCells(rule: string, versions: Both<PolicyVersion>): readonly ResolvedCell[] | undefined {
  return listCells(rule, versions)?.map((cell) => ({
    cell,
    sides: ofBoth(versions, (version) => resolveCell(version, cell)),
  }));
}

function resolveCell({ policy }: PolicyVersion, cell: Cell): CellRequirements {
  return resolveFor(policy, { by: "rule", rule: cell.rule }, cell);
}

/** Uses the plugin's own code to find the requirements on a request. */
export function resolveFor(
  policy: CompiledPolicy,
  binding: Binding,
  { method, path }: Pick<Cell, "method" | "path">,
): CellRequirements {
  const rule = findRule(policy, binding);
  const facts = createFacts(binding, path, method, new Map());
  if (!rule.ok || !checkPath(policy, facts).ok) {
    return { requirements: undefined, segments: [], passesPreflight: false };
  }
  const match = matchRequest(rule.value, facts, false);
  const preflight = matchRequest(
    rule.value,
    createFacts(binding, path, "OPTIONS", new Map(preflightHeaders(method))),
    true,
  );
  return {
    requirements: match.ok ? match.value.requirements : undefined,
    segments: match.ok ? match.value.segments : [],
    passesPreflight:
      preflight.ok && (preflight.value.isOpen || passesWithoutToken(preflight.value.requirements, "nothing", false)),
  };
}

/** @param isKnownToKong whether another plugin has authenticated the request. */
export function passesWithoutToken(
  requirements: Requirements | undefined,
  sends: "nothing" | "invalid_token",
  isKnownToKong: boolean,
): boolean {
  if (requirements === undefined || isOpenToAll(requirements, isKnownToKong)) {
    return requirements !== undefined;
  }
  const isBlocked = requirements.otherAuthentication === "require" && !isKnownToKong;
  return requirements.access === "optional" && sends === "nothing" && !isBlocked;
}

/** Whether the request passes with any token, and also without a token. */
export function isOpenToAll({ access, otherAuthentication }: Requirements, isKnownToKong: boolean): boolean {
  return access === "public" || (otherAuthentication === "skip" && isKnownToKong);
}

/** Creates a request over TLS. */
function createFacts(
  binding: Binding,
  path: string,
  method: string,
  headers: ReadonlyMap<string, string>,
): RequestFacts {
  return {
    binding,
    requestLine: { method, target: path },
    connection: undefined,
    authorization: undefined,
    headers,
    transport: "tls",
    requestId: undefined,
  };
}

/** The header fields of a CORS preflight for a method. */
export function preflightHeaders(method: string): readonly (readonly [string, string])[] {
  return [
    ["origin", "https://app.example.com"],
    ["access-control-request-method", method],
  ];
}
