import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  compileInThreads,
  type ThreadCompiler,
  type ThreadLimits,
} from "../../../plugin/runtime/load/compile-in-threads.ts";
import type { PolicyCompiler } from "../../../plugin/runtime/load/policy-compiler.ts";
import { createPolicyStore } from "../../../plugin/runtime/load/policy-store.ts";
import { SAMPLE_POLICY } from "../../../plugin/runtime/load/sample-policy.ts";
import { startFirstPolicyThread } from "../../../plugin/runtime/load/start-policy-thread.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { logApart, nameOfLoad, policyText } from "../versions/policy-scene.ts";

/** The built module: Node 20 runs no TypeScript in a thread. */
const BUILT = new URL("../../../dist/plugin/runtime/load/policy-thread.js", import.meta.url);
const TIMES = { timeoutMs: 20_000, restartMs: 1, idleMs: 10 };
const LIMITS: ThreadLimits = { ...TIMES, maxThreads: 2, maxHeapMb: 128, warmUps: 0, aloneFor: 0, slowMs: 60_000 };

let root: string;
let log: ReturnType<typeof logApart>;
beforeEach(() => {
  root = temporaryFolder(onTestFinished);
  log = logApart();
});

function start(entry: URL = BUILT, limits: Partial<ThreadLimits> = {}): ThreadCompiler {
  const compiler = compileInThreads({ policyRoot: root, log, entry, limits: { ...LIMITS, ...limits } });
  onTestFinished(() => compiler.stop());
  return compiler;
}

/** A thread that answers every request for a file, except the requests that `misbehave` changes. */
function misbehavingThread(misbehave: string): URL {
  const code = `
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", (request) => {
      if (request.policyRoot) return;
      ${misbehave}
      const findings = [{ code: "syntax_error", message: request.file, pointer: "", line: 1, column: 1 }];
      parentPort.postMessage({ kind: "refused", findings, files: [request.file], identity: "" });
    });`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** Only the first request to the first thread fails. */
function failingOnce(): URL {
  const marker = JSON.stringify(join(root, "failed once"));
  return misbehavingThread(`
    const fs = process.getBuiltinModule("node:fs");
    if (!fs.existsSync(${marker})) { fs.writeFileSync(${marker}, ""); throw new Error("once"); }`);
}

const LARGE = `jwt_policy: 1
name: large
issuers:
  acme: { issuer: https://idp.example, audiences: [api] }
  tenants: { issuer: "https://idp.example/{t}/v2", tenants: [a, b], audiences: [api], keys: { jwks_uri: "https://idp.example/keys" } }
defaults: { accept: [acme, tenants] }
token: { sources: [authorization, { header: x-token, prefix: Token }] }
routes:
  one: { required_claims: { sub: { matches: "[a-z]+" } }, operations: [{ methods: [GET], path: "/a/{b}" }] }
${Array.from({ length: 1_000 }, (_, index) => `  r${index}: { required_scopes: [s${index}] }`).join("\n")}
header_mappings: { x-user-id: sub }
answers: { reasons: { token_expired: { text: Late } } }
`;

describe("a policy that a thread compiled equals a policy that was compiled here", () => {
  it("from a file, with any number of rules", async () => {
    await writeFile(join(root, "a.yaml"), LARGE);
    const there = await start().compileFile("a.yaml");
    expect(there).toEqual(await createPolicyStore(root).compileFile("a.yaml"));
    expect(there.ok && there.value.rules.size).toBe(1_001);
  });

  it("from a string", async () => {
    expect(await start().compileText(LARGE)).toMatchObject(await createPolicyStore(root).compileText(LARGE));
  });

  it("and its mistakes and the identities of its files are equal", async () => {
    await writeFile(join(root, "a.yaml"), "jwt_policy: 1\n");
    const [compiler, store] = [start(), createPolicyStore(root)];
    expect(await compiler.compileFile("a.yaml")).toEqual(await store.compileFile("a.yaml"));
    const [there, here] = await Promise.all([compiler.identify(["a.yaml", "b"]), store.identify(["a.yaml", "b"])]);
    expect(there.identities).toEqual(here.identities);
  });

  it("and the identities are also equal when they are asked for again, of the same files or of others", async () => {
    const [compiler, store] = [start(), createPolicyStore(root)];
    const names = ["a.yaml", "b.yaml"];
    for (const [files, text] of [
      [names, "1"],
      [names, "1"],
      [names, "22"],
      [["b.yaml"], "22"],
      [names, "333"],
    ] as const) {
      await writeFile(join(root, "a.yaml"), text);
      const [there, here] = await Promise.all([compiler.identify(files), store.identify(files)]);
      expect(there.identities).toEqual(here.identities);
    }
  });
});

it.runIf(process.platform === "linux")("a thread that compiles does not block the event loop", async () => {
  await start().identify([]);
  // The 19th field of proc(5)'s stat. The name in brackets before this field may have blanks.
  const nice = readdirSync("/proc/self/task").map((task) =>
    Number(
      readFileSync(`/proc/self/task/${task}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ")[16],
    ),
  );
  expect(nice).toContain(5);
});

it("policies that requests wait for are compiled first, in the order of the requests, after checks of files", async () => {
  const compiler = start(misbehavingThread(""), { maxThreads: 1 });
  const order: string[] = [];
  const compile = (file: string) => compiler.compileFile(file).then(() => order.push(file));
  const all = ["a", "b", "c", "d", "e"].map(compile);
  const text = compiler.compileText("").then(() => order.push("text"));
  const look = compiler.identify(["b"]).then(() => order.push("look"));
  compiler.hurry("d");
  compiler.hurry("c");
  compiler.hurry("d");
  await Promise.all([...all, text, look]);
  expect(order).toEqual(["a", "look", "text", "d", "c", "b", "e"]);
});

describe("a new thread compiles a sample before it helps, because its first policies take long", () => {
  it("but a policy comes before the sample if a request waits for it", async () => {
    const compiler = start(misbehavingThread(""), { maxThreads: 1, warmUps: 3 });
    const order: string[] = [];
    const note = (what: string) => () => order.push(what);
    const background = compiler.compileFile("background").then(note("background"));
    const awaited = compiler.compileFile("awaited").then(note("awaited"));
    compiler.hurry("awaited");
    await Promise.all([background, awaited, compiler.warmed.then(note("warm"))]);
    expect(order).toEqual(["awaited", "warm", "background"]);
  });

  it("and requests wait for the warm thread, even if a new thread is free", async () => {
    // The second thread never becomes warm, because it does not answer the sample.
    const marker = join(root, "first");
    const misbehave = `
      const fs = process.getBuiltinModule("node:fs");
      globalThis.isFirst ??= !fs.existsSync(${JSON.stringify(marker)});
      fs.writeFileSync(${JSON.stringify(marker)}, "");
      if (!globalThis.isFirst && !request.file) return;
      request.file = globalThis.isFirst ? "first" : "second";`;
    const compiler = start(misbehavingThread(misbehave), { warmUps: 1 });
    await compiler.warmed;
    const names = Array.from({ length: 30 }, (_, index) => `p${index}`);
    const all = names.map((name) => compiler.compileFile(name));
    expect(threads()).toBe(2);
    names.map((name) => compiler.hurry(name));
    expect(new Set((await Promise.all(all)).flatMap(({ files }) => files))).toEqual(new Set(["first"]));
  });

  it("and no thread counts as warm while a failed thread is not replaced yet", async () => {
    const compiler = start(misbehavingThread("process.exit(1);"), { warmUps: 1, restartMs: 60_000 });
    const onWarm = vi.fn();
    void compiler.warmed.then(onWarm);
    await expect.poll(() => log.warnings).toHaveLength(1);
    void compiler.compileFile("a");
    await Promise.resolve();
    expect(onWarm).not.toHaveBeenCalled();
  });

  it("for which no policy must exist", async () => {
    await start(BUILT, { warmUps: 3 }).warmed;
    expect(log.warnings).toEqual([]);
  });

  it("and the sample has no mistakes, because refused policies use other code", async () => {
    expect(await createPolicyStore(root).compileText(SAMPLE_POLICY)).toHaveProperty("value.name", "sample");
  });

  it("and a thread that fails at the sample is replaced by one that compiles policies", async () => {
    const compiler = start(failingOnce(), { warmUps: 1 });
    expect(nameOfLoad(await compiler.compileFile("a"))).toBe("syntax_error");
    await compiler.warmed;
    expect(log.warnings).toHaveLength(1);
  });
});

describe("a thread that fails", () => {
  const codeOf = async (compiler: PolicyCompiler, file: string): Promise<string> =>
    nameOfLoad(await compiler.compileFile(file));

  const grow = "const all = []; for (;;) all.push(new Array(1e6).fill({}));";
  it.each<[what: string, misbehave: string, why: RegExp, limits?: Partial<ThreadLimits>]>([
    ["throws", 'throw new Error("no");', /could not be compiled: no\./],
    ["ends", "process.exit(3);", /the thread ended with code 3/],
    ["needs too much memory", grow, /memory/, { maxHeapMb: 8 }],
  ])(
    "because it %s leads to a refusal of the policy at which it failed, and of no other",
    async (_what, misbehave, why, limits) => {
      const compiler = start(misbehavingThread(`if (request.file === "bad") { ${misbehave} }`), limits);
      const bad = compiler.compileFile("bad");
      expect(await codeOf(compiler, "good")).toBe("syntax_error");
      const failure = [{ code: "compile_failed", message: expect.stringMatching(why) }];
      expect(await bad).toMatchObject({ failure, files: ["bad"] });
      expect(await codeOf(compiler, "good")).toBe("syntax_error");
      expect(log.warnings).toHaveLength(2);
      expect(log.warnings[0]).toMatch(/^a thread that compiles policies failed, so another thread starts: ./);
    },
  );

  it("because it hangs leads to a refusal of the policy at which it failed, and of no other", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const hang = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";
    const compiler = start(misbehavingThread(`if (request.file === "bad") { ${hang} }`));
    const bad = compiler.compileFile("bad");
    for (let tries = 0; tries < 2; tries += 1) {
      const good = codeOf(compiler, "good"); // The next thread compiles this policy first.
      vi.advanceTimersByTime(LIMITS.timeoutMs + LIMITS.restartMs);
      expect(await good).toBe("syntax_error");
    }
    expect(await bad).toMatchObject({ failure: [{ message: expect.stringContaining("no answer in 20000 ms") }] });
    expect(log.warnings).toHaveLength(2);
  });

  it("once does not lead to a refusal: another thread tries the policy", async () => {
    expect(await codeOf(start(failingOnce()), "a")).toBe("syntax_error");
    expect(log.warnings).toHaveLength(1);
  });
});

it("after a stop no thread is left, and none is started", async () => {
  const compiler = start();
  await compiler.identify([]);
  compiler.stop();
  void compiler.compileFile("a.yaml");
  await expect.poll(threads).toBe(0);
});

it("after a stop a thread that failed is not replaced", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const compiler = start(misbehavingThread("process.exit(1);"));
  void compiler.compileFile("a");
  while (log.warnings.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  compiler.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it("a second thread helps while many policies wait, and ends when there is nothing to do", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `p${index}.yaml`);
  await Promise.all(names.map((name) => writeFile(join(root, name), policyText("one"))));
  const compiler = start();
  const compiled = Promise.all(names.map((name) => compiler.compileFile(name)));
  expect(threads()).toBe(2);
  await compiled;
  await expect.poll(threads).toBe(1);
});

it("a second thread starts when more than eight policies wait, and no third one", () => {
  const compiler = start(misbehavingThread("return;"));
  const compile = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      void compiler.compileFile("a");
    }
  };
  const before = threads();
  compile(9); // The thread compiles one of these policies now.
  expect(threads()).toBe(before);
  compile(1);
  expect(threads()).toBe(before + 1);
  compile(50);
  expect(threads()).toBe(before + 1);
});

it("a second thread starts only after the first thread has finished some work, because two new threads slow each other down", async () => {
  await expect.poll(threads).toBe(0);
  const compiler = start(misbehavingThread(""), { aloneFor: 3 });
  const [one, two, three, ...others] = Array.from({ length: 20 }, () => compiler.compileFile("a"));
  await Promise.all([one, two]);
  expect(threads()).toBe(1);
  await three;
  expect(threads()).toBe(2);
  await Promise.all(others);
});

it("a second thread compiles other policies while the new first thread needs long for one policy", async () => {
  await expect.poll(threads).toBe(0);
  const compiler = start(misbehavingThread('if (request.file === "slow") return;'), { aloneFor: 100, slowMs: 1 });
  void compiler.compileFile("slow");
  expect(nameOfLoad(await compiler.compileFile("good"))).toBe("syntax_error");
  expect([threads(), log.warnings]).toEqual([2, []]);
});

describe("a thread that was started before the compiler", () => {
  beforeEach(() => expect.poll(threads).toBe(0));

  it("becomes the first thread of one compiler, and no other compiler uses this thread", async () => {
    startFirstPolicyThread(BUILT);
    expect(nameOfLoad(await start().compileText(SAMPLE_POLICY))).toBe("sample");
    expect(threads()).toBe(1);
    start();
    expect(threads()).toBe(2);
  });

  it("is not used if it has failed", async () => {
    const fails = new URL("data:text/javascript,throw new Error()");
    startFirstPolicyThread(fails);
    await expect.poll(threads).toBe(0);
    start(fails, { restartMs: 60_000 });
    expect(threads()).toBe(1);
  });
});

it("the timers of work, of idle threads and of restarts keep no process alive", async () => {
  const countTimers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = countTimers();
  const limits = { maxThreads: 1, timeoutMs: 60_000, idleMs: 60_000, restartMs: 60_000 };
  const compiler = start(misbehavingThread('if (request.file === "bad") process.exit(1);'), limits);
  await compiler.identify([]);
  const idle = countTimers();
  void compiler.compileFile("bad");
  const working = countTimers();
  await expect.poll(() => log.warnings).toHaveLength(1);
  expect(Math.max(idle, working, countTimers())).toBeLessThanOrEqual(before);
});

/** The number of threads that this process has started and that have not ended. */
function threads(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
}
