import { basename, dirname, join, relative, resolve } from "node:path";
import { isTestDocument, readTestDocument, resolveSuite, type TestSource } from "../../offline/suite/read-suite.ts";
import type { TestSuite } from "../../offline/suite/test-case.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { fail, PASSED, type Result, succeed } from "../../plugin/core/model/result.ts";
import { messageOf } from "../../plugin/core/text/error-message.ts";
import { type Finding, wholeDocument } from "../../plugin/policy/language/finding.ts";
import { type FileLoad, readPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { STDIN } from "../files/list-files.ts";
import { nameInput, readInput } from "../files/read-input.ts";
import { describeOtherKind } from "../files/recognize-file.ts";
import { showFailure } from "../files/show-failure.ts";
import { showExcerpts } from "../findings/excerpts.ts";
import { type KongWorld, readKongWorld } from "./kong-routing.ts";

/** A test file that is ready to run. */
export interface LoadedSuite {
  readonly file: string;
  readonly text: string;
  readonly source: TestSource;
  readonly suite: TestSuite;
  readonly policy: CompiledPolicy;
  readonly policyFile: string;
  /** The policy as one document. The documents that it extends are already merged into it. */
  readonly policyText: string;
  readonly kong: KongWorld | undefined;
}

/** The reason why a test file cannot run. `files` has all files that were tried, so that `--watch` can watch them. */
export interface SuiteLoad {
  readonly result: Result<LoadedSuite, readonly Finding[]>;
  readonly files: readonly string[];
}

/** `payments.test.yaml` tests the policy `payments.yaml`. */
const TEST_FILE = /\.test\.(?:ya?ml|json)$/;
const EXTENSIONS = [".yaml", ".yml", ".json"];

export function isTestFile(file: string): boolean {
  return TEST_FILE.test(file);
}

/**
 * Policies that are already loaded, by absolute path. Without this map, the code would load a policy again for each of
 * the policy's test files.
 */
export type LoadedPolicies = Map<string, Promise<FileLoad>>;

/**
 * Reads a test file, its policy and its kong.yml.
 *
 * @param policies the policies that are already loaded. The function adds each policy that it loads. The map must not
 * be used for a second run, because files change.
 */
export async function loadSuite(file: string, policies: LoadedPolicies = new Map()): Promise<SuiteLoad> {
  const name = nameInput(file);
  const files = file === STDIN ? [] : [file];
  const read = await readText(file);
  if (!read.ok) {
    return { result: fail([{ ...read.failure, file: name }]), files };
  }
  const text = read.value;
  const source = readTestDocument(text);
  return source.ok
    ? loadWorld({ file, name, text, source: source.value }, files, policies)
    : { result: fail(inFile(nameKind(source.failure, text), name, text)), files };
}

/** Names the kind of a file that is not a test file. */
function nameKind(findings: readonly Finding[], text: string): readonly Finding[] {
  return findings.map((finding) => {
    const message = finding.code === "not_a_policy" ? describeOtherKind(text, "test file") : undefined;
    return message === undefined ? finding : { ...finding, message };
  });
}

/** A test document, and the file from which it was read. */
interface ReadFile {
  readonly file: string;
  /** The file name that findings show. */
  readonly name: string;
  readonly text: string;
  readonly source: TestSource;
}

async function loadWorld(
  { file, name, text, source }: ReadFile,
  files: string[],
  policies: LoadedPolicies,
): Promise<SuiteLoad> {
  const place = (finding: Finding): readonly Finding[] => inFile(source.locate([finding]), name, text);
  const folder = file === STDIN ? "." : dirname(file);
  const policyFile = await findPolicyFile(file, source, folder);
  if (policyFile === undefined) {
    const message = 'No policy is beside this file. Name it: write "policy: payments.yaml".';
    return { result: fail(place({ code: "file_missing", path: ["policy"], message })), files };
  }
  const path = resolve(policyFile);
  const loading = policies.get(path) ?? readPolicyFile(path, policyFile);
  policies.set(path, loading);
  const load = await loading;
  files.push(policyFile, ...load.files.slice(1).map((parent) => join(dirname(policyFile), parent)));
  if (!load.ok) {
    return { result: fail(await showFailure(load, resolve(policyFile), policyFile)), files };
  }
  const kong = await loadKong(source, folder, policyFile, files);
  if (!kong.ok) {
    return { result: fail(kong.failure.flatMap((finding) => (finding.file ? [finding] : place(finding)))), files };
  }
  const { routing, consumers = [] } = kong.value ?? {};
  const suite = resolveSuite(source, { policy: load.value, kong: routing, consumers });
  if (!suite.ok) {
    return { result: fail(inFile(suite.failure, name, text)), files };
  }
  const loaded: LoadedSuite = {
    file: name,
    text,
    source,
    suite: suite.value,
    policy: load.value,
    policyFile,
    policyText: load.text,
    kong: kong.value,
  };
  return { result: succeed(loaded), files };
}

/**
 * Adds the file and the line of the mistake to a finding. The finding shows the line's text only if the file is a test
 * document, because any other file may be secret.
 */
export function inFile(findings: readonly Finding[], file: string, text: string): readonly Finding[] {
  return showExcerpts(findings, file, isTestDocument(text) ? text : "");
}

async function readText(file: string): Promise<Result<string, Finding>> {
  try {
    return succeed(await readInput(file));
  } catch (error) {
    return fail(wholeDocument("file_unreadable", messageOf(error)));
  }
}

async function findPolicyFile(file: string, { document }: TestSource, folder: string): Promise<string | undefined> {
  if (document.policy !== undefined) {
    return shorten(resolve(folder, document.policy));
  }
  if (!isTestFile(file)) {
    return undefined;
  }
  const stem = basename(file).replace(TEST_FILE, "");
  for (const extension of EXTENSIONS) {
    const candidate = join(folder, `${stem}${extension}`);
    if ((await readText(candidate)).ok) {
      return candidate;
    }
  }
  return undefined;
}

/**
 * The name of a file in reports, written as people type it. The name is a relative path if the file is below the working
 * directory.
 */
function shorten(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}

async function loadKong(
  { document }: TestSource,
  folder: string,
  policyFile: string,
  files: string[],
): Promise<Result<KongWorld | undefined, readonly Finding[]>> {
  if (document.kong === undefined) {
    return PASSED;
  }
  const file = shorten(resolve(folder, document.kong));
  files.push(file);
  const text = await readText(file);
  if (!text.ok) {
    return fail([{ code: "file_missing", path: ["kong"], message: `${file} cannot be read: ${text.failure.message}` }]);
  }
  return readKongWorld(file, text.value, resolve(policyFile));
}
