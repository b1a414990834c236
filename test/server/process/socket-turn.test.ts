import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  identifySocket,
  isAnswered,
  keepSocket,
  listenOnSocket,
  waitAtMost,
  waitForTurn,
} from "../../../plugin/server/process/listen.ts";
import { eventually } from "../server-process.ts";

/** Far more than anything here takes on a busy machine. */
const SOON = 15_000;
/** Several looks. */
const A_WHILE = 1_500;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "turn-"));
  path = join(directory, "s");
  return () => rmSync(directory, { recursive: true, force: true });
});

async function listen(): Promise<{ server: Server; identity: string | undefined }> {
  const server = await listenOnSocket(path, 0o600, (socket) => socket.on("error", () => {}));
  onTestFinished(() => void server.close());
  return { server, identity: identifySocket(path) };
}

/** What is left when a process is killed: a socket's file behind which nobody is. */
async function leaveDeadSocket(): Promise<void> {
  const { server } = await listen();
  await new Promise((resolve) => server.close(resolve));
}

describe("isAnswered", () => {
  it.each<[what: string, setUp: () => unknown, answered: boolean]>([
    ["a process that listens", listen, true],
    ["nothing at all", () => {}, false],
    ["the socket of a process that is gone", leaveDeadSocket, false],
    ["a plain file", () => writeFileSync(path, ""), false],
    ["a directory", () => mkdirSync(path), false],
  ])("%s: %s", async (_what, setUp, answered) => {
    await setUp();
    expect(await isAnswered(path)).toBe(answered);
  });
});

describe("waitForTurn", () => {
  const startWaiting = (isReady: () => boolean): { hasTurn: boolean } => {
    const waiting = { hasTurn: false };
    void waitForTurn(path, isReady).then(() => {
      waiting.hasTurn = true;
    });
    return waiting;
  };

  it("gives it at once where nobody answers, ready or not", async () => {
    await waitForTurn(path, () => false);
    await leaveDeadSocket();
    await waitForTurn(path, () => false);
  });

  it("gives it at once to whoever is ready, answered or not", async () => {
    await listen();
    await waitForTurn(path, () => true);
  });

  it("keeps it from whoever is not ready while another process answers, until it is", async () => {
    await listen();
    let isReady = false;
    const waiting = startWaiting(() => isReady);
    await sleep(A_WHILE);
    expect(waiting.hasTurn).toBe(false);
    isReady = true;
    expect(await eventually(() => waiting.hasTurn, SOON)).toBe(true);
  });

  it.each<[what: string, end: (server: Server) => void]>([
    ["ends", (server) => void server.close()],
    ["loses its socket's file", () => rmSync(path)],
  ])("gives it to whoever is not ready when the other process %s", async (_what, end) => {
    const { server } = await listen();
    const waiting = startWaiting(() => false);
    await sleep(300);
    end(server);
    expect(await eventually(() => waiting.hasTurn, SOON)).toBe(true);
  });
});

describe("waitAtMost", () => {
  const never = new Promise<void>(() => {});

  it("waits for the event", async () => {
    let isWarm = false;
    const warmed = Promise.resolve().then(() => {
      isWarm = true;
    });
    await waitAtMost(100_000, warmed);
    expect(isWarm).toBe(true);
  });

  it("gives up after the longest wait, so that a thread that does not start cannot keep the socket closed", async () => {
    await expect(waitAtMost(1, never)).resolves.toBeUndefined();
  });
});

describe("keepSocket", () => {
  /** A process that keeps its socket, in its smallest form. */
  const keep = async () => {
    const kept = { identity: (await listen()).identity, times: 1, isEnding: false, log: [] as string[] };
    keepSocket(
      () => kept.isEnding || identifySocket(path) === kept.identity,
      path,
      async () => {
        kept.identity = (await listen()).identity;
        kept.times += 1;
      },
      (line) => kept.log.push(line),
    );
    onTestFinished(() => {
      kept.isEnding = true;
    });
    return kept;
  };

  it.each<[what: string, take: () => unknown]>([
    ["the socket's file was removed", () => rmSync(path)],
    ["it was renamed", () => renameSync(path, `${path}.old`)],
    ["the process that had taken it over is gone", leaveDeadSocket],
    [
      "a plain file was put in its place",
      () => {
        rmSync(path);
        writeFileSync(path, "");
      },
    ],
    [
      "a link that leads nowhere but to itself was put in its place",
      () => {
        rmSync(path);
        symlinkSync(path, path);
      },
    ],
  ])("listens again when %s, once, and says so", async (_what, take) => {
    const kept = await keep();
    await take();
    expect(await eventually(() => kept.times === 2, SOON)).toBe(true);
    expect(await isAnswered(path)).toBe(true);
    await sleep(A_WHILE);
    expect(kept.times).toBe(2);
    expect(kept.log).toEqual([`nobody serves the socket ${path} any more: listening on it again`]);
  });

  it("never takes it from a live process, but when that one is gone", async () => {
    const kept = await keep();
    const other = await listen();
    await sleep(A_WHILE);
    expect([kept.times, identifySocket(path)]).toEqual([1, other.identity]);
    other.server.close();
    expect(await eventually(() => kept.times === 2, SOON)).toBe(true);
  });

  it("lets it be once the process is to end", async () => {
    const kept = await keep();
    kept.isEnding = true;
    rmSync(path);
    await sleep(A_WHILE);
    expect(kept.times).toBe(1);
  });

  it("goes on trying where it cannot listen, and says why", async () => {
    const kept = await keep();
    renameSync(directory, `${directory}-away`);
    expect(await eventually(() => kept.log.some((line) => line.startsWith("cannot listen: ")), SOON)).toBe(true);
    renameSync(`${directory}-away`, directory);
    rmSync(path);
    expect(await eventually(() => kept.times === 2, SOON)).toBe(true);
  });
});
