import type { CompiledPolicy } from "../../core/model/policy.ts";
import type { Log } from "../../observe/operator-log.ts";
import type { Finding } from "../../policy/language/finding.ts";
import type { PolicyKeys } from "./wait-for-keys.ts";

/** The state of one policy, for the status endpoint. */
export interface PolicyStatus {
  /** The file's name, or `inline` and the id of the Kong plugin entity. */
  readonly source: string;
  /**
   * The version in effect; undefined if no version is in effect. The routes of a policy without a version in effect
   * answer 503.
   */
  readonly inForce: { readonly name: string; readonly sha256: string } | undefined;
  /** Why the newest version is refused; empty if the newest version is not refused. */
  readonly refused: readonly Finding[];
  /** Ids of issuers that have no keys at the moment. */
  readonly issuersWithoutKeys: readonly string[];
}

/** How many versions of policies took effect, and how many were refused. */
export interface PolicyLoads {
  in_effect: number;
  refused: number;
}

interface ReportPorts {
  readonly log: Log;
  readonly loads?: PolicyLoads | undefined;
}

/** Returns one line for each mistake, in the format of `validate`. */
export function describeFindings(source: string, findings: readonly Finding[]): readonly string[] {
  return findings.map(({ line = 1, column = 1, code, message }) => `${source}:${line}:${column} ${code}: ${message}`);
}

export function describeStatus(
  source: string,
  good: CompiledPolicy | undefined,
  refused: readonly Finding[],
  keys: PolicyKeys,
): PolicyStatus {
  return {
    source,
    inForce: good && { name: good.name, sha256: good.hash },
    refused,
    issuersWithoutKeys: good ? keys.findMissing(good) : [],
  };
}

/**
 * @param source the start of log lines, such as `policy file payments.yaml`.
 * @param isChange whether an earlier version was in effect or was refused. If so, an operator may wait for this line.
 * If not, the line has only the level `info`, because thousands of policies may take effect when the process starts.
 */
export function reportInEffect(
  source: string,
  { name, hash }: CompiledPolicy,
  isChange: boolean,
  { log, loads }: ReportPorts,
): void {
  if (loads) {
    loads.in_effect += 1;
  }
  log[isChange ? "notice" : "info"](`${source} is in effect: name=${name} sha256=${hash}`);
}

/**
 * @param source the start of log lines, such as `policy file payments.yaml`.
 * @param outcome what happens to requests while the version is not in effect.
 * @param mistake the first mistake, with its position.
 */
export function reportRefused(
  source: string,
  outcome: string,
  mistake: string | undefined,
  { log, loads }: ReportPorts,
): void {
  if (loads) {
    loads.refused += 1;
  }
  log.warn(`${source} is refused; ${outcome}: ${mistake}`);
}
