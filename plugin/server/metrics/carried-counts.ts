import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { identifyProcess, isAlive, type ProcessIdentity } from "../launcher/process-identity.ts";
import { type MetricsSnapshot, sumSnapshots } from "./create-metrics.ts";

/** The counts of one server process, in a file beside the plugin socket. */
interface CountsFile {
  readonly jwt_policy_counts: 1;
  readonly id: string;
  readonly process: ProcessIdentity;
  /** The ids of ended processes whose counts `metrics` includes. The files of these processes are no longer counted. */
  readonly included: readonly string[];
  readonly metrics: MetricsSnapshot;
}

/**
 * Maximum length of the list `included`. The list needs only the newest ids, because the file of an ended process is
 * removed at once.
 */
const MAX_INCLUDED = 100;
const MAX_BYTES = 32 * 1024 * 1024;
const MODE = 0o600;

/**
 * Passes the counts of one server to the next server on the same plugin socket, even if the first server crashes or is
 * killed.
 *
 * Each process writes its counts into its own file at short intervals, and a last time when it exits. Each process
 * reports a sum: its own counts and the counts in all other files. So the sums also grow while two processes serve at
 * the same time. When a process has ended, the process that listens on the socket does two things. First, it adds the
 * counts of the ended process to its own counts, and writes its own file. This file lists the processes whose counts it
 * includes. Then it removes the file of the ended process. So if it crashes between the two steps, no request is
 * counted twice.
 */
export class CarriedCounts {
  readonly #directory: string;
  readonly #prefix: string;
  readonly #id = randomBytes(8).toString("hex");
  readonly #self = identifyProcess(process.pid);
  readonly #included = new Set<string>();
  #sum: MetricsSnapshot = [];

  /** @param socket the path of the plugin socket. */
  constructor(socket: string) {
    this.#directory = dirname(socket);
    this.#prefix = `${basename(socket)}.counts.`;
  }

  /** Returns the counts of all other processes, both running and ended. */
  readOthers(): readonly MetricsSnapshot[] {
    return [this.#sum, ...this.#selectFresh(this.#readFiles()).map(({ metrics }) => metrics)];
  }

  /**
   * Includes the counts of processes that have ended. Only the process that listens on the socket may include the
   * counts of ended processes.
   */
  async include(own: MetricsSnapshot): Promise<void> {
    const files = this.#readFiles();
    const ended = files.filter((file) => !isAlive(file.process));
    if (ended.length === 0) {
      return;
    }
    const fresh = this.#selectFresh(files).filter((file) => ended.includes(file));
    this.#sum = await sumSnapshots([this.#sum, ...fresh.map(({ metrics }) => metrics)]);
    for (const { id } of fresh) {
      this.#included.add(id);
    }
    await this.write(own);
    for (const { id } of ended) {
      rmSync(this.#pathOf(id), { force: true });
    }
  }

  /**
   * Replaces the counts file of this process in one step. The file also contains the counts of ended processes that
   * this process includes.
   */
  async write(own: MetricsSnapshot): Promise<void> {
    const file: CountsFile = {
      jwt_policy_counts: 1,
      id: this.#id,
      process: this.#self,
      included: [...this.#included].slice(-MAX_INCLUDED),
      metrics: await sumSnapshots([own, this.#sum]),
    };
    const path = this.#pathOf(this.#id);
    writeFileSync(`${path}.new`, JSON.stringify(file), { mode: MODE });
    renameSync(`${path}.new`, path);
  }

  /** Selects the files that are not counted elsewhere: neither this process nor another file includes their counts. */
  #selectFresh(files: readonly CountsFile[]): readonly CountsFile[] {
    const included = new Set(files.flatMap((file) => file.included));
    return files.filter(({ id }) => !included.has(id) && !this.#included.has(id));
  }

  #pathOf(id: string): string {
    return join(this.#directory, this.#prefix + id);
  }

  /**
   * Reads the counts files of other processes. The function omits files that it cannot read. Such a file has another
   * format, or another process is removing it at the same time.
   */
  #readFiles(): readonly CountsFile[] {
    const names = readdirSync(this.#directory).filter(
      (name) => name.startsWith(this.#prefix) && !name.endsWith(".new"),
    );
    return names.flatMap((name) => {
      const file = name === this.#prefix + this.#id ? undefined : readCounts(join(this.#directory, name));
      return file === undefined ? [] : [file];
    });
  }
}

function readCounts(path: string): CountsFile | undefined {
  try {
    const text = readFileSync(path, "utf8");
    const file: CountsFile = JSON.parse(text);
    const isKnown = file.jwt_policy_counts === 1 && typeof file.id === "string" && path.endsWith(`.${file.id}`);
    return isKnown && text.length <= MAX_BYTES && file.metrics.every(isMetric) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** A damaged counts file must not make the sums wrong. */
function isMetric(metric: object): boolean {
  const { name, aggregator, values } = metric as { name?: unknown; aggregator?: unknown; values?: unknown };
  const isSeries = (series: { value?: unknown; labels?: unknown }): boolean =>
    Number.isFinite(series.value) && typeof series.labels === "object" && series.labels !== null;
  return typeof name === "string" && aggregator === "sum" && Array.isArray(values) && values.every(isSeries);
}
