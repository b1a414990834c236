import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { encodeFrame } from "../../../plugin/server/protocol/frames.ts";
import { RpcReturnMessage } from "../../../plugin/server/protocol/messages.ts";
import { startEchoUpstream } from "../../../sandbox/demo/echo-upstream.ts";
import { waitFor } from "../../gateways/gateway.ts";
import { sendRaw } from "../raw-request.ts";
import { createKongConfig, POLICIES, RECORDED_AT, SCENARIOS, type Scenario } from "../scenarios.ts";
import { isWhole, readSteps } from "../steps.ts";
import { type FrameProxy, startFrameProxy } from "./frame-proxy.ts";
import { type RecordedKong, startKong } from "./recorded-kong.ts";
import { startPluginServer } from "./recorded-server.ts";
import type { Conversation, Frame, Recording } from "./recording.ts";

/** Sends the scenarios' requests to a real Kong, and records the frames between Kong and the plugin server. */
export async function recordFrames(): Promise<Recording> {
  const directory = await mkdtemp(join(tmpdir(), "frames-"));
  const policyRoot = join(directory, "policies");
  const prefix = join(directory, "kong");
  const kongSocket = join(directory, "kong.socket");
  const serverSocket = join(directory, "server.socket");
  await mkdir(prefix);
  await writePolicies(policyRoot);
  const upstream = await startEchoUpstream(0);
  const upstreamUrl = `http://127.0.0.1:${upstream.port}`;
  const proxy = await startFrameProxy(kongSocket, serverSocket);
  let running: Scenario["server"] = "first";
  let server = await startPluginServer(running, serverSocket, policyRoot);
  let kong: RecordedKong | undefined;
  try {
    kong = await startKong(prefix, kongSocket, withTimes(createKongConfig(upstreamUrl)));
    const conversations: Conversation[] = [];
    for (const scenario of SCENARIOS) {
      if (scenario.server !== running) {
        running = scenario.server;
        await server.stop();
        server = await startPluginServer(running, serverSocket, policyRoot);
      }
      if (scenario.afterReload) {
        await kong.reload(withTimes(createKongConfig(upstreamUrl, ["/orders", "/reloaded"])));
      }
      conversations.push(await recordScenario(scenario, kong.proxyPort, proxy));
    }
    return { kong: kong.version, conversations };
  } finally {
    await kong?.stop();
    await proxy.stop();
    await server.stop();
    await upstream.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Kong tells the plugin when a Route was created. In this file, the time is always the same, so that new recordings do
 * not differ.
 */
function withTimes(config: ReturnType<typeof createKongConfig>): object {
  const times = { created_at: RECORDED_AT, updated_at: RECORDED_AT };
  const services = config.services.map((service) => ({
    ...service,
    routes: service.routes.map((route) => ({ ...route, ...times })),
  }));
  return { ...config, services };
}

export async function writePolicies(policyRoot: string): Promise<void> {
  await mkdir(policyRoot);
  for (const [file, policy] of Object.entries(POLICIES)) {
    await writeFile(join(policyRoot, file), stringify(policy));
  }
}

async function recordScenario(
  { name, request, status }: Scenario,
  port: number,
  proxy: FrameProxy,
): Promise<Conversation> {
  // A new route does not exist in Kong for the first few milliseconds.
  const answer = await waitFor(async () => {
    const got = await sendRaw(port, request);
    return got === 404 ? undefined : got;
  });
  if (answer !== status) {
    throw new Error(`${name}: answered ${answer} instead of ${status}`);
  }
  if (!(await waitFor(() => isWhole(proxy.peekFrames()) || undefined))) {
    throw new Error(`${name}: the conversation has no end`);
  }
  return { name, frames: fixTimes(proxy.takeFrames()) };
}

/**
 * `startedAt` is the only time that the server does not take from its clock. It takes it from the process. Kong does
 * not read it.
 */
export function fixTimes(frames: readonly Frame[]): Frame[] {
  const fixed = new Map<Frame, Frame>();
  for (const { what, payload, frame } of readSteps(frames)) {
    const message = what === "return" ? RpcReturnMessage.decode(payload) : undefined;
    if (message?.instanceStatus?.startedAt !== undefined) {
      const instanceStatus = { ...message.instanceStatus, startedAt: RECORDED_AT };
      const bytes = encodeFrame(RpcReturnMessage.encode({ ...message, instanceStatus }));
      fixed.set(frame, { ...frame, hex: bytes.toString("hex") });
    }
  }
  return frames.map((frame) => fixed.get(frame) ?? frame);
}
