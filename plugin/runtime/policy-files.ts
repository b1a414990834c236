import type { CompiledPolicy } from "../core/policy.ts";
import type { Log } from "../observe/operator-log.ts";
import type { PolicyIssue } from "../policy/issue.ts";
import type { PolicyLoad } from "../policy/read-policy.ts";
import { describeIssues, describeStatus, type PolicyStatus, reportInForce, reportRefused } from "./policy-report.ts";
import type { PolicySource } from "./policy-source.ts";
import type { PolicyStore } from "./policy-store.ts";
import { type PolicyKeys, waitForKeys } from "./wait-for-keys.ts";

export interface PolicyFiles {
  open(file: string): PolicySource;
  status(): readonly PolicyStatus[];
  stop(): void;
}

export interface PolicyFilesOptions {
  readonly store: PolicyStore;
  readonly keys: PolicyKeys;
  readonly log: Log;
  /** How often to look, in milliseconds. */
  readonly pollMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Files that are not there, and that nobody asked for in this time, are no longer looked for. */
const IDLE_MS = 3_600_000;

interface WatchedFile {
  readonly file: string;
  /** The file and those that it extends, as the last reading found them. */
  files: readonly string[];
  inForce: PolicyLoad | undefined;
  refused: readonly PolicyIssue[];
  readonly loading: Promise<PolicyLoad>;
  /** The version that was read last, good or not. */
  readIdentity: string;
  /** The version that the last look found. */
  seenIdentity: string;
  isFollowing: boolean;
  usedAt: number;
}

/**
 * Keeps policy files in force while they change on disk. Files are polled: that sees an atomic rename, an edit in place and
 * Kubernetes' swap of symbolic links alike, on every file system, at the price of a few look-ups per file. A version takes over
 * in one step, when two looks in a row found it unchanged, it has no mistake and its issuers have keys.
 */
export function watchPolicyFiles({ store, keys, log, pollMs, now }: PolicyFilesOptions): PolicyFiles {
  const files = new Map<string, WatchedFile>();

  const take = (watched: WatchedFile, load: PolicyLoad): void => {
    const source = `policy file ${watched.file}`;
    if ("policy" in load) {
      const isNew = findGood(watched) !== load.policy || watched.refused.length > 0;
      watched.inForce = load;
      watched.refused = [];
      if (isNew) {
        reportInForce(source, load.policy, log);
      }
      return;
    }
    const isGood = findGood(watched) !== undefined;
    watched.inForce = isGood ? watched.inForce : load;
    watched.refused = load.issues;
    const mistakes = describeIssues(watched.file, load.issues);
    for (const line of mistakes) {
      log.info(`policy file ${line}`);
    }
    reportRefused(source, isGood, mistakes[0], log);
  };

  const readFirst = async (watched: WatchedFile): Promise<PolicyLoad> => {
    watched.readIdentity = await store.identifyFiles(watched.files);
    const load = await store.loadFile(watched.file);
    watched.files = load.files; // When there are several, the next look finds another identity, and reads them once more.
    take(watched, load);
    if ("policy" in load) {
      void keys.prepare(load.policy);
    }
    return load;
  };

  const follow = async (watched: WatchedFile): Promise<void> => {
    const { file } = watched;
    const identity = await store.identifyFiles(watched.files);
    const isSettled = identity === watched.seenIdentity;
    watched.seenIdentity = identity;
    if (identity === watched.readIdentity) {
      return;
    }
    // A policy that is cut off in the middle can be a valid one, and a laxer one: what is in force can wait for the writer.
    const hasGood = findGood(watched) !== undefined;
    if (!isSettled && hasGood) {
      return;
    }
    const load = await store.loadFile(file);
    watched.files = load.files;
    if ((await store.identifyFiles(load.files)) !== identity) {
      return;
    }
    watched.readIdentity = identity;
    if ("policy" in load && hasGood) {
      await waitForKeys(load.policy, keys, `policy file ${file}`, log);
    } else if ("policy" in load) {
      void keys.prepare(load.policy); // Nothing else could decide while it waits.
    }
    take(watched, load);
  };

  const startWatching = (file: string): WatchedFile => {
    const watched: WatchedFile = {
      file,
      files: [file],
      inForce: undefined,
      refused: [],
      loading: Promise.resolve().then(() => readFirst(watched)),
      readIdentity: "",
      seenIdentity: "",
      isFollowing: true, // Until the first reading is done.
      usedAt: now(),
    };
    files.set(file, watched);
    void watched.loading.finally(() => {
      watched.isFollowing = false;
    });
    return watched;
  };

  const poll = (): void => {
    for (const [file, watched] of files) {
      if (now() - watched.usedAt > IDLE_MS && isUseless(watched)) {
        files.delete(file);
        continue;
      }
      // A slow disk, or keys that do not come, must not pile polls up.
      if (!watched.isFollowing) {
        watched.isFollowing = true;
        void follow(watched).finally(() => {
          watched.isFollowing = false;
        });
      }
    }
  };
  const timer = setInterval(poll, pollMs).unref();

  return {
    open(file) {
      const current = (): PolicyLoad | Promise<PolicyLoad> => {
        const watched = files.get(file) ?? startWatching(file);
        watched.usedAt = now();
        return watched.inForce ?? watched.loading;
      };
      void current();
      return { current };
    },
    status: () =>
      [...files.values()].map((watched) => describeStatus(watched.file, findGood(watched), watched.refused, keys)),
    stop: () => clearInterval(timer),
  };
}

function findGood({ inForce }: WatchedFile): CompiledPolicy | undefined {
  return inForce && "policy" in inForce ? inForce.policy : undefined;
}

/** Whether there is no policy, or one whose file is gone. A file that is there keeps its last good version, used or not. */
function isUseless({ inForce, refused }: WatchedFile): boolean {
  const isGone = refused.some(({ code }) => code === "file_missing");
  return inForce !== undefined && (isGone || "issues" in inForce);
}
