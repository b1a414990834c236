import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuthenticateArgsMessage, headersToStruct, StructMessage } from "../../plugin/server/protocol/messages.ts";
import { findFreePort } from "../../test/gateways/free-port.ts";
import { waitFor } from "../../test/gateways/gateway.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { type RecordingUpstream, startRecordingUpstream } from "../../test/gateways/recording-upstream.ts";
import { type AdminKong, findMissingKong, startAdminKong } from "../../test/kong/schema/admin-kong.ts";
import { type FakePluginServer, startFakePluginServer } from "../../test/sandbox/fake-plugin-server.ts";

type Call = readonly [method: string, args: Uint8Array];

const GOOD: Call = [
  "kong.client.authenticate",
  AuthenticateArgsMessage.encode({ consumer: { id: "1" }, credential: { id: "1", consumerId: "1" } }),
];
const HEADERS: Call = ["kong.service.request.set_headers", StructMessage.encode(headersToStruct({ "x-user-id": "a" }))];
const missing = findMissingKong();

/**
 * The plugin server sends all calls of an Allow and its end in one write. It does not wait for Kong's answers. The test
 * shows why one write is safe.
 */
describe("a Kong whose plugin server sends several calls and the end of the event at once", () => {
  if (missing !== undefined) {
    reportMissing("proxies nothing when one of them fails", missing);
    return;
  }
  let calls: readonly Call[] = [];
  let directory: string;
  let server: FakePluginServer;
  let upstream: RecordingUpstream;
  let kong: AdminKong;
  let url: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "failing-call-"));
    upstream = await startRecordingUpstream();
    server = await startFakePluginServer({
      onEvent(peer) {
        peer.send(...calls.flat(), "");
        peer.answer();
      },
    });
    const service = { name: "s", url: `http://127.0.0.1:${upstream.port}`, routes: [{ name: "r", paths: ["/"] }] };
    const plugins = [{ name: "jwt-policy", config: { policy_file: "a.yaml" } }];
    const configFile = join(directory, "kong.json");
    await writeFile(configFile, JSON.stringify({ _format_version: "3.0", services: [service], plugins }));
    const port = await findFreePort();
    url = `http://127.0.0.1:${port}`;
    kong = await startAdminKong(configFile, {
      KONG_PROXY_LISTEN: `127.0.0.1:${port}`,
      KONG_PLUGINSERVER_JWT_POLICY_SOCKET: server.socketPath,
    });
    await waitFor(async () => ((await ask("gap", [])) === 200 ? true : undefined), 20_000);
  }, 120_000);
  afterAll(async () => {
    await kong?.stop();
    await server?.stop();
    await upstream?.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }, 60_000);

  async function ask(caseId: string, made: readonly Call[]): Promise<number> {
    calls = made;
    const answer = await fetch(url, { headers: { "x-case": caseId } });
    await answer.arrayBuffer();
    return answer.status;
  }

  it("proxies the request if each call succeeds", async () => {
    expect(await ask("good", [GOOD, HEADERS])).toBe(200);
    expect(upstream.headersOf("good")?.["x-user-id"]).toBe("a");
  });

  it.each<[what: string, calls: readonly Call[]]>([
    ["the first throws", [["kong.client.authenticate", new Uint8Array()], HEADERS]],
    ["the last throws", [GOOD, ["kong.client.authenticate", new Uint8Array()]]],
    ["there is no such method", [["kong.client.authenticate_all", new Uint8Array()], HEADERS]],
  ])("answers 500 and does not proxy the request when %s", async (what, made) => {
    expect(await ask(what, made)).toBe(500);
    expect(upstream.headersOf(what)).toBeUndefined();
  });

  it("handles the next request as usual", async () => {
    expect(await ask("after", [GOOD, HEADERS])).toBe(200);
  });
});
