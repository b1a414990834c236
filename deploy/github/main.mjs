// The step of action.yml. It runs `kong-jwt-policy check`, writes the comment into the pull request, and ends with the
// exit code of `check`. All input comes from environment variables and from GitHub's event file. It is passed to
// programs as arguments, and never through a shell.
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { uploadSarif, writeComment } from "./github-api.mjs";

const CLI = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const MARKER = "<!-- kong-jwt-policy check -->";
const RESULTS = ["passed", "failed", "incomplete"];

const env = process.env;
const event = env.GITHUB_EVENT_PATH ? JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, "utf8")) : {};
const folder = mkdtempSync(join(env.RUNNER_TEMP ?? tmpdir(), "kong-jwt-policy-"));
const commentFile = join(folder, "comment.md");
const sarifFile = join(folder, "check.sarif");

const status = runCheck();
const comment = existsSync(commentFile) ? readFileSync(commentFile, "utf8") : describeFailure();
addTo(env.GITHUB_STEP_SUMMARY, comment);
addTo(
  env.GITHUB_OUTPUT,
  `result=${RESULTS[status] ?? "incomplete"}\ncomment-file=${commentFile}\nsarif-file=${sarifFile}\n`,
);
const access = { api: env.GITHUB_API_URL, token: input("TOKEN"), repository: env.GITHUB_REPOSITORY };
if (input("COMMENT") === "true" && event.pull_request) {
  warn("The comment was not written", await writeComment(access, event.pull_request.number, MARKER, comment));
}
if (input("UPLOAD_SARIF") === "true" && existsSync(sarifFile)) {
  const place = { commit: env.GITHUB_SHA, ref: env.GITHUB_REF };
  warn("The report was not given to code scanning", await uploadSarif(access, place, readFileSync(sarifFile)));
}
process.exitCode = status;

function input(name) {
  return (env[`INPUT_${name}`] ?? "").trim();
}

function lines(name) {
  return input(name)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function runCheck() {
  const named = [
    ["against", input("AGAINST") || findBase()],
    ...lines("KONG").map((file) => ["kong", file]),
    ["policy-root", input("POLICY_ROOT")],
    ["approvals", input("APPROVALS")],
    ["min", input("MIN_COVERAGE")],
    ["format", input("FORMAT")],
    ["comment", commentFile],
    ["sarif", sarifFile],
  ];
  const options = named.flatMap(([name, value]) => (value ? [`--${name}=${value}`] : []));
  const { status: code, error } = spawnSync(process.execPath, [CLI, "check", ...options, "--", ...lines("POLICIES")], {
    stdio: "inherit",
  });
  if (error) {
    console.log(`::error::kong-jwt-policy did not start: ${error.message}`);
  }
  return code ?? 2;
}

/** The version of the target branch without this pull request. Undefined for other events. */
function findBase() {
  const base = event.pull_request?.base?.sha;
  if (typeof base !== "string") {
    return undefined;
  }
  const [head, ...parents] = git("rev-list", "--parents", "--max-count=1", "HEAD").split(" ");
  // By default actions/checkout checks out GitHub's merge of the pull request. The first parent of this commit is the
  // target branch.
  const isMerge =
    head === env.GITHUB_SHA && parents.length === 2 && /^refs\/pull\/\d+\/merge$/.test(env.GITHUB_REF ?? "");
  return `git:${isMerge ? parents[0] : git("merge-base", base, "HEAD") || base}`;
}

function git(...args) {
  return (spawnSync("git", args, { encoding: "utf8" }).stdout ?? "").trim();
}

/** Replaces the comment of an earlier run, which may say that all is well. */
function describeFailure() {
  const run = `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`;
  return `${MARKER}\n### ❌ JWT policies: the check could not run\n\n[The log of the job](${run}) says why.\n`;
}

function addTo(file, text) {
  if (file) {
    appendFileSync(file, text);
  }
}

function warn(what, why) {
  if (why !== undefined) {
    console.log(`::warning::${what}: ${why.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")}`);
  }
}
