import type { CompiledPolicy } from "../core/policy.ts";
import type { PolicyLoad, PolicyStore } from "./policy-store.ts";

/** Longest wait for the keys of a new version's issuers. After it the new version is in force all the same. */
const KEYS_WAIT_MS = 10_000;

/** One policy file as its users see it: always the version in force. */
export interface PolicyFile {
  /** Waits for the first reading only. */
  current(): PolicyLoad | Promise<PolicyLoad>;
}

export interface PolicyFiles {
  open(file: string): PolicyFile;
  stop(): void;
}

/** Files that nobody asked for in this time are no longer looked at; whoever asks again starts anew. */
const IDLE_MS = 3_600_000;

interface WatchedFile {
  inForce: PolicyLoad | undefined;
  readonly loading: Promise<PolicyLoad>;
  isFollowing: boolean;
  usedAt: number;
}

/**
 * Keeps policy files in force while they change on disk. Files are polled: that sees an atomic rename, an edit in place and
 * Kubernetes' swap of symbolic links alike, on every file system, at the price of a few look-ups per file.
 *
 * @param prepareKeys resolves when the issuers of a policy have keys, so that no request pays for a reload.
 * @param now milliseconds since the epoch.
 */
export function watchPolicyFiles(
  store: PolicyStore,
  prepareKeys: (policy: CompiledPolicy) => Promise<void>,
  pollMs: number,
  now: () => number,
): PolicyFiles {
  const files = new Map<string, WatchedFile>();

  const follow = async (file: string, watched: WatchedFile): Promise<void> => {
    const load = await store.loadFile(file);
    if (load !== watched.inForce && "policy" in load) {
      await Promise.race([prepareKeys(load.policy), wait(KEYS_WAIT_MS)]);
    }
    watched.inForce = load;
  };

  const startWatching = (file: string): WatchedFile => {
    const watched: WatchedFile = {
      inForce: undefined,
      loading: store.loadFile(file),
      isFollowing: false,
      usedAt: now(),
    };
    files.set(file, watched);
    void watched.loading.then((load) => {
      watched.inForce ??= load;
      if ("policy" in load) {
        void prepareKeys(load.policy);
      }
    });
    return watched;
  };

  const poll = (): void => {
    for (const [file, watched] of files) {
      if (now() - watched.usedAt > IDLE_MS) {
        files.delete(file);
        continue;
      }
      // A slow disk, or keys that do not come, must not pile polls up.
      if (!watched.isFollowing) {
        watched.isFollowing = true;
        void follow(file, watched).finally(() => {
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
    stop: () => clearInterval(timer),
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
