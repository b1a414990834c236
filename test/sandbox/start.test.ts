/** `npm start` as a user meets it: the built program in a process of its own. Needs a build, which `npm test` makes. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { FACTS_VARIABLE } from "../../plugin/kong/facts/facts-variable.ts";
import { startEchoUpstream } from "../../sandbox/demo/echo-upstream.ts";
import { EXAMPLES } from "../../sandbox/demo/examples.ts";
import { startIdentityProvider } from "../../sandbox/demo/identity-provider.ts";
import { copyForPorts } from "../../sandbox/demo/local-copy.ts";
import type { LogEntry } from "../../sandbox/message/gateway-log.ts";
import { startSandbox } from "../../sandbox/start-sandbox.ts";

const ROOT = new URL("../../", import.meta.url);
const FREE_PORTS = ["--proxy-port", "0", "--upstream-port", "0", "--idp-port", "0"];

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
  test("--check makes every example request, on other ports too, and leaves nothing behind", async () => {
    const run = runStart("--check", ...FREE_PORTS);
    expect(await run.exit, run.output()).toBe(0);
    expect(run.output()).toContain(`all ${EXAMPLES.length} as expected`);
    expect(run.output(), "the example policies use every key of the provider").not.toContain("keys not used");
    const pid = Number(/plugin server started, pid (\d+)/.exec(run.output())?.[1]);
    expect(isAlive(pid)).toBe(false);
  });

  test.skipIf(!hasCurl)("prints lines to paste that do what their comment says", async () => {
    const run = runStart(...FREE_PORTS);
    await expect.poll(run.output, { timeout: PATIENCE }).toContain("Ctrl-C ends everything");
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

  test("SIGINT while it starts ends it well, too", async () => {
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
  ])("a taken port is named, with what needs it and the flag that changes it: %s", async (flag, what) => {
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

  test("a port that is none is refused", async () => {
    const run = runStart("--proxy-port", "70000");
    expect(await run.exit).toBe(1);
    expect(run.output()).toContain("a port is a number from 1 to 65535");
  });
});

describe("the sandbox with the real plugin server", { timeout: 30_000 }, () => {
  async function startAll() {
    const provider = await startIdentityProvider(0);
    endings.push(provider.stop);
    const upstream = await startEchoUpstream(0);
    endings.push(upstream.stop);
    const copy = await copyForPorts(
      fileURLToPath(new URL("kong.yml", ROOT)),
      fileURLToPath(new URL("policies", ROOT)),
      {
        upstream: upstream.port,
        provider: Number(new URL(provider.issuer).port),
      },
    );
    endings.push(copy.remove);
    const logs: LogEntry[] = [];
    const sandbox = await startSandbox({
      configText: copy.configText,
      policyRoot: copy.policyRoot,
      proxyPort: 0,
      nginxVariables: { [FACTS_VARIABLE.name]: FACTS_VARIABLE.value },
      onLog: (entry) => logs.push(entry),
    });
    endings.push(sandbox.stop);
    const token = await provider.mintToken({ client: "checkout-web", resource: "payments", scope: "payments:read" });
    const get = async () =>
      (await fetch(`${sandbox.url}/payments`, { headers: { authorization: `Bearer ${token}` } })).status;
    return { sandbox, logs, get };
  }

  test("a killed plugin server is started again, and valid requests succeed without any change", async () => {
    const { sandbox, get } = await startAll();
    expect(await get()).toBe(200);
    const first = sandbox.pluginServerPid() ?? 0;
    process.kill(first, "SIGKILL");
    await expect.poll(sandbox.pluginServerPid).not.toBe(first);
    const during = new Set<number>();
    for (let status = await get(); status !== 200; status = await get()) {
      during.add(status);
      await sleep(20);
    }
    expect([...during].every((status) => status === 500)).toBe(true);
    expect(sandbox.pluginServerPid()).not.toBe(first);
    expect(await get()).toBe(200);
  });

  test("reads the request's facts from one variable: other headers, here no UTF-8, are not even looked at", async () => {
    const { sandbox } = await startAll();
    const socket = connect(Number(new URL(sandbox.url).port), "127.0.0.1");
    socket.write(Buffer.from("GET /health HTTP/1.1\r\nHost: h\r\nX-Bytes: \xff\xfe\r\n\r\n", "latin1"));
    const [answer] = await once(socket, "data");
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("works the same without the facts variable", async () => {
    const text = await readFile(new URL("kong.yml", ROOT), "utf8");
    const logs: LogEntry[] = [];
    const sandbox = await startSandbox({
      configText: text,
      policyRoot: fileURLToPath(new URL("policies", ROOT)),
      proxyPort: 0,
      nginxVariables: {},
      onLog: (entry) => logs.push(entry),
    });
    endings.push(sandbox.stop);
    const response = await fetch(`${sandbox.url}/payments`);
    expect(response.status).toBe(401);
    expect(logs.map(({ message }) => message)).toContainEqual(expect.stringContaining("reason=token_missing"));
  });

  test("a broken configuration is refused with every place", async () => {
    const options = { policyRoot: "/nowhere", proxyPort: 0, nginxVariables: {}, onLog: () => undefined };
    const configText = '_format_version: "3.0"\ncertificates: []\nupstreams: []\n';
    await expect(startSandbox({ ...options, configText })).rejects.toThrow(/kong\.yml:2:1 .*\nkong\.yml:3:1 /);
  });

  test("a plugin server that does not start is reported at once", async () => {
    const options = { policyRoot: "/nowhere/at/all", proxyPort: 0, nginxVariables: {}, onLog: () => undefined };
    const configText = '_format_version: "3.0"\n';
    await expect(startSandbox({ ...options, configText })).rejects.toThrow(
      /the plugin server ended instead of listening/,
    );
  });
});
