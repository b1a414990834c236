import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { identifySocket, listenOnSocket } from "../../../../plugin/server/process/listen.ts";
import { checkSocketPath } from "../../../../plugin/server/settings/server-options.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";
import { connectWorker, playEvent } from "../../protocol/raw-worker.ts";
import { createPlace, probeSocket, runServer } from "../../server-process.ts";

const createDirectory = (): string => temporaryFolder(onTestFinished);

/** A server that sends its name when a client connects. */
async function listen(path: string, name = "a", mode = 0o600): Promise<Server> {
  const server = await listenOnSocket(path, mode, (socket) => void socket.end(name));
  onTestFinished(() => void server.close());
  return server;
}

async function greeting(path: string): Promise<string> {
  const { connect } = await import("node:net");
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(path);
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

describe("listenOnSocket", () => {
  it("listens at the shared path and leaves no temporary name behind", async () => {
    const directory = createDirectory();
    await listen(join(directory, "s"));
    expect(readdirSync(directory)).toEqual(["s"]);
    expect(await greeting(join(directory, "s"))).toBe("a");
  });

  it.each([0o600, 0o660, 0o666])(
    "gives the socket the mode %i with any umask, and does not change the umask",
    async (mode) => {
      const path = join(createDirectory(), "s");
      const umask = process.umask(0o027);
      onTestFinished(() => void process.umask(umask));
      await listen(path, "a", mode);
      expect(statSync(path).mode & 0o777).toBe(mode);
      expect(process.umask(0o027)).toBe(0o027);
    },
  );

  it("takes the path from a live server, and the end of the old server does not remove the new socket", async () => {
    const directory = createDirectory();
    const path = join(directory, "s");
    const old = await listen(path, "old");
    await listen(path, "new");
    expect(await greeting(path)).toBe("new");
    await close(old);
    expect(await greeting(path)).toBe("new");
    expect(readdirSync(directory)).toEqual(["s"]);
  });

  it("takes the path over from a dead server's socket and from a plain file", async () => {
    const path = join(createDirectory(), "s");
    writeFileSync(path, "stale");
    await close(await listen(path, "old"));
    expect(await probeSocket(path)).toBe("ECONNREFUSED");
    await listen(path, "new");
    expect(await greeting(path)).toBe("new");
  });

  it("refuses if the path is a directory, and leaves no file behind", async () => {
    const directory = createDirectory();
    mkdirSync(join(directory, "s"));
    await expect(listen(join(directory, "s"))).rejects.toThrow("EISDIR");
    expect(readdirSync(directory)).toEqual(["s"]);
  });

  it("refuses if the directory does not exist", async () => {
    await expect(listen(join(createDirectory(), "none", "s"))).rejects.toThrow(/EACCES|ENOENT/);
  });
});

describe("the longest socket path", () => {
  const pathOf = (directory: string, bytes: number): string =>
    `${directory}/${"s".repeat(bytes - directory.length - 1)}`;

  it("that is accepted can be listened on", async () => {
    const path = pathOf(createDirectory(), 80);
    expect(() => checkSocketPath(path)).not.toThrow();
    await listen(path);
    expect(await greeting(path)).toBe("a");
  });

  it("is 80 bytes, not characters", () => {
    expect(() => checkSocketPath("/".padEnd(80, "s"))).not.toThrow();
    expect(() => checkSocketPath("/".padEnd(81, "s"))).toThrow(/has 81 bytes, at most 80 are possible$/);
    expect(() => checkSocketPath(`/${"ü".repeat(40)}`)).toThrow(/has 81 bytes/);
  });
});

describe("identifySocket", () => {
  it("returns undefined if there is no socket", () => {
    expect(identifySocket(join(createDirectory(), "s"))).toBeUndefined();
  });

  it("stays the same while one server listens, but changes when another server takes over", async () => {
    const path = join(createDirectory(), "s");
    await listen(path, "old");
    const first = identifySocket(path);
    expect(first).toBeDefined();
    expect(identifySocket(path)).toBe(first);
    await listen(path, "new");
    expect(identifySocket(path)).not.toBe(first);
  });
});

describe("two processes that overlap, as on `kong reload`", () => {
  it("use the path in turn: the old process serves its connections, and new connections go to the new process", async () => {
    const place = createPlace();
    const old = await runServer(place);
    const oldWorker = await connectWorker(place.socket);
    await oldWorker.start();
    await runServer(place);
    const newWorker = await connectWorker(place.socket);
    await oldWorker.expectSilence();
    await newWorker.expectSilence();

    old.child.kill("SIGINT");
    await old.ended;
    await oldWorker.closed;
    await newWorker.expectSilence();
    const another = await connectWorker(place.socket);
    await another.expectSilence();
    expect(readdirSync(place.directory).sort()).toEqual(["policies", "s", "s.generation-1"]);
  });

  it("do not treat each other's instance ids as their own", async () => {
    const place = createPlace();
    await runServer(place);
    const oldWorker = await connectWorker(place.socket);
    const { instanceStatus } = await oldWorker.start();
    await runServer(place);
    const newWorker = await connectWorker(place.socket);
    await newWorker.start();
    const { calls } = await playEvent(newWorker, instanceStatus?.instanceId ?? 0);
    expect(calls[0]?.method).toBe("no plugin instance");
  });
});
