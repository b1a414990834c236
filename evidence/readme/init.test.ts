/** Runs every command of docs/guides/init.md, and tries the policy of each provider in the sandbox. Needs a build, which `npm test` makes. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { PROVIDERS } from "../../cli/init/providers/registry.ts";
import { readPage } from "../../test/readme/pages.ts";
import { findTranscripts, toPattern } from "../../test/readme/transcripts.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";

const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");
const COMMAND = "npx --no-install kong-jwt-policy ";
const home = temporaryFolder();

function run(folder: string, command: string): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    "sh",
    ["-c", command.replace(COMMAND, `'${process.execPath}' '${MAIN}' `)],
    { cwd: folder, encoding: "utf8", env: { ...process.env, NO_COLOR: "1", XDG_CACHE_HOME: join(home, "cache") } },
  );
  return { status, stdout, stderr };
}

describe("docs/guides/init.md", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(home, "guide-"));

  it.each(findTranscripts(readPage("docs/guides/init.md")))(
    "shows what `$command` really prints",
    ({ command, output }) => {
      const port = command.includes(" sandbox ") ? " --proxy-port 0" : "";
      const { status, stdout } = run(folder, `${command}${port}`);
      expect([status, stdout]).toEqual([0, expect.stringMatching(toPattern(output))]);
    },
  );
});

describe("the sandbox with what init writes", { timeout: 120_000 }, () => {
  it.each(PROVIDERS)("answers 200, 401 and 403 as the policy for $id says", ({ id, example }) => {
    const folder = mkdtempSync(join(home, `${id}-`));
    expect(run(folder, `${COMMAND}init ${id} ${example} --name orders`).status).toBe(0);
    const { status, stdout } = run(folder, `${COMMAND}sandbox --stand-in ${id} --check --proxy-port 0`);
    expect(stdout).toMatch(id === "google" ? /\nall \d as expected\n/ : /\nall 6 as expected\n/);
    expect(status).toBe(0);
  });
});

/** `script` of util-linux gives a command a terminal. */
const hasScript = process.platform === "linux" && existsSync("/usr/bin/script");

describe.skipIf(!hasScript)("init at a terminal (needs script of util-linux)", { timeout: 120_000 }, () => {
  function startTerminal(folder: string): {
    answer: (question: string, text: string) => Promise<void>;
    ended: Promise<unknown>;
  } {
    const command = `'${process.execPath}' '${MAIN}' init`;
    const terminal = spawn("/usr/bin/script", ["-qec", command, "/dev/null"], { cwd: folder });
    const ended = once(terminal, "close");
    onTestFinished(async () => {
      terminal.kill();
      await ended;
    });
    let shown = "";
    terminal.stdout.on("data", (chunk) => {
      shown += chunk;
    });
    const answer = async (question: string, text: string): Promise<void> => {
      await expect.poll(() => shown, { timeout: 60_000 }).toContain(question);
      shown = "";
      terminal.stdin.write(text);
    };
    return { answer, ended };
  }

  it("asks for the provider and its values, and asks again after a wrong answer", async () => {
    const folder = mkdtempSync(join(home, "terminal-"));
    const { answer, ended } = startTerminal(folder);
    await answer("provider (", "auth0\n");
    await answer("domain (", "https://acme.eu.auth0.com\n");
    await answer("without https://", "acme.eu.auth0.com\n");
    await answer("audience (", "https://api.example.com\n");
    await answer("name (", "orders\n");
    expect(await ended).toEqual([0, null]);
    expect(existsSync(join(folder, "policies/orders.test.yaml"))).toBe(true);
  });

  it("ends with Ctrl-C, and writes nothing", async () => {
    const folder = mkdtempSync(join(home, "terminal-"));
    const { answer, ended } = startTerminal(folder);
    await answer("provider (", "okta\n");
    await answer("domain (", "\u0003");
    expect(await ended).toEqual([2, null]);
    expect(existsSync(join(folder, "policies"))).toBe(false);
  });
});
