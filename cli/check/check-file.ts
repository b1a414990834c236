import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { loadPolicyFile, readPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { showFailure } from "../files/show-failure.ts";
import { showExcerpts } from "../findings/excerpts.ts";
import { findWarnings } from "../findings/find-warnings.ts";
import { hasErrors } from "../findings/formats.ts";
import type { CheckedFile } from "../findings/report-findings.ts";
import { checkInlineKeys } from "../keys/check-inline-keys.ts";
import { checkKeyFiles } from "../keys/check-key-files.ts";
import { checkOnline, type OnlineResult, type OnlineServices } from "../online/check-online.ts";
import { describeIssuer } from "../online/describe-issuer.ts";
import { isTestFile, loadSuite } from "../policy-tests/load-suite.ts";

/** Checks a test file together with the policy that the file tests. */
async function checkTests(file: string): Promise<CheckedFile> {
  const { result } = await loadSuite(file);
  return result.ok
    ? { file, findings: [], policy: { name: result.value.policy.name, tests: result.value.suite.cases.length } }
    : { file, findings: result.failure, policy: undefined };
}

/**
 * Checks one policy or test file, and also reports warnings.
 *
 * @param online if set, the function also asks the issuers for their keys.
 */
export async function checkFile(
  file: string,
  policyRoot: string | undefined,
  online?: OnlineServices,
): Promise<CheckedFile> {
  if (isTestFile(file)) {
    return checkTests(file);
  }
  const path = resolve(file);
  const load =
    policyRoot === undefined
      ? await readPolicyFile(path, file)
      : await loadPolicyFile(resolve(policyRoot), relative(resolve(policyRoot), path));
  if (!load.ok) {
    return { file, findings: await showFailure(load, path, file), policy: undefined };
  }
  const ownText = await readFile(path, "utf8");
  const mistakes = await checkInlineKeys(load.value, ownText);
  if (mistakes.length > 0) {
    return { file, findings: showExcerpts(mistakes, file, ownText), policy: undefined };
  }
  const warnings = [
    ...findWarnings(load.text, ownText),
    ...(await checkKeyFiles(load.value, ownText, path, policyRoot)),
  ];
  const offline = {
    file,
    findings: showExcerpts(warnings, file, ownText),
    policy: { name: load.value.name, rules: load.value.rules.size },
  };
  return online === undefined
    ? offline
    : addOnline(offline, await checkOnline(load.value, { file, text: load.text }, online));
}

/**
 * Both the offline checks and the online checks can find that a key file cannot be used. The report contains this
 * finding only once.
 */
function addOnline(checked: CheckedFile, { findings, issuers }: OnlineResult): CheckedFile {
  const isKnown = ({ pointer }: Finding): boolean =>
    checked.findings.some((known) => known.code === "key_file_missing" && known.pointer === pointer);
  const all = [...checked.findings, ...findings.filter((finding) => !isKnown(finding))];
  return {
    file: checked.file,
    findings: all,
    policy: hasErrors(all) ? undefined : checked.policy,
    issuers: { lines: issuers.flatMap(describeIssuer), views: issuers },
  };
}
