// Fails if a part of a change is missing. Examples are a reason without a conformance row, and a key of policies that
// no test of policies names. On a pull request, changed sources also need a line in CHANGELOG.md. `npm run check` runs
// this program after the build.
//
//   node tools/completeness.mjs [--base REF]      REF is what the change is compared with; on GitHub the branch that it goes to
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { DENIALS } from "../dist/plugin/core/model/denial.js";
import { REQUIREMENT_KEYS } from "../dist/plugin/policy/requirements/settle-requirements.js";

/**
 * Reasons that the conformance tests omit, because the cause of such a reason differs between gateways. For each of
 * these reasons, the list names the tests that cover it.
 */
const WITHOUT_ROW = {
  too_many_headers: "nginx refuses requests with so many headers first; test/kong/facts/read-headers.test.ts",
  overloaded: "the reason occurs only with hundreds of requests at once; test/keys/life/issuer-keys.test.ts",
  token_refused:
    "the reason needs clients with several addresses; test/guard/nginx/shared-token.test.ts, test/server/process/abuse-process.test.ts",
  deadline_exceeded: "the reason occurs only if the plugin hangs; test/server/protocol/connection/outcomes.test.ts",
  internal_error: "the reason occurs only if the plugin fails; test/server/protocol/connection/outcomes.test.ts",
};
/**
 * Each requirement of a token must be in these files. If a requirement is missing in one of these files, no test fails,
 * but messages, tests and the fuzzer do not know the requirement.
 */
const REQUIREMENT_FILES = [
  "plugin/policy/language/hint-at-key.ts",
  "test/offline/rich-policy.ts",
  "evidence/fuzz/oracle/oracle-authorize.ts",
  "evidence/fuzz/seeds/worlds.ts",
];
/** If the gateway is the cause of a reason, the reason must be in these files. */
const OPERATOR_FILES = ["deploy/observability/alerts.yml", "deploy/observability/grafana/dashboards/jwt-policy.json"];
/** Each command of the command line must be in these files, in this form. */
const COMMAND_FILES = {
  "docs/reference/npm.md": (name) => `\`${name}`,
  "test/cli/printing.test.ts": (name) => `"${name}"`,
};
/** Commands that print no text from other people. */
const WITHOUT_FOREIGN_TEXT = ["completion"];
const SOURCES = /^(?:plugin|offline|cli|sandbox)\//;
/** If users do not notice a commit, its message has this trailer, with the reason. */
const NO_LINE = /^No-Changelog: *\S/m;

const { values } = parseArgs({ options: { base: { type: "string" } } });
const target = process.env.GITHUB_BASE_REF;
const base = values.base ?? (target ? `origin/${target}` : undefined);

const mistakes = [
  ...checkReasons(),
  ...checkKeys(),
  ...checkLists(),
  ...(base === undefined ? [] : checkChangelog(base)),
];
process.stderr.write(mistakes.map((mistake) => `${mistake}\n`).join(""));
process.exitCode = mistakes.length > 0 ? 1 : 0;

function checkReasons() {
  const rows = readAll("test/conformance", /cases\.ts$/).matchAll(/\b(?:reason: |reported: |refuses\(\s*)"(\w+)"/g);
  const tested = new Set([...rows].map(([, reason]) => reason));
  const missing = Object.keys(DENIALS).filter((reason) => !tested.has(reason) && !(reason in WITHOUT_ROW));
  const needless = Object.keys(WITHOUT_ROW).filter((reason) => tested.has(reason) || !(reason in DENIALS));
  return [
    ...missing.map(
      (reason) =>
        `The reason ${reason} has no row in test/conformance/cases. If gateways cannot show it, add it to WITHOUT_ROW in tools/completeness.mjs.`,
    ),
    ...needless.map((reason) => `The exception for ${reason} in tools/completeness.mjs is no longer needed.`),
  ];
}

/** The check compares only names. If two keys have the same name, a test of one of them is enough for both. */
function checkKeys() {
  const tests = readAll("test/policy", /\.test\.ts$/);
  const isNamed = (key) => new RegExp(`(?<![\\w-])"?${key}"?:|\\b${key}[,}\\]]`).test(tests);
  const keys = new Set(listKeys(JSON.parse(readFileSync("schema/policy.schema.json", "utf8"))));
  return [...keys]
    .filter((key) => !isNamed(key))
    .map((key) => `The key ${key} of schema/policy.schema.json is in no test of test/policy.`);
}

/** Lists in several files name the same things. */
function checkLists() {
  const ownReasons = Object.keys(DENIALS).filter((reason) => DENIALS[reason].status >= 500);
  const commands = [...readFileSync("cli/main.ts", "utf8").matchAll(/^ {2}\["(\w+)", async/gm)].map(([, name]) => name);
  return [
    ...REQUIREMENT_FILES.flatMap((file) => findMissing(file, REQUIREMENT_KEYS)),
    ...OPERATOR_FILES.flatMap((file) => findMissing(file, ownReasons)),
    ...Object.entries(COMMAND_FILES).flatMap(([file, write]) =>
      findMissing(file, commands.filter((name) => !WITHOUT_FOREIGN_TEXT.includes(name)).map(write)),
    ),
  ];
}

function findMissing(file, words) {
  const text = readFileSync(file, "utf8");
  return words.filter((word) => !text.includes(word)).map((word) => `${file} must also name ${word}.`);
}

function listKeys(node) {
  if (typeof node !== "object" || node === null) {
    return [];
  }
  const { examples: _, default: __, enum: ___, ...rest } = node;
  const own = typeof node.properties === "object" ? Object.keys(node.properties) : [];
  return [...own, ...Object.values(rest).flatMap(listKeys)];
}

function checkChangelog(ref) {
  const git = (...args) => execFileSync("git", args, { encoding: "utf8" });
  const changed = git("diff", "--name-only", `${ref}...HEAD`).split("\n");
  const isFine =
    !changed.some((file) => SOURCES.test(file)) ||
    changed.includes("CHANGELOG.md") ||
    NO_LINE.test(git("log", "--format=%B", `${ref}..HEAD`));
  return isFine
    ? []
    : [
        "Sources have changed, but CHANGELOG.md has not. Add a line, or the trailer `No-Changelog: why` to a commit message.",
      ];
}

function readAll(folder, names) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => names.test(file));
  return files.map((file) => readFileSync(`${folder}/${file}`, "utf8")).join("\n");
}
