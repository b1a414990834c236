import { dirname, relative, resolve } from "node:path";
import { valueAt } from "../../offline/lint/fix/find-fixes.ts";
import { lintDocument } from "../../offline/lint/lint-document.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readDocument, type SourceDocument } from "../../plugin/policy/read/read-document.ts";
import { validateDocument } from "../../plugin/policy/read/validate-document.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { loadPolicyFile, readPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { hashText } from "../../plugin/runtime/load/read-lineage.ts";
import { STDIN } from "../files/list-files.ts";
import { areAboutText, showExcerpts } from "../findings/excerpts.ts";
import { checkInlineKeys } from "../keys/check-inline-keys.ts";
import { checkKeyFiles } from "../keys/check-key-files.ts";
import { type PlacedFinding, placeFinding } from "./place-finding.ts";

export interface LintInput {
  /** The file name that findings show. */
  readonly file: string;
  readonly text: string;
}

export interface LintedPolicy extends LintInput {
  readonly placed: readonly PlacedFinding[];
  /** The data of the policy's own file; undefined if the file has a mistake. */
  readonly data: unknown;
  readonly locate: SourceDocument["locate"];
  /** The names of the policy's rules. */
  readonly rules: readonly string[];
  /** The absolute path of the file that the policy extends. */
  readonly parent: string | undefined;
}

/** Runs all rules of `lint` on a policy. If the policy has a mistake, the result contains only the mistakes. */
export async function lintPolicyFile({ file, text }: LintInput, policyRoot: string | undefined): Promise<LintedPolicy> {
  const path = resolve(file);
  const load = await loadPolicy(file, text, policyRoot);
  const own = readDocument(text);
  const whole = load.ok ? readDocument(load.text) : undefined;
  const valid = whole?.ok ? validateDocument(structuredClone(whole.value.data)) : undefined;
  if (!load.ok || !own.ok || !whole?.ok || !valid?.ok) {
    const failure = load.ok ? [] : load.failure;
    const found = showExcerpts(failure, file, areAboutText(failure) ? text : "");
    return { ...NOTHING, file, text, placed: found.map(toPlaced) };
  }
  const { data, locate } = own.value;
  const keys = [
    ...(await checkInlineKeys(load.value, text)),
    ...(file === STDIN ? [] : await checkKeyFiles(load.value, text, path, policyRoot)),
  ];
  const placed = lintDocument(valid.value)
    .map((origin) => placeFinding(origin, own.value, whole.value.data))
    // A parent may set variables that only some of its children use, so the list omits warnings about such variables.
    .filter(({ finding, isInherited }) => !isInherited || finding.code !== "variable_unused");
  const show = (finding: Finding): Finding => showExcerpts([finding], file, text)[0] ?? finding;
  const parent = valueAt(data, ["extends"]);
  return {
    file,
    text,
    placed: [...placed, ...keys.map(toPlaced)].map((one) => ({ ...one, finding: show(one.finding) })),
    data,
    locate,
    rules: Object.keys(valid.value.routes),
    parent: typeof parent === "string" ? resolve(dirname(path), parent) : undefined,
  };
}

const NOTHING = { data: undefined, locate: (): [] => [], rules: [], parent: undefined };

type Load = Awaited<ReturnType<typeof readPolicyFile>>;

async function loadPolicy(file: string, text: string, policyRoot: string | undefined): Promise<Load> {
  if (file === STDIN) {
    return { ...readPolicy(text, hashText(text)), files: [], text };
  }
  const path = resolve(file);
  return policyRoot === undefined
    ? readPolicyFile(path, file)
    : loadPolicyFile(resolve(policyRoot), relative(resolve(policyRoot), path));
}

function toPlaced(finding: Finding): PlacedFinding {
  return { finding, origin: undefined, isInherited: false };
}
