/** `npm start` as for a user: the built program in a separate process. Needs a build, which `npm test` makes. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { EXAMPLES } from "../../sandbox/demo/examples.ts";

const ROOT = new URL("../../", import.meta.url);
const FREE_PORTS = ["--proxy-port", "0", "--upstream-port", "0", "--idp-port", "0", "--status-port", "0"];

const hasCurl = ["curl", "bash"].every((program) => spawnSync(program, ["--version"]).status === 0);

/** Far more than a start takes on a busy machine. */
const PATIENCE = 25_000;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
});

interface Run {
  output(): string;
  exit: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
}

function runStart(...args: string[]): Run {
  const program = fileURLToPath(new URL("dist/sandbox/start.js", ROOT));
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  endings.push(() => child.kill("SIGKILL"));
  return {
    output: () => output,
    exit: once(child, "close").then(([code]) => code as number | null),
    signal: (name) => child.kill(name),
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("npm start", { timeout: 60_000 }, () => {
  test("--check sends every example request, also on other ports, and leaves no process or file behind", async () => {
    const run = runStart("--check", ...FREE_PORTS);
    expect(await run.exit, run.output()).toBe(0);
    expect(run.output()).toContain(`all ${EXAMPLES.length} as expected`);
    expect(run.output(), "the example policies use every key of the provider").not.toContain("keys not used");
    const pid = Number(/plugin server started, pid (\d+)/.exec(run.output())?.[1]);
    expect(isAlive(pid)).toBe(false);
  });

  test.skipIf(!hasCurl)("prints lines to paste, and each line does what its comment says", async () => {
    const run = runStart(...FREE_PORTS);
    await expect.poll(run.output, { timeout: PATIENCE }).toContain("Ctrl-C ends everything");
    const [, view = ""] = /web view (http:\/\/\S+)/.exec(run.output()) ?? [];
    expect((await fetch(view)).headers.get("content-type")).toContain("text/html");
    const lines = run.output().split("\n");
    const shell = lines.filter((line) => /^[A-Z]+=\S+$/.test(line)).join("\n");
    const commands = lines.filter((line) => line.startsWith("curl "));
    expect(commands).toHaveLength(EXAMPLES.length);
    for (const command of [commands[0] ?? "", commands.at(-1) ?? ""]) {
      const script = `${shell}\n${command}`.replace("curl -i", "curl -s -o /dev/null -w '%{http_code}'");
      const curl = spawn("bash", ["-c", script]);
      const [status] = await once(curl.stdout, "data");
      expect(String(status)).toBe(/# (\d+)/.exec(command)?.[1]);
    }
    run.signal("SIGINT");
    expect(await run.exit).toBe(0);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s ends everything that was started", async (signal) => {
    const run = runStart(...FREE_PORTS);
    await expect.poll(run.output, { timeout: PATIENCE }).toContain("Ctrl-C ends everything");
    const pid = Number(/plugin server started, pid (\d+)/.exec(run.output())?.[1]);
    expect(isAlive(pid)).toBe(true);
    run.signal(signal);
    expect(await run.exit).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  test("SIGINT during the start also ends it cleanly", async () => {
    const run = runStart(...FREE_PORTS);
    await expect.poll(run.output, { timeout: PATIENCE }).toContain("plugin server started");
    run.signal("SIGINT");
    expect(await run.exit, run.output()).toBe(0);
    const pid = Number(/plugin server started, pid (\d+)/.exec(run.output())?.[1]);
    expect(isAlive(pid)).toBe(false);
  });

  test("SIGKILL while it starts leaves no plugin server behind", async () => {
    const run = runStart(...FREE_PORTS);
    await expect.poll(run.output, { timeout: PATIENCE, interval: 2 }).toContain("plugin server started");
    const pid = Number(/plugin server started, pid (\d+)/.exec(run.output())?.[1]);
    run.signal("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: PATIENCE }).toBe(false);
  });

  test.each([
    ["--idp-port", "OpenID provider"],
    ["--upstream-port", "echo upstream"],
    ["--proxy-port", "gateway"],
  ])("a busy port is named, with the part that needs it and the option that changes it: %s", async (flag, what) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    endings.push(() => other.close());
    const { port } = other.address() as { port: number };
    const ports = FREE_PORTS.map((arg, index) => (FREE_PORTS[index - 1] === flag ? String(port) : arg));
    const run = runStart(...ports);
    expect(await run.exit).toBe(1);
    expect(run.output()).toContain(`port ${port} is taken, and the ${what} needs it`);
    expect(run.output()).toContain(`npm start -- ${flag} ${port + 1}`);
  });

  test("an invalid port is refused", async () => {
    const run = runStart("--proxy-port", "70000");
    expect(await run.exit).toBe(1);
    expect(run.output()).toContain("a port is a number from 1 to 65535");
  });
});
