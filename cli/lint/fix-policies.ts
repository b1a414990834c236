import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { applyEdits, type TextEdit } from "../../offline/lint/fix/find-edits.ts";
import { extendDocument, findParent, writeDocument } from "../../plugin/policy/read/extend-document.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { readPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { hashText } from "../../plugin/runtime/load/read-lineage.ts";
import { STDIN } from "../files/list-files.ts";
import { type FileFix, type LintSettings, lintFiles } from "./lint-files.ts";
import type { LintInput } from "./lint-policy-file.ts";

/**
 * One fix can make another fix possible, so `lint` applies fixes in several rounds. No policy needs more rounds than
 * this.
 */
const MAX_ROUNDS = 10;

interface Fixed {
  readonly policies: readonly LintInput[];
  readonly count: number;
}

/**
 * Corrects policies and writes the files. If a policy comes from standard input, its fixes are not written anywhere. A
 * fix is left out if it would cause a mistake in the policy.
 */
export async function fixPolicies(
  policies: readonly LintInput[],
  gateways: readonly (readonly LintInput[])[],
  settings: LintSettings,
): Promise<Fixed> {
  let fixed = policies;
  let count = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { fixes } = await lintFiles(fixed, gateways, settings);
    const results = await Promise.all(fixed.map((input) => fixPolicy(input, fixes)));
    const added = results.reduce((sum, result) => sum + result.count, 0);
    fixed = results.map(({ input }) => input);
    count += added;
    if (added === 0) {
      break;
    }
  }
  return { policies: fixed, count };
}

async function fixPolicy(
  input: LintInput,
  fixes: readonly FileFix[],
): Promise<{ readonly input: LintInput; readonly count: number }> {
  const accepted: TextEdit[] = [];
  let { text } = input;
  let count = 0;
  for (const { edits } of fixes.filter(({ file }) => file === input.file)) {
    const isFree = edits.every((edit) => accepted.every(({ start, end }) => edit.end < start || end < edit.start));
    const next = isFree ? applyEdits(input.text, [...accepted, ...edits]) : text;
    if (next !== text && (await isValid({ ...input, text: next }))) {
      accepted.push(...edits);
      text = next;
      count += 1;
    }
  }
  if (count > 0 && input.file !== STDIN) {
    await writeFile(input.file, text);
  }
  return { input: { ...input, text }, count };
}

/**
 * Checks a text before it is written. Together with the file that it extends, the text must be a policy without
 * mistakes.
 */
async function isValid({ file, text }: LintInput): Promise<boolean> {
  const source = readDocument(text);
  const parent = source.ok ? findParent(source.value.data) : undefined;
  if (!source.ok || parent === undefined) {
    return source.ok && readPolicy(text, hashText(text)).ok;
  }
  const path = resolve(dirname(resolve(file)), parent);
  const loaded = await readPolicyFile(path, path);
  const base = readDocument(loaded.text);
  const whole = base.ok ? writeDocument(extendDocument(base.value.data, source.value.data)) : "";
  return readPolicy(whole, hashText(whole)).ok;
}
