// Checks that a tag, package.json and CHANGELOG.md name the same release: node tools/check-release.mjs v0.1.0
import { readFileSync } from "node:fs";

const [tag] = process.argv.slice(2);
const { version, repository } = JSON.parse(readFileSync("package.json", "utf8"));
const changelog = readFileSync("CHANGELOG.md", "utf8");
const heading = changelog.split("\n").find((line) => line.startsWith("## ")) ?? "";

const problems = [
  ...(tag === `v${version}` ? [] : [`The tag is ${tag ?? "missing"}, but package.json says v${version}.`]),
  ...(heading.startsWith(`## ${version} – `) && /\d{4}-\d{2}-\d{2}$/.test(heading)
    ? []
    : [`CHANGELOG.md must begin with "## ${version} – " and a date such as 2026-12-31, not with "${heading}".`]),
  ...(repository === undefined
    ? ["package.json has no repository, which npm needs for provenance. See OWNER.md."]
    : []),
];
for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length === 0 ? 0 : 1;
