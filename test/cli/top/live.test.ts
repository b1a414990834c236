import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { statusAt } from "../../server/view/status-fixture.ts";
import { MAIN } from "../run-cli.ts";

const ENTER = "\u001b[?1049h";
/** The terminal wraps long lines again, shows the cursor, and shows the user's own screen again. */
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";

/** `script` of util-linux gives a command a terminal. */
function findMissing(): string | undefined {
  const { stdout, error } = spawnSync("script", ["--version"], { encoding: "utf8" });
  return error === undefined && stdout.includes("util-linux")
    ? undefined
    : "no script of util-linux, which opens a terminal";
}

interface LiveTop {
  readonly child: ChildProcess;
  readonly shown: () => string;
  readonly ended: Promise<number | null>;
}

async function startTop(): Promise<LiveTop> {
  let answers = 0;
  const server = createServer((_, response) => {
    answers += 1;
    response.end(JSON.stringify(statusAt(answers, { expired: answers * 7 })));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const command = `stty rows 40 cols 120; ${process.execPath} ${MAIN} top --url ${url} --interval 0.1; echo "ended with $?"`;
  const child = spawn("script", ["-qfc", command, "/dev/null"], { env: { PATH: process.env.PATH, TERM: "xterm" } });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const top = { child, shown: () => text, ended };
  await expect.poll(() => text).toContain("Rejections");
  return top;
}

const missing = findMissing();
if (missing === undefined) {
  describe("top in a terminal", () => {
    it.each([
      ["q", "q"],
      ["Ctrl-C", "\u0003"],
    ])("updates, and restores the terminal on %s", async (_name, key) => {
      const { child, shown, ended } = await startTop();
      await expect.poll(shown).toContain("7.0 /s"); // The command shows a rate only after a second answer.
      child.stdin?.write(key);
      await ended;
      expect(shown().startsWith(ENTER)).toBe(true);
      expect(shown()).toMatch(/ended with 0\s*$/);
      expect(shown().split(LEAVE)).toHaveLength(2);
      expect(shown().split(LEAVE)[1]).toMatch(/^ended with/);
    });

    it("groups rejections in another way after the key g", async () => {
      const { child, shown, ended } = await startTop();
      child.stdin?.write("g");
      await expect.poll(shown).toContain("g: group by (rule)");
      child.stdin?.write("q");
      await ended;
    });

    it("restores the terminal when a signal ends it, and ends by this signal", async () => {
      const { shown, child, ended } = await startTop();
      const pid = findTop(child.pid);
      process.kill(pid, "SIGTERM");
      await ended;
      expect(shown()).toContain(LEAVE);
      expect(shown()).toContain("ended with 143");
    });
  });
} else {
  reportMissing("top in a terminal", missing);
}

/** The command is the child of the shell that `script` starts. */
function findTop(scriptPid: number | undefined): number {
  const childOf = (pid: number | undefined): number =>
    Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
  return childOf(childOf(scriptPid));
}
