import childProcess, { spawn } from "node:child_process";
import { once } from "node:events";
import fs, { existsSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { onMessage, sendMessage, stderrPathOf } from "../../../plugin/server/launcher/control-messages.ts";
import { reachServer, readServerProcess, waitForServer } from "../../../plugin/server/launcher/find-server.ts";
import { findOwner, identifyProcess, isAlive } from "../../../plugin/server/launcher/process-identity.ts";
import { identifyServer, type ServerCommand } from "../../../plugin/server/launcher/server-identity.ts";
import { readLastWords } from "../../../plugin/server/launcher/start-server.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

function createFile(text: string): string {
  const directory = temporaryFolder(onTestFinished);
  writeFileSync(join(directory, "file"), text);
  return join(directory, "file");
}

describe("the identity of a server", () => {
  const commandOf = (changes: Partial<ServerCommand> = {}): ServerCommand => ({
    node: "/usr/bin/node",
    nodeOptions: [],
    main: createFile("code"),
    options: ["--socket", "/s"],
    environment: {},
    files: [],
    ...changes,
  });

  it("is the same for the same command, with any additional environment variables of Kong's shell", () => {
    const command = commandOf();
    const environment = { PWD: "/tmp", SHLVL: "1", _: "/usr/bin/env", OLDPWD: "/" };
    expect(identifyServer({ ...command, environment })).toBe(identifyServer(command));
  });

  it.each<[what: string, changes: () => Partial<ServerCommand>]>([
    ["another Node", () => ({ node: "/opt/node" })],
    ["other options of Node", () => ({ nodeOptions: ["--max-old-space-size=64"] })],
    ["other options", () => ({ options: ["--socket", "/s", "--facts-variable"] })],
    ["another variable for Node", () => ({ environment: { NODE_EXTRA_CA_CERTS: "/ca.pem" } })],
    ["another file to read at the start", () => ({ files: [createFile("fetch_settings: 1")] })],
    ["a file that is missing", () => ({ files: ["/no/such/file"] })],
  ])("differs for %s", (_what, changes) => {
    const command = commandOf();
    expect(identifyServer({ ...command, ...changes() })).not.toBe(identifyServer(command));
  });

  it.each<[what: string, pick: (path: string) => Partial<ServerCommand>]>([
    ["the code", (main) => ({ main })],
    ["a file that is read at the start", (file) => ({ files: [file] })],
  ])("differs when %s changed in place", (_what, pick) => {
    const path = createFile("one");
    const command = commandOf(pick(path));
    const before = identifyServer(command);
    writeFileSync(path, "two");
    expect(identifyServer(command)).not.toBe(before);
  });
});

/** From here on, the system has no /proc and does not have these programs. */
function hideProc(...programs: readonly string[]): void {
  const { readFileSync } = fs;
  vi.spyOn(fs, "readFileSync").mockImplementation((path, ...rest) => {
    if (String(path).startsWith("/proc/")) {
      throw new Error("there is no /proc");
    }
    return readFileSync(path, ...rest);
  });
  const { execFileSync } = childProcess;
  vi.spyOn(childProcess, "execFileSync").mockImplementation(((program: string, ...rest: never[]) => {
    if (programs.includes(program)) {
      throw new Error(`there is no ${program}`);
    }
    return execFileSync(program, ...rest);
  }) as never);
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
}

describe("a process", () => {
  it("is alive only with its own start time, because another process may have got its number", () => {
    const self = identifyProcess(process.pid);
    expect(isAlive(self)).toBe(true);
    expect(isAlive({ ...self, startedAt: "1" })).toBe(false);
  });

  it.runIf(existsSync("/proc/self/stat"))(
    "ends with the process, although its parent has not read its end",
    async () => {
      // The shell becomes a program that never reads the end of its child.
      const parent = spawn("/bin/sh", ["-c", "sleep 0.1 & echo $!; exec sleep 600"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void parent.kill("SIGKILL"));
      const [output] = await once(parent.stdout, "data");
      const child = identifyProcess(Number(String(output)));
      await expect.poll(() => isAlive(child), { timeout: 60_000 }).toBe(false);
      expect(() => process.kill(child.pid, 0)).not.toThrow();
    },
  );

  it("is not alive when it has ended", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    await once(child, "spawn");
    const identity = identifyProcess(child.pid ?? -1);
    expect(isAlive(identity)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isAlive(identity)).toBe(false);
  });

  it.each([
    ["EPERM", true],
    ["ESRCH", false],
  ])("that this user may not signal (%s) is alive: %s", (code, isRunning) => {
    const self = identifyProcess(process.pid);
    vi.spyOn(process, "kill").mockImplementation(() => {
      throw Object.assign(new Error("kill"), { code });
    });
    onTestFinished(() => void vi.restoreAllMocks());
    expect(isAlive(self)).toBe(isRunning);
  });

  it.each([Number.NaN, -5, 0, 0.5, 2 ** 31 - 1])("with the number %j is not alive", (pid) => {
    expect(isAlive({ pid })).toBe(false);
  });
});

describe("the owner of a launcher", () => {
  /**
   * Starts a process with the first title. This process starts a child with the second title. Returns the child's
   * process id.
   */
  async function startFamily(parentTitle: string, childTitle: string): Promise<{ parent: number; child: number }> {
    const nap = "setTimeout(() => {}, 60000)";
    const code = `const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, ["-e", ${JSON.stringify(nap)}], { argv0: ${JSON.stringify(childTitle)}, stdio: "ignore" });
      child.on("spawn", () => console.log(child.pid)); ${nap}`;
    const parent = spawn(process.execPath, ["-e", code], { argv0: parentTitle, stdio: ["ignore", "pipe", "ignore"] });
    const [chunk] = await once(parent.stdout, "data");
    const child = Number(String(chunk));
    onTestFinished(() => {
      process.kill(child, "SIGKILL");
      parent.kill("SIGKILL");
    });
    return { parent: parent.pid ?? -1, child };
  }

  it.each<[what: string, parent: string, child: string, owner: "parent" | "child"]>([
    ["nginx's master, where a worker of Kong started it", "nginx: master process", "nginx: worker process", "parent"],
    ["the worker, where its master was killed", "init", "nginx: worker process", "child"],
    ["the process that started it, if this process is not a worker", "nginx: master process", "node", "child"],
  ])("is %s", async (_what, parentTitle, childTitle, owner) => {
    const family = await startFamily(parentTitle, childTitle);
    expect(findOwner(family.child)).toEqual(identifyProcess(family[owner]));
    if (existsSync("/bin/ps")) {
      hideProc();
      expect(findOwner(family.child), "by ps").toEqual({ pid: family[owner] });
    }
  });

  it("is the process that started it, if the system has neither /proc nor ps", async () => {
    const family = await startFamily("nginx: master process", "nginx: worker process");
    hideProc("/bin/ps");
    expect(findOwner(family.child)).toEqual({ pid: family.child });
    expect(isAlive({ pid: family.child, startedAt: "1" })).toBe(true);
  });
});

describe("the search for a server", () => {
  it("reaches a control socket of this user, but no other kind of file and no socket without a process", async () => {
    const directory = temporaryFolder(onTestFinished);
    const path = join(directory, "control");
    expect(await reachServer(path)).toBeUndefined();
    writeFileSync(join(directory, "file"), "");
    expect(await reachServer(join(directory, "file"))).toBeUndefined();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    symlinkSync(path, join(directory, "link"));
    expect(await reachServer(join(directory, "link"))).toBeUndefined();
    const connection = await reachServer(path);
    expect(connection?.readyState).toBe("open");
    vi.spyOn(process, "getuid").mockReturnValue(54_321);
    expect(await reachServer(path), "of another user").toBeUndefined();
    vi.restoreAllMocks();
    renameSync(path, join(directory, "moved")); // So closing the server does not remove the socket's file.
    connection?.destroy();
    await new Promise((resolve) => server.close(resolve));
    expect(await reachServer(join(directory, "moved"))).toBeUndefined();
  });

  it.each<[text: string, process: object]>([
    ['{"pid":2,"startedAt":"7"}', { pid: 2, startedAt: "7" }],
    ['{"pid":1,"startedAt":"7"}', { pid: Number.NaN }],
    ['{"pid":-5,"startedAt":"7"}', { pid: Number.NaN }],
    ['{"pid":2.5,"startedAt":"7"}', { pid: Number.NaN }],
    ['{"pid":"22","startedAt":"7"}', { pid: Number.NaN }],
    ['{"pid":2}', { pid: Number.NaN }],
    ['{"pid":2,"startedAt":7}', { pid: Number.NaN }],
    ["null", { pid: Number.NaN }],
    ["", { pid: Number.NaN }],
  ])("reads the process of a silent server from %j", (text, process) => {
    expect(readServerProcess(createFile(text))).toEqual(process);
    expect(readServerProcess(`${createFile(text)}.none`)).toEqual({ pid: Number.NaN });
  });

  it.each<[title: string, states: string, found: string | undefined, left: number, looks: number]>([
    ["a server that is not ending, at once", "s", "s", 0, 1],
    ["the server that replaces an ending one", "e-es", "s", 2, 4],
    ["an ending server, if no other server comes in time", "eeeeeeeeee", "e", 4, 5],
    ["no server, if none comes in time", "----------", undefined, 0, 5],
  ])("waits for %s", async (_title, states, found, left, looks) => {
    let count = 0;
    let leaves = 0;
    const find = async () => {
      const state = states[count];
      count += 1;
      vi.advanceTimersByTime(20); // So the fifth look is the first look that ends after 99 ms.
      const leave = () => {
        leaves += 1;
      };
      return state === "-" ? undefined : { server: { leave }, isEnding: state === "e", state };
    };
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const waited = await waitForServer(find, { maxMs: 99, lookMs: 0 });
    expect([waited?.state, leaves, count]).toEqual([found, left, looks]);
  });
});

describe("the last words of a server", () => {
  const write = (text: string): string => {
    const socket = join(temporaryFolder(onTestFinished), "s");
    writeFileSync(stderrPathOf(socket), text);
    return socket;
  };

  it.each<[what: string, text: string, words: readonly string[]]>([
    ["are its lines, without empty lines", "out of\n\nmemory\n", ["out of", "memory"]],
    ["are the last 4,000 characters", `${"a".repeat(10)}${"b".repeat(4_000)}`, ["b".repeat(4_000)]],
    ["are none if it wrote nothing", "", []],
  ])("%s", (_what, text, words) => {
    expect(readLastWords(write(text))).toEqual(words);
  });

  it("are none if there is no file", () => {
    expect(readLastWords("/no/such/socket")).toEqual([]);
  });
});

describe("control messages", () => {
  async function openPair(): Promise<{ near: Socket; far: Socket }> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const near = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
    const [far] = (await once(server, "connection")) as [Socket];
    onTestFinished(() => {
      near.destroy();
      far.destroy();
      server.close();
    });
    return { near, far };
  }

  it("arrive complete and in order, for any split into chunks", async () => {
    const { near, far } = await openPair();
    const lines: string[] = [];
    const done = new Promise<void>((resolve) => {
      onMessage(far, (message) => {
        lines.push(message.type === "log" ? message.line : message.type);
        if (message.type === "pong") {
          resolve();
        }
      });
    });
    const text = JSON.stringify({ type: "log", line: "Prüfung", isWarning: false });
    for (const byte of Buffer.from(`${text}\n`)) {
      near.write(Buffer.of(byte));
    }
    sendMessage(near, { type: "listening" });
    sendMessage(near, { type: "pong" });
    await done;
    expect(lines).toEqual(["Prüfung", "listening", "pong"]);
  });

  it.each([
    ["no JSON", "HTTP/1.1 200 OK\r\n"],
    ["no line", "x".repeat(70_000)],
  ])("end the connection at %s", async (_what, text) => {
    const { near, far } = await openPair();
    const messages: unknown[] = [];
    onMessage(far, (message) => messages.push(message));
    near.on("error", () => {});
    near.write(`${text}${JSON.stringify({ type: "pong" })}\n`);
    await once(far, "close");
    expect([far.destroyed, messages]).toEqual([true, []]);
  });

  it("have at most 65,536 characters: one more ends the connection, even before the line ends", async () => {
    const { near, far } = await openPair();
    const lines: string[] = [];
    onMessage(far, (message) => lines.push(message.type === "log" ? message.line : message.type));
    const rest = JSON.stringify({ type: "log", line: "", isWarning: false }).length;
    const line = "x".repeat(65_536 - rest);
    near.write(JSON.stringify({ type: "log", line, isWarning: false }));
    await expect.poll(() => far.bytesRead).toBe(65_536);
    near.write("\n");
    await expect.poll(() => lines.length).toBe(1);
    expect(lines).toEqual([line]);
    near.write("x".repeat(65_537));
    await once(near, "close");
    expect(lines).toHaveLength(1);
  });

  it("are dropped if the peer does not read, so that they do not fill memory", async () => {
    const { near, far } = await openPair();
    far.pause();
    for (let count = 0; count < 20_000; count += 1) {
      sendMessage(near, { type: "log", line: "x".repeat(1_000), isWarning: false });
    }
    expect(near.writableLength).toBeLessThan(300_000);
  });
});
