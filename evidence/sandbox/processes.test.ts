/** A sandbox that ends unexpectedly leaves nothing behind. Needs a build, which `npm test` makes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FREE_PORTS = ["--proxy-port", "0", "--upstream-port", "0", "--idp-port", "0"];
const OWN = ["--config", "kong.yml", "--policy-root", "policies", "--stand-in", "acme", "--proxy-port", "0"];

/**
 * A sandbox removes the directories that killed sandboxes left behind. So sandboxes of other tests must not see these
 * directories.
 */
const TEMPORARY = temporaryFolder();

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
});

/** A shell that starts the program and waits for the program, as npm does. */
function startBelowShell(args: readonly string[]): { shell: ChildProcess; output: () => string; pids: () => number[] } {
  const command = [process.execPath, join(ROOT, "tools/start.mjs"), ...args].map((word) => `'${word}'`).join(" ");
  const env = { ...process.env, TMPDIR: TEMPORARY, XDG_CACHE_HOME: temporaryFolder(onTestFinished) };
  const shell = spawn("sh", ["-c", `${command} & echo sandbox pid $!; wait`], { cwd: ROOT, env });
  let output = "";
  for (const stream of [shell.stdout, shell.stderr]) {
    stream?.on("data", (chunk) => {
      output += chunk;
    });
  }
  const pids = () =>
    [...output.matchAll(/(?:sandbox pid|plugin server started, pid) (\d+)/g)].map(([, pid]) => Number(pid));
  endings.push(() =>
    [shell.pid ?? 0, ...pids()].filter((pid) => pid > 0 && isAlive(pid)).map((pid) => process.kill(pid, "SIGKILL")),
  );
  return { shell, output: () => output, pids };
}

/** An ended process stays in the system's list until its new parent has read its exit status. */
function isAlive(pid: number): boolean {
  try {
    const stat = `/proc/${pid}/stat`; // Linux only.
    return process.kill(pid, 0) && !(existsSync(stat) && /\) [ZX] /.test(readFileSync(stat, "utf8")));
  } catch {
    return false;
  }
}

/** Directories of this sandbox process. */
function foldersOf(pid: number | undefined): string[] {
  return readdirSync(TEMPORARY).filter((name) => name.startsWith(`jwt-policy-sandbox-${pid}-`));
}

describe("a sandbox", { timeout: 90_000 }, () => {
  test.each([
    ["the example API, when its parent is killed", FREE_PORTS, "parent"],
    ["one's own API, when its parent is killed", OWN, "parent"],
    ["the example API, when its terminal is closed", FREE_PORTS, "SIGHUP"],
    ["one's own API, when its terminal is closed", OWN, "SIGHUP"],
  ] as const)("leaves no process, socket or directory behind: %s", async (_, args, how) => {
    const { shell, output, pids } = startBelowShell(args);
    await expect.poll(output).toContain("Ctrl-C ends everything");
    const [sandbox = 0, server = 0] = pids();
    expect(foldersOf(sandbox).length).toBeGreaterThan(0);
    if (how === "parent") {
      shell.kill("SIGKILL");
    } else {
      process.kill(sandbox, "SIGHUP");
    }
    await expect.poll(() => [sandbox, server].filter(isAlive)).toEqual([]);
    expect(foldersOf(sandbox)).toEqual([]);
  });

  test("that is killed leaves no process, and the next sandbox removes its directory", async () => {
    const first = startBelowShell(FREE_PORTS);
    await expect.poll(first.output).toContain("Ctrl-C ends everything");
    const [sandbox = 0, server = 0] = first.pids();
    process.kill(sandbox, "SIGKILL");
    await expect.poll(() => [sandbox, server].filter(isAlive)).toEqual([]);
    expect(foldersOf(sandbox).length).toBeGreaterThan(0);
    const second = startBelowShell(OWN);
    await expect.poll(second.output).toContain("Ctrl-C ends everything");
    expect(foldersOf(sandbox)).toEqual([]);
  });
});

/** The environment without the settings that npm passes to these tests, such as `--silent`. */
const OWN_SETTINGS = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));

describe("the installation at the first npm start", { timeout: 90_000 }, () => {
  /** A clone without dependencies. Its npm registry is this address. */
  function makeClone(registry: string): string {
    const clone = temporaryFolder(onTestFinished);
    mkdirSync(join(clone, "tools"));
    for (const file of ["tools/prepare.mjs", "package.json", "package-lock.json"]) {
      copyFileSync(join(ROOT, file), join(clone, file));
    }
    writeFileSync(join(clone, ".npmrc"), `registry=${registry}\ncache=${join(clone, "cache")}\n`);
    return clone;
  }

  test("says what to do if the registry cannot be reached, and starts again the next time", async () => {
    const clone = makeClone("http://127.0.0.1:9/");
    const child = spawn(process.execPath, [join(clone, "tools/prepare.mjs")], { cwd: clone, env: OWN_SETTINGS });
    let output = "";
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    expect(await once(child, "close")).toEqual([1, null]);
    expect(output).toContain("npm does not reach its registry: check the network and the proxy");
    expect(existsSync(join(clone, "node_modules/.prepared"))).toBe(false);
  });

  test("ends with its parent, although the registry never answers", async () => {
    // The server must read the requests, because it does not notice the end of a connection with unread bytes.
    const silent = createServer((socket) => socket.on("error", () => {}).resume()).listen(0, "127.0.0.1");
    const asked = once(silent, "connection");
    await once(silent, "listening");
    endings.push(() => silent.close());
    const clone = makeClone(`http://127.0.0.1:${(silent.address() as { port: number }).port}/`);
    const command = `'${process.execPath}' tools/prepare.mjs & echo $!; wait`;
    const shell = spawn("sh", ["-c", command], { cwd: clone, env: OWN_SETTINGS });
    const [pid] = await once(shell.stdout, "data");
    await asked;
    const connections = () => new Promise((resolve) => silent.getConnections((_, count) => resolve(count)));
    shell.kill("SIGKILL");
    await expect.poll(() => isAlive(Number(pid))).toBe(false);
    await expect.poll(connections).toBe(0); // npm is gone as well.
  });
});
