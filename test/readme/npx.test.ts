import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "../..");
/** The texts that users read, and the code that prints texts. */
const PLACES = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs", "cli", "plugin", "sandbox", "schema"],
  ...["deploy", "policies", "tools", "kong.yml", "package.json"],
];
/** Our commands, and the npm package with the name of our Kong plugin. This package belongs to another publisher. */
const COMMANDS = [...Object.keys(packageJson.bin), "jwt-policy", "jwt-policy-server"];

function listFiles(place: string): readonly string[] {
  const entries = readdirSync(ROOT, { withFileTypes: true });
  const isFile = entries.some((entry) => entry.name === place && entry.isFile());
  if (isFile) {
    return [join(ROOT, place)];
  }
  return readdirSync(join(ROOT, place), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Ways to run a command. If the command's package is not installed, they download a package with the command's name.
 */
function findFetching(text: string): readonly string[] {
  const ways = /\b(?:npx|npm (?:exec|x|init|create)|pnpm dlx|pnpx|yarn dlx|bunx)\b[^\n`|;&)]*/g;
  const runsOurs = (way: string): boolean =>
    way.split(/\s+/).some((word) => COMMANDS.includes(word.replace(/@.*$/, "").replace(/["']/g, "")));
  return (text.match(ways) ?? []).filter((way) => runsOurs(way) && !/ --no-install /.test(way));
}

/** Ways to install a package by the name of a command. */
function findInstalling(text: string): readonly string[] {
  const ways = /\b(?:npm|pnpm|yarn) (?:i|install|add|ci)\b[^\n`|;&)]*/g;
  return (text.match(ways) ?? []).filter((way) => way.split(/\s+/).some((word) => COMMANDS.includes(word)));
}

describe("while our package is not on npm", () => {
  it.each([
    "npx kong-jwt-policy validate x",
    "npx -y jwt-policy@1",
    "npm exec kong-jwt-policy-server",
    '"$(npx kong-jwt-policy kong env)"',
  ])("%s would run a stranger's package", (text) => {
    expect(findFetching(text)).toHaveLength(1);
  });

  it.each(["npx --no-install kong-jwt-policy x", "node_modules/.bin/kong-jwt-policy x", "npx vitest run"])(
    "%s would not",
    (text) => {
      expect(findFetching(text)).toEqual([]);
    },
  );

  it("no text here tells readers to run or install a package by these names", () => {
    const files = PLACES.flatMap(listFiles);
    expect(files.length).toBeGreaterThan(200);
    const found = files.flatMap((file) => {
      const text = readFileSync(file, "utf8");
      return [...findFetching(text), ...findInstalling(text)].map((way) => `${relative(ROOT, file)}: ${way}`);
    });
    expect(found).toEqual([]);
  });
});
