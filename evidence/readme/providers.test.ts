/**
 * Runs every command of the providers' guides as a new user would, and compares the output with the guides. Needs a
 * build, which `npm test` makes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findFreePort } from "../../test/gateways/free-port.ts";
import { listPages, readPage } from "../../test/readme/pages.ts";
import { findBlocks, findTranscripts } from "../../test/readme/transcripts.ts";

const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");
const COMMAND = "npx --no-install kong-jwt-policy";
const PATIENCE = { timeout: 40_000 };

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
});

/** Saves the files of the page, each named by its first line. */
function saveFiles(page: string): string {
  const folder = mkdtempSync(join(tmpdir(), "jwt-policy-guide-"));
  endings.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const { language, text } of findBlocks(page)) {
    const [, file] = /^# (\S+\.ya?ml)\n/.exec(text) ?? [];
    if (language === "yaml" && file !== undefined) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
  }
  return folder;
}

/** The other pages of providers only show a policy. */
const STEP_BY_STEP = listPages("docs/guides/providers").filter((name) =>
  /^# .*: from nothing to 200/.test(readPage(name)),
);

it("there are guides step by step", () => expect(STEP_BY_STEP.length).toBeGreaterThanOrEqual(3));

describe.each(STEP_BY_STEP)("%s", (name) => {
  const page = readPage(name);
  const [start, ...others] = findTranscripts(page);

  it("has at most 150 lines, and shows a 200, a 401 and a 403", () => {
    expect(page.split("\n").length).toBeLessThanOrEqual(150);
    expect(new Set(others.map(({ output }) => output.trim()))).toEqual(new Set(["200", "401", "403"]));
  });

  it("prints what it shows", { timeout: 180_000 }, async () => {
    const folder = saveFiles(page);
    const port = await findFreePort();
    const env = { ...process.env, NO_COLOR: "1", XDG_CACHE_HOME: join(folder, "cache") };
    const words = (start?.command ?? "").slice(COMMAND.length).trim().split(" ");
    expect(words[0]).toBe("sandbox");
    const sandbox = spawn(process.execPath, [MAIN, ...words, "--proxy-port", String(port)], { cwd: folder, env });
    const ended = once(sandbox, "close");
    let output = "";
    for (const stream of [sandbox.stdout, sandbox.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
      });
    }
    endings.push(() => {
      sandbox.kill();
      return ended;
    });
    await expect.poll(() => output, PATIENCE).toContain("Ctrl-C ends everything");
    expect(output).not.toContain("cannot be tried");
    await expect.poll(() => output, PATIENCE).toContain("ready: every policy is in effect");
    const results: string[] = [];
    for (const { command } of others) {
      const script = command.replaceAll(COMMAND, `'${process.execPath}' '${MAIN}'`).replaceAll(":8000", `:${port}`);
      const shell = spawn("bash", ["-c", script], { cwd: folder, env });
      let printed = "";
      shell.stdout.on("data", (chunk) => {
        printed += chunk;
      });
      await once(shell, "close");
      results.push(`${command}\n${printed}`);
    }
    expect(results).toEqual(others.map(({ command, output: shown }) => `${command}\n${shown.trim()}\n`));
  });
});
