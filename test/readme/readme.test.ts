import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPolicy } from "../../plugin/policy/read-policy.ts";

const ROOT = join(import.meta.dirname, "../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

const blocks = [...README.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text = ""]) => ({
  language,
  text,
}));

/** Commands of the console blocks with the output that follows each; `…` stands for anything. */
const transcripts = blocks
  .filter(({ language }) => language === "console")
  .flatMap(({ text }) => [...text.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n?)*)/gm)])
  .map(([, command = "", output = ""]) => ({ command, output }));

// Any free ports, so that the run disturbs nobody; the transcript shows none.
const ARGUMENTS_FOR_TESTS: ReadonlyMap<string, string> = new Map([
  ["npm start -- --check", " --proxy-port 0 --upstream-port 0 --idp-port 0"],
]);

describe("the README", () => {
  it("has transcripts to check", () => {
    expect(transcripts.length).toBeGreaterThanOrEqual(3);
  });

  it.each(transcripts)("shows what `$command` really prints", ({ command, output }) => {
    const { stdout } = spawnSync("sh", ["-c", command + (ARGUMENTS_FOR_TESTS.get(command) ?? "")], {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", NODE_EXTRA_CA_CERTS: "" },
    });
    const pattern = output
      .split("…")
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join("[\\s\\S]*");
    expect(stdout).toMatch(new RegExp(`^${pattern}$`));
  });

  it("shows a policy that compiles", () => {
    const [policy] = blocks.filter(({ text }) => /^jwt_policy: 1$/m.test(text));
    expect(readPolicy(policy?.text ?? "", "hash")).toHaveProperty("policy");
  });
});
