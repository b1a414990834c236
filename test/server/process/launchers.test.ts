import { once } from "node:events";
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { connect, Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  controlPathOf,
  onMessage,
  pidPathOf,
  type ServerMessage,
  sendMessage,
} from "../../../plugin/server/launcher/control-messages.ts";
import { identifyProcess, type ProcessIdentity } from "../../../plugin/server/launcher/process-identity.ts";
import { Launchers } from "../../../plugin/server/process/launchers.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const SELF = identifyProcess(process.pid);
const GONE: ProcessIdentity = { pid: 999_999_999 };
const NO_DESCRIPTOR = -1;
const MAX_WAITING_LINES = 200;

/** Only the test moves the clock; sockets are real. */
let directory: string;
let launchers: Launchers;
let lastCallMs: number;
let ends: number;
let retirements: number;
let warnings: string[];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  directory = temporaryFolder(onTestFinished);
  lastCallMs = performance.now();
  ends = 0;
  retirements = 0;
  warnings = [];
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  await launchers.listen(); // Closes the control socket. There is no place for another control socket.
});

async function start(isQueue = false): Promise<void> {
  create(isQueue);
  await launchers.listen();
}

function create(isQueue: boolean): void {
  launchers = new Launchers({
    socket: join(directory, "s"),
    identity: "a",
    descriptor: NO_DESCRIPTOR,
    isQueue,
    onAttached() {},
    isEnding: () => false,
    lastCallMs: () => lastCallMs,
    onRetire() {
      retirements += 1;
    },
    onEnd() {
      ends += 1;
    },
    onWarning: (line) => warnings.push(line),
  });
}

interface Launcher {
  readonly socket: Socket;
  readonly messages: ServerMessage[];
  /** Resolves when the server has handled all messages of this launcher. */
  settle(): Promise<void>;
  leave(): Promise<void>;
}

/** A launcher that has said hello. */
async function attach(owner: ProcessIdentity = SELF): Promise<Launcher> {
  const socket = connect(controlPathOf(join(directory, "s")));
  const messages: ServerMessage[] = [];
  onMessage<ServerMessage>(socket, (message) => messages.push(message));
  sendMessage(socket, { type: "hello", owner });
  const countPongs = (): number => messages.filter(({ type }) => type === "pong").length;
  const settle = async (): Promise<void> => {
    const before = countPongs();
    sendMessage(socket, { type: "ping" });
    await expect.poll(countPongs).toBeGreaterThan(before);
  };
  await once(socket, "connect");
  await settle();
  return {
    socket,
    messages,
    settle,
    async leave() {
      socket.end();
      await once(socket, "close");
    },
  };
}

const linesOf = ({ messages }: Launcher): readonly string[] =>
  messages.flatMap((message) => (message.type === "log" ? [message.line] : []));

describe("the launchers of a server", () => {
  it("get the newest 200 lines that no launcher printed, once, and then each line as it comes", async () => {
    await start();
    for (let count = 1; count <= MAX_WAITING_LINES + 5; count += 1) {
      launchers.print(`line ${count}`, false);
    }
    const first = await attach();
    const waiting = linesOf(first);
    expect(first.messages.slice(0, 3).map(({ type }) => type)).toEqual(["welcome", "listening", "log"]);
    expect(first.messages[0]).toEqual({ type: "welcome", server: SELF, identity: "a", isEnding: false });
    expect([waiting.length, waiting[0], waiting.at(-1)]).toEqual([MAX_WAITING_LINES, "line 6", "line 205"]);
    const second = await attach();
    launchers.print("now", true);
    await second.settle();
    await first.settle();
    expect([linesOf(first).length, linesOf(second)]).toEqual([MAX_WAITING_LINES, ["now"]]);
    expect(second.messages).toContainEqual({ type: "log", line: "now", isWarning: true });
    await Promise.all([first.leave(), second.leave()]);
  });

  it("end the server only if no other launcher is attached", async () => {
    await start();
    const [first, second] = [await attach(), await attach()];
    sendMessage(first.socket, { type: "end" });
    await first.settle();
    expect(ends).toBe(0);
    await first.leave();
    sendMessage(second.socket, { type: "end" });
    await second.settle();
    launchers.tellEnding("SIGTERM", true);
    await second.settle();
    expect(ends).toBe(1);
    expect(second.messages).toContainEqual({ type: "ending", reason: "SIGTERM", isReplaced: true });
    await second.leave();
  });

  it("pass on warnings of the next server, and may ask this server to hand over", async () => {
    await start();
    const launcher = await attach();
    sendMessage(launcher.socket, { type: "warning", line: "warning: a.yaml is refused" });
    sendMessage(launcher.socket, { type: "warning", line: "a warning: b" });
    await launcher.settle();
    const from = "the next server, which waits for its turn: ";
    expect(warnings).toEqual([`${from}a.yaml is refused`, `${from}a warning: b`]);
    expect(retirements).toBe(0);
    sendMessage(launcher.socket, { type: "retire" });
    await launcher.settle();
    expect([retirements, ends]).toEqual([1, 0]);
    await launcher.leave();
  });

  it("find the server on one control socket after the other, and warn if there is none", async () => {
    await start();
    const close = vi.spyOn(Server.prototype, "close");
    await launchers.listen();
    expect(close).toHaveBeenCalledTimes(1);
    expect(existsSync(pidPathOf(join(directory, "s")))).toBe(true);
    expect(warnings).toEqual([]);
    rmSync(directory, { recursive: true, maxRetries: 5 });
    await launchers.listen();
    expect(warnings).toEqual([expect.stringMatching(/^no launcher can reach the server: ./)]);
    expect(close).toHaveBeenCalledTimes(2);
  });
});

describe("a server without a launcher is needed", () => {
  it.each<[what: string, isQueue: boolean, limitMs: number, reason: string]>([
    ["half a minute, because Kong starts the next launcher", false, 30_000, "no launcher is attached"],
    ["ten seconds if a service manager starts the next launcher", true, 10_000, "the service is stopped"],
  ])("for %s", async (_what, isQueue, limitMs, reason) => {
    await start(isQueue);
    const launcher = await attach();
    vi.advanceTimersByTime(60_000);
    expect(launchers.findReasonToEnd()).toBeUndefined();
    await launcher.leave();
    vi.advanceTimersByTime(limitMs);
    expect(launchers.findReasonToEnd()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(launchers.findReasonToEnd()).toBe(reason);
    lastCallMs = performance.now();
    expect(launchers.findReasonToEnd()).toBe(isQueue ? reason : undefined);
  });

  it("not before it listens, because the launcher that started it has ended", () => {
    create(false);
    expect(launchers.findReasonToEnd()).toBe("the launcher ended before the server listened");
  });

  it("only while Kong runs", async () => {
    await start();
    const launcher = await attach(GONE);
    expect(launchers.findReasonToEnd()).toBeUndefined();
    await launcher.leave();
    await expect.poll(() => launchers.findReasonToEnd()).toBe("Kong is gone");
  });
});

describe("the control socket", () => {
  /** Another process that has replaced the control socket. */
  async function replaceControl(): Promise<Server> {
    const path = controlPathOf(join(directory, "s"));
    const foreign = new Server().listen(`${path}.foreign`);
    await once(foreign, "listening");
    renameSync(`${path}.foreign`, path);
    return foreign;
  }
  const inodeOf = (): number => statSync(controlPathOf(join(directory, "s"))).ino;

  it("is taken back from another process that has replaced it, and stays if it is this server's", async () => {
    await start();
    const foreign = await replaceControl();
    await launchers.keepControl();
    const own = inodeOf();
    const launcher = await attach();
    await expect
      .poll(() => launcher.messages)
      .toContainEqual(expect.objectContaining({ type: "welcome", server: SELF }));
    await launchers.keepControl();
    expect(inodeOf()).toBe(own);
    await launcher.leave();
    foreign.close();
  });

  it("belongs to the newest server if a service manager keeps the plugin socket, and this server ends, once", async () => {
    await start(true);
    await launchers.keepControl();
    expect(retirements).toBe(0);
    const foreign = await replaceControl();
    const before = inodeOf();
    await launchers.keepControl();
    await launchers.keepControl();
    expect([inodeOf(), retirements]).toEqual([before, 1]);
    foreign.close();
  });

  it("does not end this server if it belongs to a process that is gone", async () => {
    await start(true);
    const foreign = await replaceControl();
    const path = controlPathOf(join(directory, "s"));
    linkSync(path, `${path}.kept`);
    foreign.close();
    renameSync(`${path}.kept`, path);
    await launchers.keepControl();
    expect(retirements).toBe(0);
  });

  it("is not tried again if this server could not create it", async () => {
    mkdirSync(join(controlPathOf(join(directory, "s")), "in-the-way"), { recursive: true });
    await start();
    await launchers.keepControl();
    expect(warnings).toHaveLength(1);
  });
});
