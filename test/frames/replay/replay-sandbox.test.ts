import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { FACTS_VARIABLE } from "../../../plugin/kong/facts/facts-variable.ts";
import { readKongConfig } from "../../../sandbox/config/kong-config.ts";
import { startEchoUpstream } from "../../../sandbox/demo/echo-upstream.ts";
import { startGateway } from "../../../sandbox/gateway/gateway.ts";
import { createPluginClient } from "../../../sandbox/plugin/plugin-client.ts";
import { waitFor } from "../../gateways/gateway.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { readMeanings } from "../meanings.ts";
import { sendRaw } from "../raw-request.ts";
import { type Frame, isUpdating, loadRecording } from "../record/recording.ts";
import { createKongConfig, SCENARIOS } from "../scenarios.ts";
import { isWhole, readSteps } from "../steps.ts";
import { readWireFields } from "../wire-fields.ts";
import { startReplayedServer } from "./replayed-server.ts";

interface Replay {
  readonly status: number;
  readonly frames: readonly Frame[];
}

describe.skipIf(isUpdating)("the sandbox sends the same frames to the plugin server as a real Kong", () => {
  const { conversations } = loadRecording();
  const replays = new Map<string, Replay>();
  const socketPath = join(temporaryFolder(), "server.socket");
  const endings: (() => unknown)[] = [];
  const findFrames = (name: string): readonly Frame[] =>
    conversations.find((conversation) => conversation.name === name)?.frames ?? [];

  beforeAll(async () => {
    const server = await startReplayedServer(socketPath);
    endings.push(server.stop);
    const port = await startSandboxGateway(socketPath, endings);
    // The sandbox reads its configuration once.
    for (const { name, request } of SCENARIOS.filter(({ afterReload }) => !afterReload)) {
      server.begin(findFrames(name));
      const status = await sendRaw(port, request);
      await waitFor(() => isWhole(server.said) || undefined);
      replays.set(name, { status, frames: [...server.said] });
    }
  });
  afterAll(async () => {
    for (const end of endings.reverse()) {
      await end();
    }
  });

  it.for(SCENARIOS)("$name", ({ name, status, afterReload }, context) => {
    if (afterReload) {
      context.skip("the sandbox reads its configuration once, so it never closes an instance");
    }
    const kong = findFrames(name);
    const sandbox = replays.get(name);
    expect(sandbox?.status).toBe(status);
    expect(readMeanings(sandbox?.frames ?? [])).toEqual(readMeanings(kong));
    expect(readReplyBytes(sandbox?.frames ?? [])).toEqual(readReplyBytes(kong));
  });

  it("omits only fields of a Route that the plugin does not read: times, redirect status, preserve_host, a false strip_path", () => {
    const { name } = SCENARIOS.find((scenario) => scenario.name.includes("all its fields")) ?? { name: "" };
    const [kong, sandbox] = [findFrames(name), replays.get(name)?.frames ?? []].map(readRouteFieldIds);
    expect(kong?.filter((id) => !sandbox?.includes(id))).toEqual([2, 3, 10, 12, 13]);
    expect(sandbox?.filter((id) => !kong?.includes(id))).toEqual([]);
  });
});

/** The test also compares the bytes of these replies, because decoded text does not show bytes that are not UTF-8. */
function readReplyBytes(frames: readonly Frame[]): object[] {
  return readSteps(frames)
    .filter(({ what }) => what === "reply to kong.nginx.get_var" || what === "reply to kong.request.get_headers")
    .map(({ what, payload }) => ({ what, fields: readWireFields(maskRequestId(payload)) }));
}

/** Each gateway has different ids. All ids have the same length. */
function maskRequestId(payload: Buffer): Buffer {
  const text = payload.toString("latin1").replace(/(?<=\n)[0-9a-f]{32}$/, "0".repeat(32));
  return Buffer.from(text, "latin1");
}

function readRouteFieldIds(frames: readonly Frame[]): number[] {
  const reply = readSteps(frames).find(({ what }) => what === "reply to kong.router.get_route");
  return [...new Set(readWireFields(reply?.payload ?? Buffer.alloc(0)).map(({ id }) => id))];
}

async function startSandboxGateway(socketPath: string, endings: (() => unknown)[]): Promise<number> {
  const upstream = await startEchoUpstream(0);
  endings.push(upstream.stop);
  const read = readKongConfig(stringify(createKongConfig(`http://127.0.0.1:${upstream.port}`)));
  if (!read.ok) {
    throw new Error(JSON.stringify(read.failure));
  }
  const log = (): void => {};
  const pluginClient = createPluginClient({ socketPath, readTimeout: 2_000, log });
  endings.push(pluginClient.close);
  const nginxVariables = { [FACTS_VARIABLE.name]: FACTS_VARIABLE.value };
  const gateway = await startGateway({ config: read.value, pluginClient, port: 0, nginxVariables, log });
  endings.push(gateway.stop);
  return gateway.port;
}
