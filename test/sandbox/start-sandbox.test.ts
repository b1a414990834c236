import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { FACTS_VARIABLE } from "../../plugin/kong/facts/facts-variable.ts";
import { startEchoUpstream } from "../../sandbox/demo/echo-upstream.ts";
import { startIdentityProvider } from "../../sandbox/demo/identity-provider.ts";
import { copyForPorts } from "../../sandbox/demo/local-copy.ts";
import type { LogEntry } from "../../sandbox/message/gateway-log.ts";
import { startSandbox } from "../../sandbox/run/start-sandbox.ts";

const ROOT = new URL("../../", import.meta.url);
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
});

describe("the sandbox with the real plugin server", () => {
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

  test("reads the request's facts from one variable, and does not read other headers, here bytes that are not UTF-8", async () => {
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

  test("a broken configuration is refused with the place of every mistake", async () => {
    const options = { policyRoot: "/nowhere", proxyPort: 0, nginxVariables: {}, onLog: () => undefined };
    const configText = '_format_version: "3.0"\ncerts: []\nupstream: []\n';
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
