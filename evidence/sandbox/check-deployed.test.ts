/**
 * Sends the example requests to parts that run as separate processes, as in deploy/compose.yaml. Needs a build, which
 * `npm test` makes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FACTS_VARIABLE } from "../../plugin/kong/facts/facts-variable.ts";
import { EXAMPLES } from "../../sandbox/demo/examples.ts";
import { copyForPorts } from "../../sandbox/demo/local-copy.ts";
import { startSandbox } from "../../sandbox/run/start-sandbox.ts";
import { findFreePort } from "../../test/gateways/free-port.ts";

const ROOT = new URL("../../", import.meta.url);
const SECRET = "a secret that both know";

const endings: (() => unknown)[] = [];
let gateway = "";
let idp = "";

/** Starts one part alone, and returns the line that the part prints when it listens. */
async function startPart(name: string, args: readonly string[]): Promise<string> {
  const child = run(name, args);
  endings.push(() => child.kill());
  const [line] = await once(child.stdout ?? child, "data");
  return String(line);
}

function run(name: string, args: readonly string[], secret: string | undefined = SECRET): ChildProcess {
  const env = { ...process.env, NO_COLOR: "1", SANDBOX_CLIENT_SECRET: secret };
  return spawn(process.execPath, [fileURLToPath(new URL(`dist/sandbox/${name}.js`, ROOT)), ...args], { env });
}

async function runCheck(args: readonly string[], secret?: string): Promise<{ code: number; output: string }> {
  const child = run("check-deployed", args, secret);
  let output = "";
  child.stdout?.on("data", (text) => {
    output += text;
  });
  child.stderr?.on("data", (text) => {
    output += text;
  });
  const [code] = await once(child, "close");
  return { code, output };
}

beforeAll(async () => {
  const upstreamLine = await startPart("start-upstream", ["--port", "0"]);
  const providerLine = await startPart("start-provider", ["--port", "0", "--host", "0.0.0.0"]);
  idp = /http:\S+\d/.exec(providerLine)?.[0] ?? "";
  const copy = await copyForPorts(fileURLToPath(new URL("kong.yml", ROOT)), fileURLToPath(new URL("policies", ROOT)), {
    upstream: Number(/\d+$/.exec(upstreamLine.trim())?.[0]),
    provider: Number(new URL(idp).port),
  });
  endings.push(copy.remove);
  const sandbox = await startSandbox({
    configText: copy.configText,
    policyRoot: copy.policyRoot,
    proxyPort: 0,
    nginxVariables: { [FACTS_VARIABLE.name]: FACTS_VARIABLE.value },
    onLog: () => undefined,
  });
  endings.push(sandbox.stop);
  gateway = sandbox.url;
}, 60_000);
afterAll(async () => {
  for (const end of endings.reverse()) {
    await end();
  }
}, 60_000);

describe("npm run check:deployed", { timeout: 60_000 }, () => {
  test("sends every example request to the named gateway", async () => {
    const { code, output } = await runCheck(["--gateway", `${gateway}/`, "--idp", idp]);
    expect(output).toContain(`all ${EXAMPLES.length} as expected`);
    expect(code).toBe(0);
  });

  test("exits with 1 and names each difference if the gateway lets every request pass", async () => {
    const open = /http:\S+\d/.exec(await startPart("start-upstream", ["--port", "0"]))?.[0] ?? "";
    const { code, output } = await runCheck(["--gateway", open, "--idp", idp]);
    expect(output).toContain("status 200 instead of 401");
    expect(output).toContain(`of ${EXAMPLES.length} differ`);
    expect(code).toBe(1);
  });

  test("--curl prints the requests for another terminal, with tokens of that provider", async () => {
    const { code, output } = await runCheck(["--gateway", gateway, "--idp", idp, "--curl"]);
    expect(code).toBe(0);
    expect(output).toMatch(/^READER=ey/m);
    expect(output).toContain(`curl -i -H "Authorization: Bearer $READER" ${gateway}/payments`);
  });

  test.each([
    ["no server listens", async () => ["--gateway", gateway, "--idp", `http://127.0.0.1:${await findFreePort()}`]],
    ["The value must be an address", async () => ["--gateway", "127.0.0.1:8000"]],
  ])("says what is wrong: %s", async (words, args) => {
    const { code, output } = await runCheck(await args());
    expect(output).toContain(words);
    expect(code).toBe(1);
  });

  test.each([
    ["SANDBOX_CLIENT_SECRET is not set", ""],
    ["invalid_client", "another secret"],
  ])("says what is wrong with the secret: %s", async (words, secret) => {
    const { code, output } = await runCheck(["--gateway", gateway, "--idp", idp], secret);
    expect(output).toContain(words);
    expect(code).toBe(1);
  });
});
