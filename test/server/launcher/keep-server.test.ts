import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type LauncherMessage, onMessage, sendMessage } from "../../../plugin/server/launcher/control-messages.ts";
import { type KeptServer, keepServer } from "../../../plugin/server/launcher/keep-server.ts";
import { identifyProcess } from "../../../plugin/server/launcher/process-identity.ts";
import { createPlace } from "../server-process.ts";

const SELF = identifyProcess(process.pid);
const PING_MS = 1_000;
/** So many pings in a row may stay without an answer. */
const MAX_SILENT_PINGS = 6;

/** A ping is sent when the test lets it. The clock belongs to the test, and the sockets are real. */
let nowMs = 0;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

interface Scene {
  readonly kept: KeptServer;
  readonly messages: LauncherMessage["type"][];
  /** The servers that were reported as silent. */
  readonly silent: unknown[];
  readonly printed: string[];
  /** Sends one ping, at this time after the previous ping. The server answers it if `answers` is set. */
  ping(afterMs?: number): Promise<void>;
  setAnswers(answers: boolean): void;
}

/** A launcher, and a server on the other end of its connection. */
async function startScene(): Promise<Scene> {
  const path = join(createPlace().directory, "control");
  const listening = createServer().listen(path);
  onTestFinished(() => void listening.close());
  const launcher = connect(path);
  const [server] = (await once(listening, "connection")) as [Socket];
  const messages: LauncherMessage["type"][] = [];
  const silent: unknown[] = [];
  const printed: string[] = [];
  let answers = true;
  onMessage<LauncherMessage>(server, ({ type }) => {
    messages.push(type);
    if (type === "hello") {
      sendMessage(server, { type: "welcome", server: SELF, identity: "a", isEnding: false });
      sendMessage(server, { type: "log", line: "started", isWarning: false });
    } else if (answers) {
      sendMessage(server, { type: "pong" });
    }
  });
  server.on("error", () => {});
  const print = (line: string): void => void printed.push(line);
  const kept = keepServer(launcher, { owner: SELF, print, onSilence: (silentOne) => silent.push(silentOne) });
  onTestFinished(() => kept.leave());
  await kept.welcome;
  return {
    kept,
    messages,
    silent,
    printed,
    async ping(afterMs = PING_MS) {
      const expected = messages.length + 1;
      nowMs += afterMs;
      vi.advanceTimersByTime(PING_MS);
      while (messages.length < expected && silent.length === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let turn = 0; turn < 5; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve)); // The answer has arrived at this time.
      }
    },
    setAnswers(newAnswers) {
      answers = newAnswers;
    },
  };
}

describe("a server that a launcher keeps", () => {
  it("is killed if it answers no ping for longer than its own watchdog needs, and not earlier", async () => {
    const { kept, silent, printed, ping, setAnswers } = await startScene();
    for (let count = 0; count < 2 * MAX_SILENT_PINGS; count += 1) {
      await ping();
    }
    setAnswers(false);
    for (let count = 0; count < MAX_SILENT_PINGS; count += 1) {
      await ping();
    }
    expect(silent).toEqual([]);
    await ping();
    expect(silent).toEqual([SELF]);
    expect([printed, await kept.ended]).toEqual([["started"], undefined]);
  });

  it("does not count as silent while the launcher itself is paused", async () => {
    const { silent, ping, setAnswers } = await startScene();
    await ping();
    setAnswers(false);
    for (let count = 0; count < MAX_SILENT_PINGS; count += 1) {
      await ping();
    }
    await ping(2 * PING_MS + 1);
    for (let count = 0; count < MAX_SILENT_PINGS; count += 1) {
      await ping();
    }
    expect(silent).toEqual([]);
    await ping();
    expect(silent).toEqual([SELF]);
  });
});
