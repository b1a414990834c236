import type { Both, PolicyVersion } from "../../../offline/compare/cells/policy-version.ts";
import type { Change } from "../../../offline/compare/change.ts";
import { fingerprintOf } from "../../../offline/compare/fingerprint.ts";
import { listChanges } from "../../../offline/compare/list-changes.ts";
import { Replayer } from "../../../offline/compare/replay.ts";
import { reasonOf, writeTest } from "../../../offline/compare/write-test.ts";
import type { Decision } from "../../../plugin/core/model/decision.ts";
import type { CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import type { Finding } from "../../../plugin/policy/language/finding.ts";
import { loadChanged, loadVersion, type PolicyPlace } from "./policy-tree.ts";

/** The two directories of a comparison. */
export interface Sides {
  /** The directory with the old files. */
  readonly before: string;
  readonly after: string;
  /** The policy root, relative to both directories. */
  readonly root: string | undefined;
}

/** A change, with everything that a reader needs to know. */
export interface FoundChange {
  readonly file: string;
  /** The path of the new file, or of the old file if there is no new file. */
  readonly path: string;
  readonly change: Change;
  readonly fingerprint: string;
  /** The decision of each version of the policy about the example. */
  readonly before?: string;
  readonly after?: string;
  /** The example, written as a test of the policy. */
  readonly test?: string;
  /** For a change of routing: the example, described in words. */
  readonly request?: string;
  /** The new version of the policy; undefined if no policy judges the example. */
  readonly policy: CompiledPolicy | undefined;
}

export interface FileComparison {
  readonly changes: readonly FoundChange[];
  /** Mistakes in files that make a comparison impossible. */
  readonly findings: readonly Finding[];
}

/**
 * Compares one policy file. A file that exists on one side only is compared with a policy without rules.
 *
 * @param names the name of the file on each side; undefined on a side without the file.
 */
export async function comparePolicyFile(
  file: string,
  names: readonly [string | undefined, string | undefined],
  root: readonly [string | undefined, string | undefined],
  nowSeconds: number,
): Promise<FileComparison> {
  const [old, current] = names.map((name, side): PolicyPlace | undefined =>
    name === undefined ? undefined : { file: name, root: root[side], shown: file },
  );
  const both = old && current ? await loadChanged([old, current]) : undefined;
  const place = { file, path: names[1] ?? file };
  return both ? compareLoaded(both, place, nowSeconds) : compareEither([old, current], place, nowSeconds);
}

/**
 * Compares a file that only one side has. If a version has mistakes, reports these mistakes instead. If both versions
 * have mistakes, reports only those of the old version.
 */
async function compareEither(
  places: readonly (PolicyPlace | undefined)[],
  place: Pick<FoundChange, "file" | "path">,
  nowSeconds: number,
): Promise<FileComparison> {
  const [before, after] = await Promise.all(places.map((one) => one && loadVersion(one)));
  const failed = [before, after].find((load) => load && !load.ok);
  if (failed && !failed.ok) {
    return { changes: [], findings: failed.failure };
  }
  const versions = [before, after].map((load) => (load?.ok ? load.value : undefined));
  const known = versions.find((version) => version !== undefined);
  if (!known) {
    return { changes: [], findings: [] };
  }
  const [old = withoutRules(known), current = withoutRules(known)] = versions;
  return compareLoaded([old, current], place, nowSeconds);
}

async function compareLoaded(
  [old, current]: Both<PolicyVersion>,
  place: Pick<FoundChange, "file" | "path">,
  nowSeconds: number,
): Promise<FileComparison> {
  const changes = listChanges(old, current, nowSeconds);
  return { changes: await describeChanges(changes, place, [old, current], nowSeconds), findings: [] };
}

/**
 * Returns the policy without its rules. A policy that exists on one side only is compared with this result. Both
 * policies trust the same issuers, so only the rules count as changes.
 */
function withoutRules({ document, policy }: PolicyVersion): PolicyVersion {
  return { document: { ...document, routes: {} }, policy: { ...policy, rules: new Map() } };
}

async function describeChanges(
  changes: readonly Change[],
  { file, path }: Pick<FoundChange, "file" | "path">,
  [old, current]: readonly [PolicyVersion, PolicyVersion],
  nowSeconds: number,
): Promise<readonly FoundChange[]> {
  const replayer = new Replayer(nowSeconds);
  const described: FoundChange[] = [];
  for (const change of changes) {
    const fingerprint = fingerprintOf(change, file);
    const { example } = change;
    if (!example || example.direction === "unknown") {
      described.push({ file, path, change, fingerprint, policy: current.policy });
      continue;
    }
    const { before, after } = await replayer.replay(example, old.policy, current.policy);
    if (isRefused(before) === isRefused(after) && change.class !== "mode") {
      throw new Error(
        `the example of a change in ${file} has the same decision in both versions. This is a defect of diff: please report it with both files`,
      );
    }
    described.push({
      file,
      path,
      change,
      fingerprint,
      before: describeDecision(before),
      after: describeDecision(after),
      test: writeTest(example, [old.policy, current.policy], before, nowSeconds),
      policy: current.policy,
    });
  }
  return described;
}

function isRefused(decision: Decision): boolean {
  return reasonOf(decision) !== undefined;
}

/** Describes a decision for people: whether the request passes, and if not, why. */
export function describeDecision(decision: Decision): string {
  const denial = decision.verdict === "deny" ? decision.denial : decision.reported?.denial;
  const detail = denial?.detail === undefined ? "" : `: ${denial.detail}`;
  const isReported = decision.verdict === "allow" && decision.reported !== undefined;
  return denial
    ? `${isReported ? "passes in report mode, although " : "refused, "}${denial.reason}${detail}`
    : "passes";
}
