import { fail, type Result } from "../../core/model/result.ts";
import { type Finding, wholeDocument } from "../../policy/language/finding.ts";
import type { PolicyLoad } from "../../policy/read-policy.ts";
import { type CompiledFile, type FileIdentity, joinIdentities, type PolicyCompiler } from "../load/policy-compiler.ts";
import { namePolicyFile, refuseName } from "../load/policy-names.ts";
import { FileVersions, type VersionPorts } from "./file-versions.ts";
import { describeStatus, type PolicyStatus } from "./policy-report.ts";
import type { PolicySource } from "./policy-source.ts";

export interface PolicyFiles {
  /** Opens the policy in a file for a plugin instance. After a change of the file, the source returns the new policy. */
  open(file: string): PolicySource;
  /** Loads the policy with lower priority, before any request needs it. */
  preload(file: string): Promise<PolicyLoad>;
  /** Checks every file for changes once. */
  look(): Promise<Look>;
  status(): readonly PolicyStatus[];
}

interface Look {
  /** How long the check took, in milliseconds. */
  readonly tookMs: number;
  /** Whether a file changed since the previous check. After a change, the next check should come soon. */
  readonly hasChanges: boolean;
  /** Resolves when the process has read all changes that this check found. The promise never rejects. */
  readonly readings: Promise<unknown>;
}

export interface PolicyFilesOptions extends VersionPorts {
  readonly compiler: PolicyCompiler;
  /** Names of files with secrets or settings. Files with secrets or settings are never read as policies. */
  readonly reserved: ReadonlySet<string>;
  /** Returns the time in milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * If a file is missing or was never good, the process forgets it after this many milliseconds without a request for it.
 */
const IDLE_MS = 3_600_000;
/**
 * If compiling threads failed at a policy, the process tries the policy again after this many milliseconds, because a
 * busy machine may have caused the failure.
 */
const RETRY_MS = 600_000;

interface WatchedFile {
  readonly name: string;
  readonly versions: FileVersions;
  /** The file and the files that it extended at the last read. */
  files: readonly string[];
  /** Identity of the version that was read last, good or not. */
  readIdentity: string | undefined;
  /**
   * When the compiling threads failed at the last read, in milliseconds since the epoch; undefined if they did not
   * fail.
   */
  failedAt: number | undefined;
  /** Identity of the version that the last check found. */
  seenIdentity: string | undefined;
  /** How many checks in a row have found that the file, or a file that it extends, was missing. */
  missedLooks: number;
  /** A promise that resolves when the process has read the file. Undefined while the process does not read the file. */
  reading: Promise<void> | undefined;
  usedAt: number;
}

/** After this many checks in a row with the same result, a file counts as deleted, and a change counts as complete. */
const SETTLED_LOOKS = 2;

/**
 * Keeps policy files in effect while they change on disk. The process polls the files. Polling works on every file
 * system. It detects an atomic rename, an edit in place and Kubernetes' swap of symbolic links. The process reads a
 * version when two checks in a row have found it unchanged. {@link FileVersions} decides when the version takes effect.
 */
export function watchPolicyFiles({ compiler, reserved, now, ...ports }: PolicyFilesOptions): PolicyFiles {
  const watchedFiles = new Map<string, WatchedFile>();

  /**
   * Whether the file still has the version that was read last. If the file has another version, the next check reads
   * the file again.
   */
  const isStillThere = async (watched: WatchedFile, identity: string): Promise<boolean> => {
    const { identities } = await compiler.identify(watched.files);
    const isThere = watched.readIdentity === identity && joinIdentities(identities) === identity;
    if (!isThere && watched.readIdentity === identity) {
      watched.readIdentity = undefined;
    }
    return isThere;
  };

  const take = (watched: WatchedFile, compiled: CompiledFile): void => {
    const { files, identity } = compiled;
    if (hasFailed(compiled)) {
      // The failed threads did not report which files the policy extends. The next try is delayed, because each try
      // takes threads away from other policies.
      watched.failedAt = now();
      watched.readIdentity = watched.seenIdentity;
      void watched.versions.offer(compiled, async () => false);
      return;
    }
    watched.failedAt = undefined;
    watched.files = files;
    watched.readIdentity = identity;
    if (identity === undefined) {
      return; // A program is still writing the file. The next check reads the file again.
    }
    const secret = files.find((name) => reserved.has(name));
    const load = secret === undefined ? compiled : fail([reservedFinding(secret)]);
    void watched.versions.offer(load, () => isStillThere(watched, identity));
  };

  const read = (watched: WatchedFile): Promise<void> => {
    watched.reading ??= compiler
      .compileFile(watched.name)
      .then((compiled) => take(watched, compiled))
      .finally(() => {
        watched.reading = undefined;
      });
    return watched.reading;
  };

  /** Handles the result of one check of a file. */
  const follow = (watched: WatchedFile, found: readonly FileIdentity[]): Promise<void> | undefined => {
    const identity = joinIdentities(found);
    const isSettled = identity === watched.seenIdentity;
    watched.seenIdentity = identity;
    watched.missedLooks = found.some(({ isMissing }) => isMissing) ? watched.missedLooks + 1 : 0;
    if (identity !== watched.readIdentity) {
      watched.versions.supersede();
    }
    if (watched.missedLooks >= SETTLED_LOOKS && watched.versions.inEffect) {
      watched.readIdentity = identity;
      watched.versions.withdraw([missingFinding(watched, found)]);
      return undefined;
    }
    if (watched.failedAt !== undefined && now() - watched.failedAt > RETRY_MS) {
      return read(watched);
    }
    // A half-written file can be a valid policy that is less strict than the whole file. So the check waits until the
    // writing has ended.
    return identity === watched.readIdentity || !isSettled ? undefined : read(watched);
  };

  const startWatching = (name: string): WatchedFile => {
    const watched: WatchedFile = {
      name,
      versions: new FileVersions(name, ports),
      files: [name],
      readIdentity: undefined,
      failedAt: undefined,
      seenIdentity: undefined,
      missedLooks: 0,
      reading: undefined,
      usedAt: now(),
    };
    watchedFiles.set(name, watched);
    void read(watched);
    return watched;
  };

  const forgetUnused = (): void => {
    for (const [name, { versions, reading, usedAt }] of watchedFiles) {
      if (now() - usedAt > IDLE_MS && !versions.inEffect && !reading) {
        watchedFiles.delete(name);
      }
    }
  };

  /** Checks a file's name, and normalises it. A name that is reserved for settings or secrets is refused. */
  const checkName = (file: string): Result<string, Finding> => {
    const named = namePolicyFile(file);
    if (!named.ok) {
      return fail(refuseName(named.failure));
    }
    return reserved.has(named.value) ? fail(reservedFinding(named.value)) : named;
  };

  /** Returns the policy in effect. Waits for the first read of the file if there is no result yet. */
  const currentOf = (name: string, isUrgent: boolean): PolicyLoad | Promise<PolicyLoad> => {
    const watched = watchedFiles.get(name) ?? startWatching(name);
    watched.usedAt = now();
    const { current } = watched.versions;
    if (current) {
      return current;
    }
    const reading = read(watched); // The read must start before the call of `hurry`, because `hurry` affects only work that is already queued.
    if (isUrgent) {
      compiler.hurry(watched.name);
    }
    return reading.then(() => watched.versions.current ?? fail([UNREAD]));
  };

  return {
    open(file) {
      const name = checkName(file);
      if (!name.ok) {
        const refused = fail([name.failure]);
        return { current: () => refused };
      }
      void currentOf(name.value, false);
      return { current: () => currentOf(name.value, true) };
    },
    async preload(file) {
      const name = checkName(file);
      return name.ok ? currentOf(name.value, false) : fail([name.failure]);
    },
    async look() {
      const begin = performance.now();
      forgetUnused();
      const watched = [...watchedFiles.values()];
      const names = [...new Set(watched.flatMap(({ files }) => files))];
      const beforeMs = performance.now() - begin;
      const { identities, tookMs: identifyMs } = await compiler.identify(names);
      const middle = performance.now();
      const found = new Map(names.map((name, index) => [name, identities[index]]));
      const seen = watched.map(({ seenIdentity }) => seenIdentity);
      const readings = watched.map((one) =>
        // A read that is still running may find that the policy extends other files. The next check includes these
        // files.
        one.reading
          ? undefined
          : follow(
              one,
              one.files.flatMap((name) => found.get(name) ?? []),
            ),
      );
      const hasChanges = watched.some(({ seenIdentity }, index) => seenIdentity !== seen[index]);
      const tookMs = beforeMs + identifyMs + performance.now() - middle;
      return { tookMs, hasChanges, readings: Promise.all(readings) };
    },
    status: () =>
      [...watchedFiles.values()].map(({ name, versions }) =>
        describeStatus(name, versions.inEffect, versions.refused, ports.keys),
      ),
  };
}

function hasFailed(load: PolicyLoad): boolean {
  return !load.ok && load.failure.some(({ code }) => code === "compile_failed");
}

function missingFinding({ files }: WatchedFile, found: readonly FileIdentity[]): Finding {
  const missing = files.find((_, index) => found[index]?.isMissing);
  return wholeDocument("file_missing", `${missing} was deleted.`);
}

function reservedFinding(file: string): Finding {
  const message = `${file} contains settings or secrets for fetching keys, so it is never read as a policy.`;
  return wholeDocument("not_a_policy", message);
}

const UNREAD = wholeDocument("file_unreadable", "The file changed during the read, so the server reads it again.");
