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
  /** In place of method, target and version. */
  readonly requestLine?: string;
  /** Of the request line; nginx writes `2.0` for HTTP/2. */
  readonly version?: "1.1" | "2.0";
  readonly headers?: Readonly<Record<string, string>>;
  /** The client's address. */
  readonly client?: string;
}

/** The real process of one clone, with calls over its socket like those of a Kong worker. */
export interface PluginServer {
  /** Its socket. */
  readonly path: string;
  /** Frames of an event for this request, for {@link ask}. */
  prepare(request: SentRequest): PreparedEvent;
  /** Sends one event on a free connection; resolves with its result. */
  ask(event: PreparedEvent): Promise<EventOutcome>;
  /** Nanoseconds of processor time that the process has used, threads of the pool included. */
  cpuNanos(): number;
  stop(): void;
}

export type PreparedEvent = { readonly call: Buffer; readonly reply: Buffer };

interface EventOutcome {
  /** Of the answer; 200 if the request passes. */
  readonly status: number;
}

interface Lane {
  readonly socket: Socket;
  onFrame: (frame: Buffer) => void;
}

const PROXIED = 200;
const EXIT = "kong.response.exit";
const GET_VAR = "kong.nginx.get_var";
const MORE_HEADERS = ["cookie", "upgrade", "x-token"];

/**
 * @param policyText what the policy file has.
 * @param rule the one that judges.
 */
export async function startPluginServer(subject: Subject, policyText: string, rule = "read"): Promise<PluginServer> {
  const directory = mkdtempSync(join(tmpdir(), "bench-server-"));
  mkdirSync(join(directory, "policies"));
  writeFileSync(join(directory, "policies/bench.json"), policyText);
  const main = join(subject.directory, "dist/plugin/server/main.js");
  const path = join(directory, "s");
  return driveServer(subject, rule, directory, path, [
    main,
    ...["--socket", path, "--policy-root", join(directory, "policies"), "--facts-variable"],
  ]);
}

/** Starts the server of bare-server.ts, which only checks signatures with this key. */
export function startBareServer(subject: Subject, publicJwk: object): Promise<PluginServer> {
  const directory = mkdtempSync(join(tmpdir(), "bench-server-"));
  const path = join(directory, "s");
  const main = fileURLToPath(new URL("../bare-server.js", import.meta.url));
  return driveServer(subject, "read", directory, path, [main, path, JSON.stringify(publicJwk)]);
}

/** @param directory has the socket `path`, and is removed at the end. */
async function driveServer(
  subject: Subject,
  rule: string,
  directory: string,
  path: string,
  command: readonly string[],
): Promise<PluginServer> {
  const child = await spawnServer(command);
  const free: Lane[] = [];
  const takeLane = async (): Promise<Lane> => free.pop() ?? openLane(path);
  const instanceId = await startInstance(await takeLane(), rule);
  const call = encodeFrame(RpcCallMessage.encode({ sequence: 7, cmdHandleEvent: { instanceId, eventName: "access" } }));
  let count = 0;
  return {
    path,
    prepare(request) {
      count += 1;
      const facts = writeFacts(subject, request, count);
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

function startInstance(lane: Lane, rule: string): Promise<number> {
  const config = JSON.stringify({ policy_file: "bench.json", rule, __plugin_id: "0".repeat(36), __seq__: 1 });
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

/** The server writes each call as two frames: a method and its arguments. */
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
