import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import { fail } from "../../../plugin/core/model/result.ts";
import type { Log } from "../../../plugin/observe/operator-log.ts";
import type { Finding } from "../../../plugin/policy/language/finding.ts";
import type { PolicyLoad } from "../../../plugin/policy/read-policy.ts";
import {
  type CompiledFile,
  joinIdentities,
  type PolicyCompiler,
} from "../../../plugin/runtime/load/policy-compiler.ts";
import { createPolicyStore } from "../../../plugin/runtime/load/policy-store.ts";
import { type PolicyFiles, watchPolicyFiles } from "../../../plugin/runtime/versions/policy-files.ts";
import type { PolicyKeys } from "../../../plugin/runtime/versions/wait-for-keys.ts";
import { createDeferred } from "../../deferred.ts";
import { waitForFileClock } from "../../file-clock.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

/** A policy with a unique name. Its only issuer has the id `acme`. */
export const policyText = (name: string): string => `jwt_policy: 1
name: ${name}
issuers:
  acme: { issuer: https://idp.example, audiences: [api] }
routes:
  read: {}
`;

/** The keys of each policy. The keys are loaded immediately, unless the test delays them. */
export interface HeldKeys extends PolicyKeys {
  /** The names of policies whose keys were requested, in order. */
  readonly prepared: readonly string[];
  hold(name: string): void;
  release(name: string): void;
}

export function holdKeys(): HeldKeys {
  const prepared: string[] = [];
  const held = new Map<string, ReturnType<typeof createDeferred<void>>>();
  return {
    prepared,
    prepare({ name }) {
      prepared.push(name);
      return held.get(name)?.promise ?? Promise.resolve();
    },
    findMissing: ({ name, issuers }) => (held.has(name) ? [...issuers.values()].map(({ id }) => id) : []),
    hold: (name) => void held.set(name, createDeferred()),
    release(name) {
      held.get(name)?.resolve();
      held.delete(name);
    },
  };
}

/** A log that separates warnings from all other lines. It also knows which lines are notices. */
export interface ApartLog extends Log {
  readonly infos: string[];
  readonly notices: string[];
  readonly warnings: string[];
}

export function logApart(): ApartLog {
  const [infos, notices, warnings]: [string[], string[], string[]] = [[], [], []];
  return {
    infos,
    notices,
    warnings,
    info: (line) => void infos.push(line),
    notice(line) {
      infos.push(line);
      notices.push(line);
    },
    warn: (line) => void warnings.push(line),
  };
}

/** Watched policy files on a real disk. Only the test starts the checks and moves the clock. */
export interface PolicyScene {
  readonly root: string;
  readonly files: PolicyFiles;
  readonly keys: HeldKeys;
  readonly log: ApartLog;
  /** Milliseconds. */
  clock: number;
  /** Runs once: after the next file is compiled, and before the scene checks whether the file has changed since. */
  onLoad: (() => Promise<void>) | undefined;
  /** Ends all longest waits for keys. */
  endLongestWaits(): void;
  /** While this mistake is set, every compilation fails with the mistake, as if no thread could compile the file. */
  failure: Finding | undefined;
  /** Files that were still being compiled when a request needed them. */
  readonly hurried: readonly string[];
  write(file: string, text: string): Promise<void>;
  /** Checks every file this many times. Then waits until no work is left except waits for keys. */
  look(times?: number): Promise<void>;
  /** The name of the policy in effect, or the codes of its mistakes. */
  nameOf(file: string): Promise<string>;
}

/** Longest waits for keys that end only when the test says so. */
export function holdWaits() {
  const waits = new Set<() => void>();
  return {
    waitLongest: (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        waits.add(resolve);
        signal.addEventListener("abort", () => resolve());
      }),
    end() {
      for (const end of waits) {
        end();
      }
      waits.clear();
    },
  };
}

export async function setUpPolicies(): Promise<PolicyScene> {
  const root = temporaryFolder(onTestFinished);
  const real = createPolicyStore(root);
  const hurried: string[] = [];
  const compiling = new Set<string>();
  const compileFile = async (file: string): Promise<CompiledFile> => {
    compiling.add(file);
    return compile(file).finally(() => compiling.delete(file));
  };
  const compile = async (file: string): Promise<CompiledFile> => {
    const compiled = await real.compileFile(file);
    const { onLoad, failure } = scene;
    if (failure) {
      return { ...fail([failure]), files: [file], identity: undefined };
    }
    scene.onLoad = undefined;
    await onLoad?.();
    const { identities } = await real.identify(compiled.files);
    return joinIdentities(identities) === compiled.identity ? compiled : { ...compiled, identity: undefined };
  };
  const compiler: PolicyCompiler = {
    ...real,
    compileFile,
    hurry: (file) => void (compiling.has(file) && hurried.push(file)),
  };
  const keys = holdKeys();
  const log = logApart();
  const reserved = new Set(["settings.yaml"]);
  const { waitLongest, end } = holdWaits();
  const files = watchPolicyFiles({ compiler, keys, log, reserved, now: () => scene.clock, waitLongest });
  const scene: PolicyScene = {
    root,
    files,
    keys,
    log,
    clock: 0,
    onLoad: undefined,
    failure: undefined,
    hurried,
    endLongestWaits: end,
    async write(file, text) {
      await waitForFileClock();
      await writeFile(join(root, file), text);
    },
    async look(times = 1) {
      for (let time = 0; time < times; time += 1) {
        await (await files.look()).readings;
        await waitForDisk();
      }
    },
    nameOf: async (file) => nameOfLoad(await files.open(file).current(askNothing)),
  };
  return scene;
}

/** A policy file does not depend on the Kong Route. */
export const askNothing = async (): Promise<undefined> => undefined;

/** Waits until the disk was checked once more for a version whose keys have arrived. */
export async function waitForDisk(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function nameOfLoad(load: PolicyLoad): string {
  return load.ok ? load.value.name : load.failure.map(({ code }) => code).join();
}

/** @throws Error with all mistakes, if the text has any mistake. */
export function policyOf(load: PolicyLoad): CompiledPolicy {
  if (!load.ok) {
    throw new Error(JSON.stringify(load.failure));
  }
  return load.value;
}
