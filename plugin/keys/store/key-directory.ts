import { randomUUID } from "node:crypto";
import { lstat, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type JsonObject, readJsonObject } from "../../core/json/json.ts";
import { messageOf } from "../../core/text/error-message.ts";
import type { Log } from "../../observe/operator-log.ts";
import { MAX_MEMBERS } from "../fetch/read-answer.ts";
import type { Jwk } from "../rules/jwk.ts";
import { digestOf } from "./digest.ts";
import type { KeyStore, KeyStoreStatus, StoredKeySet } from "./key-store.ts";
import { openPrivateDirectory, readPrivateFile } from "./private-directory.ts";

/**
 * The first line of a stored file. The number is the version of the file format. A later file format must have a different
 * number.
 */
const FIRST_LINE = "jwt-policy keys 1 sha256=";
const MAX_BYTES = 512 * 1024;
const DAY_MS = 86_400_000;
const WRITES_BETWEEN_LOOKS = 100;
const OUR_FILE = /^[0-9a-f]{64}\.(keys|leaked)$/;
const UNFINISHED_FILE = /^[0-9a-f]{64}\.(?:keys|leaked)\.[0-9a-f.-]+\.tmp$/;

/**
 * Limits on the age and number of stored files. Files beyond the limits are removed. Every fetch writes the source's
 * keys to its file. So if a file is old, no policy fetches keys from the file's source any longer.
 */
export interface KeyDirectoryLimits {
  readonly maxFiles: number;
  readonly maxKeysAgeMs: number;
  readonly maxLeakedAgeMs: number;
  readonly maxUnfinishedAgeMs: number;
  /** If a stored time is in the future by more than this limit, the clock was set back. */
  readonly clockToleranceMs: number;
}

export const KEY_DIRECTORY_LIMITS: KeyDirectoryLimits = {
  maxFiles: 1_000,
  maxKeysAgeMs: 90 * DAY_MS,
  maxLeakedAgeMs: 400 * DAY_MS,
  maxUnfinishedAgeMs: 3_600_000,
  clockToleranceMs: 300_000,
};

type Kind = "keys" | "leaked";
type FileKind = Kind | "unfinished";

/**
 * Stores keys in a directory that only this process's user can write. Several processes may share the directory: a
 * process always replaces a whole file, and never replaces a newer answer by an older one.
 */
export class KeyDirectory implements KeyStore {
  readonly #directory: string;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #limits: KeyDirectoryLimits;
  readonly #opening: Promise<string | undefined>;
  #problem: string | undefined;
  /** The reasons why some files are not used. There is at most one reason for each file. */
  readonly #refused = new Set<string>();
  /** The class writes files one by one, in the order in which the keys arrived. */
  #writing: Promise<void> = Promise.resolve();
  #writes = 0;
  #tidiedAt = Number.NEGATIVE_INFINITY;

  constructor(directory: string, log: Log, now: () => number, limits: KeyDirectoryLimits = KEY_DIRECTORY_LIMITS) {
    this.#directory = directory;
    this.#log = log;
    this.#now = now;
    this.#limits = limits;
    this.#opening = this.#open();
  }

  async readKeySet(place: string): Promise<StoredKeySet | undefined> {
    const record = await this.#read("keys", place);
    if (!record) {
      return undefined;
    }
    const { loaded_at: loadedAt, keys } = record;
    return typeof loadedAt === "number" && Array.isArray(keys) ? { loadedAt, keys: keys as readonly Jwk[] } : undefined;
  }

  saveKeySet(place: string, { keys, loadedAt }: StoredKeySet): Promise<void> {
    return this.#inTurn(async (directory) => {
      const stored = await this.readKeySet(place);
      const latest = this.#now() + this.#limits.clockToleranceMs;
      const isNewer = stored !== undefined && stored.loadedAt > loadedAt && stored.loadedAt <= latest;
      if (!isNewer) {
        await this.#write(directory, "keys", place, { loaded_at: loadedAt, keys });
      }
    });
  }

  async readLeaked(issuer: string): Promise<readonly string[]> {
    const thumbprints = (await this.#read("leaked", issuer))?.thumbprints;
    return Array.isArray(thumbprints) ? thumbprints.filter((item) => typeof item === "string") : [];
  }

  saveLeaked(issuer: string, thumbprints: readonly string[]): Promise<void> {
    return this.#inTurn(async (directory) => {
      const all = new Set([...(await this.readLeaked(issuer)), ...thumbprints]);
      await this.#write(directory, "leaked", issuer, { thumbprints: [...all] });
    });
  }

  status(): KeyStoreStatus {
    return { directory: this.#directory, problem: this.#problem };
  }

  async #open(): Promise<string | undefined> {
    try {
      const directory = await openPrivateDirectory(this.#directory);
      await this.#tidy(directory);
      return directory;
    } catch (error) {
      this.#report(`keys are not kept over restarts: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Logs each problem once, not at each fetch. */
  #report(problem: string): void {
    if (problem !== this.#problem) {
      this.#problem = problem;
      this.#log.warn(problem);
    }
  }

  /**
   * Logs each reason once. The store reads a file before each write, so it finds the same reason again and again.
   */
  #reportRefused(reason: string): void {
    if (!this.#refused.has(reason)) {
      this.#refused.add(reason);
      this.#log.warn(reason);
    }
  }

  async #read(kind: Kind, name: string): Promise<JsonObject | undefined> {
    const directory = await this.#opening;
    if (directory === undefined) {
      return undefined;
    }
    const path = pathOf(directory, kind, name);
    try {
      const text = await readPrivateFile(path, MAX_BYTES);
      return text === undefined ? undefined : parseRecord(path, text, kind, name);
    } catch (error) {
      this.#reportRefused(`stored keys are not used: ${messageOf(error)}`);
      return undefined;
    }
  }

  #inTurn(act: (directory: string) => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const directory = await this.#opening;
      if (directory === undefined) {
        return;
      }
      try {
        await act(directory);
        this.#problem = undefined;
        await this.#tidy(directory);
      } catch (error) {
        this.#report(`keys cannot be stored in ${directory}: ${messageOf(error)}`);
      }
    });
    return this.#writing;
  }

  async #write(directory: string, kind: Kind, name: string, record: object): Promise<void> {
    const path = pathOf(directory, kind, name);
    this.#writes += 1;
    const unfinished = `${path}.${randomUUID()}.tmp`; // The name has a random part, because processes in two containers can have the same process id.
    try {
      const handle = await open(unfinished, "wx", 0o600);
      try {
        await handle.writeFile(renderRecord(record, kind, name));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      if (kind === "keys") {
        await rm(path, { force: true }); // The stored file may contain keys that the issuer has withdrawn since.
      }
      throw error;
    }
  }

  /**
   * Removes files that are too old. If there are still too many files, removes the oldest files. The clean-up runs once a day
   * and after every hundred writes. The clean-up does not remove files of other programs.
   */
  async #tidy(directory: string): Promise<void> {
    const isTurn = this.#writes % WRITES_BETWEEN_LOOKS === 0;
    if (!isTurn && Math.abs(this.#now() - this.#tidiedAt) < DAY_MS) {
      return;
    }
    this.#tidiedAt = this.#now();
    const { maxFiles, maxKeysAgeMs, maxLeakedAgeMs, maxUnfinishedAgeMs } = this.#limits;
    const ages: { path: string; kind: FileKind; ageMs: number }[] = [];
    for (const name of await readdir(directory)) {
      const kind = UNFINISHED_FILE.test(name) ? "unfinished" : (OUR_FILE.exec(name)?.[1] as Kind | undefined);
      const path = join(directory, name);
      const stats = kind === undefined ? undefined : await lstat(path).catch(() => undefined);
      if (kind !== undefined && stats) {
        ages.push({ path, kind, ageMs: this.#now() - stats.mtimeMs });
      }
    }
    const maxAge: Readonly<Record<FileKind, number>> = {
      keys: maxKeysAgeMs,
      leaked: maxLeakedAgeMs,
      unfinished: maxUnfinishedAgeMs,
    };
    const isOld = ({ kind, ageMs }: { kind: FileKind; ageMs: number }): boolean => ageMs > maxAge[kind];
    const keys = ages.filter((file) => file.kind === "keys" && !isOld(file)).sort((a, b) => a.ageMs - b.ageMs);
    for (const { path } of [...ages.filter(isOld), ...keys.slice(maxFiles)]) {
      await rm(path, { force: true });
    }
  }
}

function pathOf(directory: string, kind: Kind, name: string): string {
  return join(directory, `${digestOf(name)}.${kind}`);
}

function renderRecord(record: object, kind: Kind, name: string): string {
  const text = JSON.stringify({ kind, name: digestOf(name), ...record });
  return `${FIRST_LINE}${digestOf(text)}\n${text}\n`;
}

/** @throws Error that says why the stored text is not used. The message does not quote the text. */
function parseRecord(path: string, content: string, kind: Kind, name: string): JsonObject {
  const [firstLine = "", text = "", ...rest] = content.split("\n");
  if (!firstLine.startsWith(FIRST_LINE)) {
    throw new Error(`${path} does not have the format of a stored file`);
  }
  if (firstLine !== `${FIRST_LINE}${digestOf(text)}` || rest.join("\n") !== "") {
    throw new Error(`${path} is damaged`);
  }
  const read = readJsonObject(text, MAX_MEMBERS);
  if (!read.ok) {
    throw new Error(`${path} is not a JSON object: ${read.failure}`);
  }
  if (read.value.kind !== kind || read.value.name !== digestOf(name)) {
    throw new Error(`${path} was stored for another issuer, or with other options`);
  }
  return read.value;
}
