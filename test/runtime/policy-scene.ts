import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import type { CompiledPolicy } from "../../plugin/core/policy.ts";
import type { Log } from "../../plugin/observe/operator-log.ts";
import type { PolicyLoad } from "../../plugin/policy/read-policy.ts";
import { type PolicyFiles, watchPolicyFiles } from "../../plugin/runtime/policy-files.ts";
import { createPolicyStore, type FileLoad, type PolicyStore } from "../../plugin/runtime/policy-store.ts";
import type { PolicyKeys } from "../../plugin/runtime/wait-for-keys.ts";

const POLL_MS = 1_000;

/** A policy that its name tells from others; its one issuer has the id `acme`. */
export const policyText = (name: string): string => `jwt_policy: 1
name: ${name}
issuers:
  acme: { issuer: https://idp.example, audiences: [api] }
routes:
  read: {}
`;

/** Where keys come from, by the name of the policy: there at once, unless the test holds them back. */
export interface HeldKeys extends PolicyKeys {
  /** Names of policies whose keys were asked for, in order. */
  readonly prepared: readonly string[];
  hold(name: string): void;
  release(name: string): void;
}

export function holdKeys(): HeldKeys {
  const prepared: string[] = [];
  const held = new Map<string, { readonly promise: Promise<void>; readonly resolve: () => void }>();
  return {
    prepared,
    prepare({ name }) {
      prepared.push(name);
      return held.get(name)?.promise ?? Promise.resolve();
    },
    findMissing: ({ name, issuers }) => (held.has(name) ? [...issuers.values()].map(({ id }) => id) : []),
    hold(name) {
      let resolve = (): void => {};
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      held.set(name, { promise, resolve });
    },
    release(name) {
      held.get(name)?.resolve();
      held.delete(name);
    },
  };
}

/** A log that keeps warnings apart from what merely happened, notices included. */
export function logApart(): Log & { readonly infos: string[]; readonly warnings: string[] } {
  const infos: string[] = [];
  const warnings: string[] = [];
  const info = (line: string): void => void infos.push(line);
  return { infos, warnings, info, notice: info, warn: (line) => void warnings.push(line) };
}

/** Watched policy files on a real disk, looked at only when the test says so, under a clock that only the test moves. */
export interface PolicyScene {
  readonly root: string;
  readonly files: PolicyFiles;
  readonly keys: HeldKeys;
  readonly log: ReturnType<typeof logApart>;
  /** Milliseconds. */
  clock: number;
  /** Called once when the next file has been read, before its text is used. */
  onLoad: (() => Promise<void>) | undefined;
  write(file: string, text: string): Promise<void>;
  /** Has every file looked at this many times, and waits until nothing is left to do but to wait for keys. */
  look(times?: number): Promise<void>;
  /** The name of the policy in force, or the codes of its mistakes. */
  nameOf(file: string): Promise<string>;
}

export async function setUpPolicies(): Promise<PolicyScene> {
  const root = await mkdtemp(join(tmpdir(), "policy-files-"));
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  let busy = 0;
  const real = createPolicyStore(root);
  const whileBusy = async <T>(work: Promise<T>): Promise<T> => {
    busy += 1;
    return work.finally(() => {
      busy -= 1;
    });
  };
  const loadFile = async (file: string): Promise<FileLoad> => {
    const load = await real.loadFile(file);
    const { onLoad } = scene;
    scene.onLoad = undefined;
    await onLoad?.();
    return load;
  };
  const store: PolicyStore = {
    identifyFiles: (names) => whileBusy(real.identifyFiles(names)),
    loadFile: (file) => whileBusy(loadFile(file)),
    loadInline: real.loadInline,
  };
  const keys = holdKeys();
  const log = logApart();
  const files = watchPolicyFiles({ store, keys, log, pollMs: POLL_MS, now: () => scene.clock });
  const isQuiet = async (): Promise<boolean> => {
    for (let turn = 0; turn < 5; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return busy === 0;
  };
  onTestFinished(async () => {
    files.stop();
    vi.useRealTimers();
    await rm(root, { recursive: true, force: true });
  });
  const scene: PolicyScene = {
    root,
    files,
    keys,
    log,
    clock: 0,
    onLoad: undefined,
    async write(file, text) {
      await new Promise((resolve) => setTimeout(resolve, 20)); // The kernel's clock for files goes in steps of some ms.
      await writeFile(join(root, file), text);
    },
    async look(times = 1) {
      for (let time = 0; time < times; time += 1) {
        vi.advanceTimersByTime(POLL_MS);
        while (!(await isQuiet())) {}
      }
    },
    nameOf: async (file) => nameOfLoad(await files.open(file).current()),
  };
  return scene;
}

export function nameOfLoad(load: PolicyLoad): string {
  return "policy" in load ? load.policy.name : load.issues.map(({ code }) => code).join();
}

/** @throws Error with all issues, when the text has any. */
export function policyOf(load: PolicyLoad): CompiledPolicy {
  if ("issues" in load) {
    throw new Error(JSON.stringify(load.issues));
  }
  return load.policy;
}
