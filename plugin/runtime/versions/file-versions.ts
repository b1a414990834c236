import type { CompiledPolicy } from "../../core/model/policy.ts";
import { fail } from "../../core/model/result.ts";
import type { Log } from "../../observe/operator-log.ts";
import type { Finding } from "../../policy/language/finding.ts";
import type { PolicyLoad } from "../../policy/read-policy.ts";
import { describeFindings, type PolicyLoads, reportInEffect, reportRefused } from "./policy-report.ts";
import { PolicyVersion } from "./policy-version.ts";
import { type PolicyKeys, waitForKeys, waitLongest, warnOfMissingKeys } from "./wait-for-keys.ts";

export interface VersionPorts {
  readonly keys: PolicyKeys;
  readonly log: Log;
  /** Counts the versions that take effect, and the versions that the plugin refuses. */
  readonly loads?: PolicyLoads | undefined;
  /** Called when another version takes effect. Also called when the version in effect ends and no version replaces it. */
  readonly onChange?: () => void;
  /**
   * Resolves after the maximum wait for keys, or when the signal aborts. Tests replace this function to end the wait themselves.
   */
  readonly waitLongest?: (signal: AbortSignal) => Promise<void>;
}

/** The wait for the keys of one policy text. */
interface LongestWait {
  readonly hash: string;
  readonly end: AbortController;
  readonly isOver: Promise<void>;
}

/**
 * The versions of one policy file. Only two versions matter: the newest version, and the version in effect. The newest
 * version takes effect when two conditions are met: it has no mistakes, and its issuers have keys. Until then, the
 * earlier version stays in effect.
 */
export class FileVersions {
  readonly #file: string;
  readonly #ports: VersionPorts;
  #newest: PolicyVersion | undefined;
  #inEffect: PolicyVersion | undefined;
  #refused: readonly Finding[] = [];
  #longestWait: LongestWait | undefined;

  constructor(file: string, ports: VersionPorts) {
    this.#file = file;
    this.#ports = ports;
  }

  /** Returns the version in effect, or else the mistakes of the newest version. Returns undefined before the first version. */
  get current(): PolicyLoad | undefined {
    return this.#inEffect?.load ?? (this.#refused.length > 0 ? fail(this.#refused) : undefined);
  }

  get inEffect(): CompiledPolicy | undefined {
    return this.#inEffect?.policy;
  }

  /** Returns why the newest version is refused. The list is empty if the version is not refused. */
  get refused(): readonly Finding[] {
    return this.#refused;
  }

  /**
   * Offers a new version of the file. The promise resolves when this version is in effect, refused or retired.
   *
   * @param isStillThere whether the file still has this version. The function is called after a wait for keys.
   */
  async offer(load: PolicyLoad, isStillThere: () => Promise<boolean>): Promise<void> {
    this.#retireNewest();
    if (!load.ok || load.value.hash !== this.#longestWait?.hash) {
      this.#endLongestWait();
    }
    const version = new PolicyVersion(load);
    this.#newest = version;
    if (!load.ok) {
      this.#refuse(load.failure, this.#inEffect ? "the last good version stays in effect" : "its routes answer 503");
      return;
    }
    if (this.#inEffect?.policy?.hash === load.value.hash) {
      version.retire();
      this.#newest = this.#inEffect;
      this.#recover(load.value);
      return;
    }
    if (!this.#inEffect) {
      // There is no earlier version that could judge requests while the keys load. So this version takes effect at once.
      void this.#ports.keys.prepare(load.value);
      this.#putIntoEffect(version, load.value);
      return;
    }
    version.become("ready");
    await waitForKeys(version, this.#ports.keys, this.#startLongestWait(load.value.hash));
    const isNewest = version.state === "ready" && (await isStillThere());
    if (version.state !== "ready" || !isNewest) {
      version.retire();
      return;
    }
    warnOfMissingKeys(load.value, this.#ports.keys, `policy file ${this.#file}`, this.#ports.log);
    this.#putIntoEffect(version, load.value);
  }

  /**
   * Called when the file has changed again. If a version still waits for its keys, it is then no longer the newest
   * version.
   */
  supersede(): void {
    if (this.#newest?.state === "ready") {
      this.#newest.retire();
    }
  }

  /** Called when the file was deleted, or must not be read. From now on, no version of the file judges requests. */
  withdraw(findings: readonly Finding[]): void {
    this.#retireNewest();
    this.#endLongestWait();
    this.#inEffect?.retire();
    this.#inEffect = undefined;
    this.#ports.onChange?.();
    this.#refuse(findings, "its routes answer 503");
  }

  #putIntoEffect(version: PolicyVersion, policy: CompiledPolicy): void {
    version.become("in effect");
    this.#endLongestWait();
    const isChange = this.#inEffect !== undefined || this.#refused.length > 0;
    this.#inEffect?.retire();
    this.#inEffect = version;
    this.#ports.onChange?.();
    this.#refused = [];
    reportInEffect(`policy file ${this.#file}`, policy, isChange, this.#ports);
  }

  /** Called when the file again has the text of the version that is in effect. */
  #recover(policy: CompiledPolicy): void {
    if (this.#refused.length > 0) {
      this.#refused = [];
      reportInEffect(`policy file ${this.#file}`, policy, true, this.#ports);
    }
  }

  #refuse(findings: readonly Finding[], outcome: string): void {
    this.#refused = findings;
    const mistakes = describeFindings(this.#file, findings);
    for (const line of mistakes) {
      this.#ports.log.info(`policy file ${line}`);
    }
    reportRefused(`policy file ${this.#file}`, outcome, mistakes[0], this.#ports);
  }

  /**
   * Starts only one wait for each text. Without this, a program that writes the same text every few seconds could delay
   * a version for ever.
   */
  #startLongestWait(hash: string): (signal: AbortSignal) => Promise<void> {
    if (!this.#longestWait) {
      const end = new AbortController();
      const { waitLongest: wait = waitLongest } = this.#ports;
      this.#longestWait = { hash, end, isOver: wait(end.signal) };
    }
    const { isOver } = this.#longestWait;
    return (signal) => Promise.race([isOver, new Promise<void>((resolve) => onAbort(signal, resolve))]);
  }

  #endLongestWait(): void {
    this.#longestWait?.end.abort();
    this.#longestWait = undefined;
  }

  #retireNewest(): void {
    if (this.#newest !== this.#inEffect) {
      this.#newest?.retire();
    }
  }
}

function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) {
    act();
  } else {
    signal.addEventListener("abort", act, { once: true });
  }
}
