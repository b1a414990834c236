import { execFile } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../../plugin/core/text/error-message.ts";

const run = promisify(execFile);

/**
 * The files that can be policies, Kong configurations or approvals. These are all YAML and JSON files, because a policy
 * may extend any of them.
 */
const PATTERNS = [":(glob)**/*.yaml", ":(glob)**/*.yml", ":(glob)**/*.json"];
/** If an old version begins with this prefix, it is a Git reference and not a path. */
const GIT = "git:";
const MAX_LISTING_BYTES = 64 * 1024 * 1024;

/** A temporary directory that contains the files of a Git reference. */
interface GitTree {
  /** The directory in this tree that corresponds to the working directory. */
  readonly directory: string;
  remove(): Promise<void>;
}

/**
 * Runs `use`. If `against` begins with `git:`, `use` gets the directory with the files of this Git reference. If
 * `against` is a path, `use` gets undefined.
 *
 * @throws Error if Git cannot read the reference.
 */
export async function withGitTree<T>(against: string, use: (tree: string | undefined) => Promise<T>): Promise<T> {
  if (!against.startsWith(GIT)) {
    return use(undefined);
  }
  const { directory, remove } = await checkOutTree(against.slice(GIT.length));
  try {
    return await use(directory);
  } finally {
    await remove();
  }
}

/**
 * Writes the YAML and JSON files of a Git reference into a temporary directory. The repository and its index do not change.
 *
 * @throws Error if Git is missing, if the directory is not in a repository, or if the reference does not exist.
 */
async function checkOutTree(reference: string): Promise<GitTree> {
  // Git would read a reference that begins with `-` as an option.
  if (reference === "" || reference.startsWith("-")) {
    throw new Error(`git:${reference} is not a commit: write, for example, git:main or git:HEAD~1`);
  }
  const root = (await git(["rev-parse", "--show-toplevel"], {})).trim();
  const commit = await findCommit(reference);
  if (commit === undefined) {
    throw new Error(await explainMissing(reference));
  }
  const directory = await mkdtemp(join(tmpdir(), "kong-jwt-policy-diff-"));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const index = { GIT_INDEX_FILE: join(directory, "index") };
    const tree = join(directory, "tree");
    await git(["-C", root, "read-tree", commit], index);
    const files = await git(["-C", root, "ls-files", "-z", "--", ...PATTERNS], index);
    await gitWithInput(["-C", root, "checkout-index", "-z", "--stdin", `--prefix=${tree}/`], index, files);
    return { directory: join(tree, relative(await realpath(root), await realpath(resolve(".")))), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function findCommit(reference: string): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${reference}^{commit}`];
  return (await git(args, {}).catch(() => "")).trim() || undefined;
}

/** CI usually fetches only the newest commit of the branch that it builds. The message says how to fetch more. */
async function explainMissing(reference: string): Promise<string> {
  const missing = `this repository has no commit "${reference}"`;
  if ((await git(["rev-parse", "--is-shallow-repository"], {})).trim() === "true") {
    return `${missing}, because the clone is shallow. Fetch the whole history: "fetch-depth: 0" of actions/checkout, GIT_DEPTH: "0" in GitLab, or "git fetch --unshallow"`;
  }
  if ((await findCommit("HEAD")) === undefined) {
    return `${missing}: it has no commits yet`;
  }
  const remote = `origin/${reference}`;
  return (await findCommit(remote)) === undefined
    ? `${missing}: write the name of a branch, a tag or a commit, and fetch it first`
    : `${missing}, but it has "${remote}": write git:${remote}`;
}

async function git(args: readonly string[], variables: Readonly<Record<string, string>>): Promise<string> {
  return gitWithInput(args, variables, "");
}

async function gitWithInput(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  input: string,
): Promise<string> {
  try {
    // Git's messages must be in English, because the code recognises one of these messages.
    const env = { ...process.env, LC_ALL: "C", ...variables };
    const running = run("git", args, { env, maxBuffer: MAX_LISTING_BYTES });
    // If Git ends before it reads the input, the write fails. Git's exit code then says what happened.
    running.child.stdin?.on("error", () => undefined).end(input);
    return (await running).stdout;
  } catch (error) {
    throw new Error(describeFailure(error));
  }
}

function describeFailure(error: unknown): string {
  const { code, stderr = "" } = error as { readonly code?: unknown; readonly stderr?: string };
  if (code === "ENOENT") {
    return "Git is needed to read an earlier version, but the command git is missing. Install Git, or compare with a directory";
  }
  const said = stderr
    .replace(/^fatal: /, "")
    .trim()
    .replaceAll(/\s+/g, " ");
  return said.startsWith("not a git repository")
    ? "this directory is not in a Git repository, so there is no earlier version. Compare with a directory"
    : `Git says: ${said === "" ? messageOf(error) : said}`;
}
