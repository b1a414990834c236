import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  identifySocket,
  isAnswered,
  keepSocket,
  listenOnSocket,
  waitAtMost,
  waitForReadiness,
  waitForTurn,
} from "../../../../plugin/server/process/listen.ts";
import { row } from "../../../row.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = temporaryFolder(onTestFinished);
  path = join(directory, "s");
});

async function listen(): Promise<{ server: Server; identity: string | undefined }> {
  const server = await listenOnSocket(path, 0o600, (socket) => socket.on("error", () => {}));
  onTestFinished(() => void server.close());
  return { server, identity: identifySocket(path) };
}

/** The remains of a killed process: a socket's file without a process. */
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

it("a probe closes its connection", async () => {
  let noteClosed = (): void => {};
  const closed = new Promise<void>((resolve) => {
    noteClosed = resolve;
  });
  const server = await listenOnSocket(path, 0o600, (socket) => socket.resume().on("close", noteClosed));
  onTestFinished(() => void server.close());
  expect(await isAnswered(path)).toBe(true);
  await closed;
});

describe("waitForTurn", () => {
  /**
   * Waits for the turn of a process that is not ready. Calls a function at each of the process's checks. @returns the
   * number of checks.
   */
  const countLooks = async (onLook: (looks: number) => unknown): Promise<number> => {
    let looks = 0;
    await waitForTurn(path, () => {
      looks += 1;
      return onLook(looks) === true;
    });
    return looks;
  };

  it.each<[what: string, setUp: () => unknown]>([
    ["nothing is there", () => {}],
    ["a killed process left its socket", leaveDeadSocket],
  ])("gives the turn at the first check to a process that is not ready if %s", async (_what, setUp) => {
    await setUp();
    expect(await countLooks(() => false)).toBe(1);
  });

  it("at the first check, a ready process gets the turn, even if another process answers", async () => {
    await listen();
    expect(await countLooks(() => true)).toBe(1);
  });

  it("gives no turn to a process until it is ready, while another process answers", async () => {
    await listen();
    expect(await countLooks((looks) => looks === 5)).toBe(5);
  });

  it.each<[what: string, end: (server: Server) => void]>([
    ["ends", (server) => void server.close()],
    ["loses its socket's file", () => rmSync(path)],
  ])("gives the turn to a process that is not ready when the other process %s", async (_what, end) => {
    const { server } = await listen();
    expect(await countLooks((looks) => looks === 3 && end(server))).toBe(3);
  });
});

describe("waitForReadiness", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  it.each<[what: string, readyAt: number, maxMs: number, looks: number]>([
    ["not at all for a process that is ready", 1, 0, 1],
    ["for a process that is ready in time", 3, 100, 3],
    ["at most for the longest time", 9, 100, 5],
    ["without a limit if the longest time is endless", 9, Number.POSITIVE_INFINITY, 9],
  ])("waits %s", async (_what, readyAt, maxMs, looks) => {
    let count = 0;
    const isReady = (): boolean => {
      count += 1;
      vi.advanceTimersByTime(20); // So the fifth look ends after 100 ms.
      return count === readyAt;
    };
    await waitForReadiness(isReady, maxMs);
    expect(count).toBe(looks);
  });
});

describe("waitAtMost", () => {
  const never = new Promise<void>(() => {});

  it("waits for the event", async () => {
    let isWarm = false;
    const warmed = new Promise((resolve) => setImmediate(resolve)).then(() => {
      isWarm = true;
    });
    await waitAtMost(100_000, warmed);
    expect(isWarm).toBe(true);
  });

  it("ends the wait after the longest time, so that a thread that does not start cannot keep the socket closed", async () => {
    await expect(waitAtMost(1, never)).resolves.toBeUndefined();
  });
});

describe("keepSocket", () => {
  /** Checks come when the test allows them. Sockets and files are real. */
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  /** Runs some checks. Each is over when the next one is planned. */
  const look = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      vi.advanceTimersToNextTimer();
      while (vi.getTimerCount() === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };

  /** A minimal process that keeps its socket. */
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
    return kept;
  };

  it.each<[what: string, take: () => unknown]>([
    row("the socket's file was removed", () => rmSync(path)),
    row("it was renamed", () => renameSync(path, `${path}.old`)),
    row("the process that had taken it over is gone", leaveDeadSocket),
    row("a plain file replaced the socket", () => {
      rmSync(path);
      writeFileSync(path, "");
    }),
    row("a link to itself replaced the socket", () => {
      rmSync(path);
      symlinkSync(path, path);
    }),
  ])("listens again if %s, once, and says so", async (_what, take) => {
    const kept = await keep();
    await take();
    await look(1);
    expect(await isAnswered(path)).toBe(true);
    await look(3);
    expect(kept.times).toBe(2);
    expect(kept.log).toEqual([
      `no process listened on the socket ${path} any more, so this process listens on it again`,
    ]);
  });

  it("never takes the socket from a live process, but takes it after that process has ended", async () => {
    const kept = await keep();
    const other = await listen();
    await look(3);
    expect([kept.times, identifySocket(path)]).toEqual([1, other.identity]);
    other.server.close();
    await look(1);
    expect(kept.times).toBe(2);
  });

  it("does nothing if the process got the socket back, or should end, during the check", async () => {
    let looks = 0;
    let times = 0;
    const isFine = (): boolean => {
      looks += 1;
      return looks % 2 === 0; // The socket is not fine before the probe, and fine after it.
    };
    keepSocket(
      isFine,
      path,
      async () => {
        times += 1;
      },
      () => {},
    );
    await look(2);
    expect([looks, times]).toEqual([4, 0]);
  });

  it("does nothing after the process should end", async () => {
    const kept = await keep();
    kept.isEnding = true;
    rmSync(path);
    await look(3);
    expect(kept.times).toBe(1);
  });

  it("continues to try if it cannot listen, and says why", async () => {
    const kept = await keep();
    renameSync(directory, `${directory}-away`);
    await look(3);
    expect(kept.log).toEqual([expect.stringMatching(/^cannot listen: /)]);
    renameSync(`${directory}-away`, directory);
    rmSync(path);
    await look(1);
    expect(kept.times).toBe(2);
  });
});
