// Prints a CycloneDX bill of materials of what users install: node tools/sbom.mjs
// `npm sbom --omit dev` leaves out a dependency that a development dependency needs too, such as jose.
// So this script gives npm a copy of package.json that has no development dependencies.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { devDependencies: _, scripts: __, ...shipped } = JSON.parse(readFileSync("package.json", "utf8"));
const parent = mkdtempSync(join(tmpdir(), "sbom-"));
try {
  const directory = join(parent, shipped.name); // npm takes the name of the product from its folder.
  mkdirSync(directory);
  writeFileSync(join(directory, "package.json"), JSON.stringify(shipped));
  copyFileSync("package-lock.json", join(directory, "package-lock.json"));
  npm(directory, ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]);
  const text = npm(directory, ["sbom", "--package-lock-only", "--sbom-format", "cyclonedx"]);
  checkComplete(JSON.parse(text).components);
  process.stdout.write(text);
} finally {
  rmSync(parent, { recursive: true, force: true });
}

function npm(cwd, args) {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/**
 * Checks that the list contains every production dependency of the lock file at its locked version. It must contain
 * nothing else.
 */
function checkComplete(components) {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const locked = Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional)
    .map(([path, each]) => `${path.replace(/^.*node_modules\//, "")}@${each.version}`);
  const listed = components.map(({ name, version }) => `${name}@${version}`);
  const differences = [
    ...locked.filter((each) => !listed.includes(each)).map((each) => `missing: ${each}`),
    ...listed.filter((each) => !locked.includes(each)).map((each) => `not in package-lock.json: ${each}`),
  ];
  if (differences.length > 0) {
    throw new Error(`The bill of materials does not agree with package-lock.json\n${differences.join("\n")}`);
  }
}
