import { execFile } from "node:child_process";
import { basename, dirname, resolve } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { messageOf } from "../../plugin/core/text/error-message.ts";
import { type Finding, wholeDocument } from "../../plugin/policy/language/finding.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { compileSource } from "../../plugin/policy/read-policy.ts";
import { readLineage } from "../../plugin/runtime/load/read-lineage.ts";

const run = promisify(execFile);
const MAX_BYTES = 1024 * 1024;

/** The rules and issuers of a policy that changed since an earlier version. */
export interface Changes {
  readonly rules: ReadonlySet<string>;
  readonly issuers: ReadonlySet<string>;
}

/**
 * Compares a policy with its version in Git. If the file is new or its old version has mistakes, everything counts as changed.
 *
 * @throws Error if there is no such version.
 */
export async function findChanges(policyFile: string, policy: CompiledPolicy, ref: string): Promise<Changes> {
  const folder = dirname(resolve(policyFile));
  const commit = await git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`).catch(
    () => {
      throw new Error(`Git has no version "${ref}" of ${policyFile}`);
    },
  );
  const readText = async (file: string): Promise<Result<string, Finding>> => {
    try {
      return succeed(await git(folder, "show", `${commit.trim()}:./${file}`));
    } catch (error) {
      return fail(wholeDocument("file_missing", messageOf(error)));
    }
  };
  const { read } = await readLineage(basename(policyFile), { readText, parseParent: readDocument });
  const before = read.ok ? compileSource(read.value.source, "") : undefined;
  const old = before?.ok ? before.value : undefined;
  const oldIssuers = new Map((old ? listIssuers(old) : []).map((issuer) => [issuer.id, issuer]));
  return {
    rules: new Set(
      [...policy.rules.keys()].filter((id) => !isDeepStrictEqual(policy.rules.get(id), old?.rules.get(id))),
    ),
    issuers: new Set(
      listIssuers(policy)
        .filter((issuer) => !isDeepStrictEqual(issuer, oldIssuers.get(issuer.id)))
        .map(({ id }) => id),
    ),
  };
}

async function git(folder: string, ...args: readonly string[]): Promise<string> {
  return (await run("git", ["-C", folder, ...args], { maxBuffer: MAX_BYTES })).stdout;
}
