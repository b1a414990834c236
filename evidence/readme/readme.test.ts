import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { readPage } from "../../test/readme/pages.ts";
import { findBlocks, findTranscripts, toPattern } from "../../test/readme/transcripts.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The pages whose transcripts need only this clone. */
const RUNNABLE = ["README.md", ...["first-policy", "kong", "deck"].map((name) => `docs/guides/${name}.md`)];
const transcripts = RUNNABLE.flatMap((page) => findTranscripts(readPage(page)));
afterAll(() => rmSync(join(ROOT, "kong.rendered.yaml"), { force: true }));

// The programs use any free ports, so that the run disturbs no other program. The transcript shows no ports.
const ARGUMENTS_FOR_TESTS: ReadonlyMap<string, string> = new Map([
  ["npm start -- --check", " --proxy-port 0 --upstream-port 0 --idp-port 0"],
]);

describe("the README and the guides", () => {
  it("have transcripts to check", () => {
    expect(transcripts.length).toBeGreaterThanOrEqual(6);
  });

  it.each(transcripts)("show what `$command` really prints", ({ command, output }) => {
    const { stdout, stderr } = spawnSync("sh", ["-c", command + (ARGUMENTS_FOR_TESTS.get(command) ?? "")], {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", NODE_EXTRA_CA_CERTS: "" },
    });
    // Errors are on standard error, where npm also writes.
    expect(stdout || stderr.replaceAll(/^npm .*\n/gm, "")).toMatch(toPattern(output));
  });

  it("show a policy that compiles", () => {
    const [policy] = findBlocks(readPage("README.md")).filter(({ text }) => /^jwt_policy: 1$/m.test(text));
    expect(readPolicy(policy?.text ?? "", "hash")).toHaveProperty("ok", true);
  });
});
