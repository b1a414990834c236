import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createFrameReader, encodeFrame } from "../../../plugin/server/protocol/frames.ts";
import { RpcCallMessage, RpcReturnMessage, StringMessage } from "../../../plugin/server/protocol/messages.ts";
import type { Subject } from "./subject.ts";

/** The parts of a client's request that the plugin sees. */
export interface SentRequest {
  readonly token?: string;
  readonly target?: string;
  /** This request line replaces method, target and version. */
  readonly requestLine?: string;
  /** The version in the request line; nginx writes `2.0` for HTTP/2. */
  readonly version?: "1.1" | "2.0";
  readonly headers?: Readonly<Record<string, string>>;
  /** The client's address. */
  readonly client?: string;
}

/** The real plugin server of one clone. The bench calls it over its socket, like a Kong worker. */
export interface PluginServer {
  /** Its socket. */
  readonly path: string;
  /** Frames of an event for this request, for {@link ask}. */
  prepare(request: SentRequest): PreparedEvent;
  /** Sends one event on a free connection, and resolves with the event's result. */
  ask(event: PreparedEvent): Promise<EventOutcome>;
  /** Nanoseconds of processor time that the process has used, threads of the pool included. */
  cpuNanos(): number;
  stop(): void;
}

export type PreparedEvent = { readonly call: Buffer; readonly reply: Buffer };

interface EventOutcome {
  /** The status of the answer; 200 if the request passes. */
  readonly status: number;
}

interface Lane {
  readonly socket: Socket;
  onFrame: (frame: Buffer) => void;
}

const PROXIED = 200;
const EXIT = "kong.response.exit";
const GET_VAR = "kong.nginx.get_var";
const POLICY_FILE = "bench.json";
const MORE_HEADERS = ["cookie", "upgrade", "x-token"];

/** Further policies and instances of a server. They judge none of the requests. */
export interface MoreWork {
  /** The number of other policies. Each entity has one plugin instance. */
  readonly otherPolicies: number;
  /** The number of instances of the judging policy, which take turns. */
  readonly instances: number;
}

/**
 * @param policyText the text of the policy file.
 * @param rule the rule that judges.
 */
export async function startPluginServer(
  subject: Subject,
  policyText: string,
  rule = "read",
  more: MoreWork = { otherPolicies: 0, instances: 1 },
): Promise<PluginServer> {
  const directory = mkdtempSync(join(tmpdir(), "bench-server-"));
  const policies = join(directory, "policies");
  mkdirSync(policies);
  const others = Array.from({ length: more.otherPolicies }, (_, index) => `other-${index}.json`);
  for (const file of [POLICY_FILE, ...others]) {
    writeFileSync(join(policies, file), policyText);
  }
  const main = join(subject.directory, "dist/plugin/server/main.js");
  const path = join(directory, "s");
  const command = [main, "--socket", path, "--policy-root", policies, "--facts-variable"];
  const files = [...others, ...Array<string>(more.instances).fill(POLICY_FILE)];
  return driveServer({
    subject,
    directory,
    path,
    command,
    configs: files.map((file) => ({ policy_file: file, rule })),
  });
}

/** Starts the server of bench/socket/bare-server.ts. It only checks signatures with this key. */
export function startBareServer(subject: Subject, publicJwk: object): Promise<PluginServer> {
  const directory = mkdtempSync(join(tmpdir(), "bench-server-"));
  const path = join(directory, "s");
  const main = fileURLToPath(new URL("../socket/bare-server.js", import.meta.url));
  const configs = [{ policy_file: POLICY_FILE, rule: "read" }];
  return driveServer({ subject, directory, path, command: [main, path, JSON.stringify(publicJwk)], configs });
}

interface Started {
  readonly subject: Subject;
  /** The directory of the socket `path`. It is removed at the end. */
  readonly directory: string;
  readonly path: string;
  /** The arguments of node. */
  readonly command: readonly string[];
  /** The instances to start. The instances of the measured policy take turns. */
  readonly configs: readonly InstanceConfig[];
}

interface InstanceConfig {
  readonly policy_file: string;
  readonly rule: string;
}

async function driveServer({ subject, directory, path, command, configs }: Started): Promise<PluginServer> {
  const child = await spawnServer(command);
  const free: Lane[] = [];
  const takeLane = async (): Promise<Lane> => free.pop() ?? openLane(path);
  const lane = await takeLane();
  const calls: Buffer[] = [];
  for (const [index, config] of configs.entries()) {
    const instanceId = await startInstance(lane, config, index);
    if (config.policy_file === POLICY_FILE) {
      const event = { instanceId, eventName: "access" };
      calls.push(encodeFrame(RpcCallMessage.encode({ sequence: 7, cmdHandleEvent: event })));
    }
  }
  free.push(lane);
  let count = 0;
  return {
    path,
    prepare(request) {
      count += 1;
      const facts = writeFacts(subject, request, count);
      const call = calls[count % calls.length] ?? NOTHING;
      return { call, reply: encodeFrame(StringMessage.encode({ v: facts })) };
    },
    async ask(event) {
      const lane = await takeLane();
      const outcome = await playEvent(lane, event);
      if (outcome.status === PROXIED) {
        free.push(lane); // Kong abandons a connection after an exit.
      } else {
        lane.socket.destroy();
      }
      return outcome;
    },
    cpuNanos: () => readCpuNanos(child),
    stop() {
      for (const { socket } of free) {
        socket.destroy();
      }
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function spawnServer(command: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, command, { env: {}, stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => chunk.includes("listens on") && resolve());
    child.once("exit", (code) => reject(new Error(`the plugin server ended with ${code}`)));
  });
  return child;
}

async function openLane(path: string): Promise<Lane> {
  const socket = connect(path);
  const lane: Lane = { socket, onFrame: () => {} };
  const read = createFrameReader((frame) => lane.onFrame(Buffer.from(frame)));
  socket.on("data", read);
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return lane;
}

/** @param index becomes a part of the plugin's id, so that each instance has a different id. */
function startInstance(lane: Lane, { policy_file, rule }: InstanceConfig, index: number): Promise<number> {
  const id = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
  const config = JSON.stringify({ policy_file, rule, __plugin_id: id, __seq__: 1 });
  return new Promise((resolve) => {
    lane.onFrame = (frame) => resolve(RpcReturnMessage.decode(frame).instanceStatus?.instanceId ?? 0);
    lane.socket.write(
      encodeFrame(
        RpcCallMessage.encode({ sequence: 1, cmdStartInstance: { name: "jwt-policy", config: Buffer.from(config) } }),
      ),
    );
  });
}

const NOTHING = encodeFrame(new Uint8Array());

/** Kong's part of one event. */
function playEvent(lane: Lane, { call, reply }: PreparedEvent): Promise<EventOutcome> {
  const { socket } = lane;
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error("the plugin server closed the connection instead of answering"));
    const end = (status: number): void => {
      socket.off("close", onClose);
      resolve({ status });
    };
    socket.once("close", onClose);
    lane.onFrame = pairFrames((method, args) => {
      switch (method) {
        case "":
          return end(PROXIED);
        case EXIT:
          return end(readStatus(args));
        case GET_VAR:
          return void socket.write(reply);
        default:
          return void socket.write(NOTHING);
      }
    });
    socket.write(call);
  });
}

/** The server writes each call as two frames: the method and the arguments. */
function pairFrames(onCall: (method: string, args: Buffer) => void): (frame: Buffer) => void {
  let method: string | undefined;
  return (frame) => {
    if (method === undefined) {
      method = frame.toString();
    } else {
      const called = method;
      method = undefined;
      onCall(called, frame);
    }
  };
}

/** Field 1 of ExitArgs, a varint of two bytes. */
function readStatus(frame: Buffer): number {
  return ((frame[1] ?? 0) & 127) | ((frame[2] ?? 0) << 7);
}

function writeFacts({ facts }: Subject, request: SentRequest, count: number): string {
  const { token, target = "/items/1", version = "1.1", client = "10.0.0.1" } = request;
  const { requestLine = `GET ${target} HTTP/${version}` } = request;
  const headers: Readonly<Record<string, string>> = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...request.headers,
  };
  const template = facts.renderFacts(MORE_HEADERS).replaceAll("\\n", "\n");
  const [head, , , ...rest] = template.split("\n");
  const values = rest
    .slice(0, -1)
    .map((variable) => headers[variable.slice("$http_".length).replaceAll("_", "-")] ?? "");
  const id = count.toString(16).padStart(32, "0");
  return [head, requestLine, `https ${client} ${client}`, ...values, id].join("\n");
}

function readCpuNanos({ pid }: ChildProcess): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).reduce((sum, task) => {
    const [onCpu = "0"] = readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ");
    return sum + Number(onCpu);
  }, 0);
}
