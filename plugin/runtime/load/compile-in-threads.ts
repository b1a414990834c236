import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import type { CompiledRule } from "../../core/model/policy.ts";
import { fail, succeed } from "../../core/model/result.ts";
import type { Log } from "../../observe/operator-log.ts";
import { type Finding, wholeDocument } from "../../policy/language/finding.ts";
import type { CompiledFile, FileIdentity, Identification, PolicyCompiler } from "./policy-compiler.ts";
import {
  type CompilingThread,
  LastList,
  type RuleBatch,
  type ThreadAnswer,
  type ThreadRequest,
} from "./policy-messages.ts";
import { SAMPLE_POLICY } from "./sample-policy.ts";
import { startPolicyThread } from "./start-policy-thread.ts";

export interface ThreadOptions {
  readonly policyRoot: string;
  readonly log: Log;
  /** The module that the threads run. Tests use other modules. */
  readonly entry?: URL | undefined;
  readonly limits?: ThreadLimits;
}

type PoolOptions = ThreadOptions & { readonly limits: ThreadLimits };

/** Limits for the threads. Tests use other limits. */
export interface ThreadLimits {
  readonly maxThreads: number;
  /** A thread may take at most this many milliseconds for one request. */
  readonly timeoutMs: number;
  /** How long to wait before a new thread replaces a failed thread, in milliseconds. */
  readonly restartMs: number;
  /** If a thread other than the first has had no work for this many milliseconds, it ends. */
  readonly idleMs: number;
  /** If this limit is absent, the limit of {@link startPolicyThread} applies. */
  readonly maxHeapMb?: number;
  /** How many times a new thread compiles the sample policy before it does other work. */
  readonly warmUps: number;
  /**
   * How many pieces of work each running thread must finish before another thread starts. Two new threads would slow
   * each other down, because the JavaScript engine would optimise the same code in both threads. The first requests
   * would then wait longer.
   */
  readonly aloneFor: number;
  /**
   * Another thread starts if each thread has worked on its request for this many milliseconds, and other work waits. So
   * one slow policy does not stop all other policies.
   */
  readonly slowMs: number;
}

const LIMITS: ThreadLimits = {
  maxThreads: Math.min(2, availableParallelism()),
  timeoutMs: 30_000,
  restartMs: 1_000,
  idleMs: 5_000,
  warmUps: 1, // Measurements show that more warm-ups do not shorten the wait of the first requests.
  aloneFor: 32,
  slowMs: 2_000,
};
/** If the queue has more than this many items, another thread starts. */
const QUEUE_PER_THREAD = 8;
/**
 * If this many threads fail at the same work, the work itself is most likely the cause. No further thread then tries
 * this work.
 */
const MAX_TRIES = 2;

/**
 * Work with a lower number comes first. Identifications of files come first, because they are short and every change of
 * a policy needs one.
 */
const PRIORITY = { look: 0, awaited: 1, background: 2 } as const;

interface Work {
  readonly request:
    | { readonly kind: "identify"; readonly files: readonly string[] }
    | Exclude<ThreadRequest, { readonly kind: "identify" | "more" }>;
  readonly priority: number;
  tries: number;
  succeed(result: Outcome): void;
  fail(message: string): void;
}

type Outcome = { readonly identification: Identification } | CompiledFile;

export interface ThreadCompiler extends PolicyCompiler {
  /**
   * Resolves when a thread has started and has finished its warm-up. A policy that comes before that must wait until
   * the thread has loaded its code.
   */
  readonly warmed: Promise<void>;
}

/**
 * Compiles policies in separate threads. The event loop answers requests, so it must not wait for the slow parser. If a
 * request waits for a policy, the pool compiles this policy before other policies. If a thread fails or hangs, another
 * thread replaces it. Only the policy that the failed thread was compiling is refused.
 */
export function compileInThreads({ policyRoot, log, entry, limits = LIMITS }: ThreadOptions): ThreadCompiler {
  const pool = new ThreadPool({ policyRoot, log, entry, limits });

  const compile = (request: Work["request"], priority: number): Promise<CompiledFile> =>
    new Promise((resolve) => {
      pool.add({
        request,
        priority,
        tries: 0,
        succeed: (result) => resolve(result as CompiledFile),
        fail: (message) => {
          const files = request.kind === "file" ? [request.file] : [];
          resolve({ ...fail([describeFailure(message)]), files, identity: undefined });
        },
      });
    });

  return {
    warmed: pool.warmed,
    identify: (files) =>
      new Promise((resolve, reject) => {
        pool.add({
          request: { kind: "identify", files },
          priority: PRIORITY.look,
          tries: 0,
          succeed: (result) => resolve((result as { readonly identification: Identification }).identification),
          fail: (message) => reject(new Error(message)),
        });
      }),
    compileFile: (file) => compile({ kind: "file", file }, PRIORITY.background),
    compileText: (text) => compile({ kind: "text", text }, PRIORITY.awaited),
    hurry: (file) => pool.hurry(file),
    stop: () => pool.stop(),
  };
}

/** The threads, and the work that waits for a free thread. */
class ThreadPool {
  readonly #options: PoolOptions;
  readonly #queue: Work[] = [];
  readonly #threads = new Set<CompilerThread>();
  #restart: NodeJS.Timeout | undefined;
  #isStopped = false;
  readonly warmed: Promise<void>;
  #noteWarm = (): void => {};

  constructor(options: PoolOptions) {
    this.#options = options;
    this.warmed = new Promise((resolve) => {
      this.#noteWarm = resolve;
    });
    this.#startThread();
    this.#distribute();
  }

  add(work: Work): void {
    this.#queue.push(work);
    this.#distribute();
  }

  hurry(file: string): void {
    const index = this.#queue.findIndex(
      ({ request, priority }) => request.kind === "file" && request.file === file && priority === PRIORITY.background,
    );
    const [work] = index < 0 ? [] : this.#queue.splice(index, 1);
    if (work) {
      this.#queue.push({ ...work, priority: PRIORITY.awaited }); // A later request to the threads must not overtake an earlier one.
    }
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#restart);
    for (const thread of this.#threads) {
      thread.end();
    }
    this.#threads.clear();
  }

  #distribute(): void {
    if (this.#isStopped) {
      return;
    }
    for (const thread of this.#threads) {
      const work = thread.isFree ? this.#takeFor(thread) : undefined;
      if (work) {
        thread.start(work);
      }
    }
    if (this.#hasWarmThread) {
      this.#noteWarm();
    }
    if (this.#needsThread() && this.#threads.size < this.#options.limits.maxThreads && !this.#restart) {
      this.#startThread();
      this.#distribute();
    }
  }

  #needsThread(): boolean {
    const { aloneFor } = this.#options.limits;
    const threads = [...this.#threads];
    return (
      (this.#queue.length > QUEUE_PER_THREAD && threads.every(({ finished }) => finished >= aloneFor)) ||
      (this.#queue.length > 0 && threads.every(({ isSlow }) => isSlow))
    );
  }

  get #hasWarmThread(): boolean {
    return [...this.#threads].some(({ isWarm }) => isWarm);
  }

  /**
   * A thread that has not finished its warm-up is slower. So it works for requests only if no other thread has finished
   * its warm-up.
   */
  #takeFor(thread: CompilerThread): Work | undefined {
    if (thread.isWarm) {
      return this.#takeNext(PRIORITY.background);
    }
    return (this.#hasWarmThread ? undefined : this.#takeNext(PRIORITY.awaited)) ?? thread.createWarmUp();
  }

  /** @param lowest the priority of the least urgent work to take. */
  #takeNext(lowest: number): Work | undefined {
    const [first] = this.#queue;
    if (!first) {
      return undefined;
    }
    const next = this.#queue.reduce((best, work) => (work.priority < best.priority ? work : best), first);
    if (next.priority > lowest) {
      return undefined;
    }
    this.#queue.splice(this.#queue.indexOf(next), 1);
    return next;
  }

  #startThread(): void {
    const thread = new CompilerThread(this.#options, {
      free: () => this.#distribute(),
      slow: () => this.#distribute(),
      failed: (work, message) => this.#replace(thread, work, message),
      idle: () => this.#endIfSpare(thread),
    });
    this.#threads.add(thread);
  }

  #replace(thread: CompilerThread, work: Work | undefined, message: string): void {
    this.#threads.delete(thread);
    this.#options.log.warn(`a thread that compiles policies failed, so another thread starts: ${message}`);
    if (work) {
      work.tries += 1;
      if (work.tries < MAX_TRIES) {
        this.#queue.push(work);
      } else {
        work.fail(message);
      }
    }
    this.#restart ??= setTimeout(() => {
      this.#restart = undefined;
      this.#startThread();
      this.#distribute();
    }, this.#options.limits.restartMs).unref();
  }

  #endIfSpare(thread: CompilerThread): void {
    if (this.#threads.size > 1) {
      this.#threads.delete(thread);
      thread.end();
    }
  }
}

interface ThreadEvents {
  /** Called when the thread has no work. */
  free(): void;
  /** Called when the thread has worked on one request for a long time. */
  slow(): void;
  /** Called when the thread has ended without finishing its work. */
  failed(work: Work | undefined, message: string): void;
  /** Called when the thread has had no work for a while. */
  idle(): void;
}

/** One thread. The thread does one piece of work at a time. */
class CompilerThread {
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  readonly #limits: ThreadLimits;
  #work: Work | undefined;
  readonly #lastFiles = new LastList<string>();
  readonly #lastIdentities = new LastList<FileIdentity>();
  /** A thread sends a policy in parts. The map contains the rules of all parts that have arrived so far. */
  #rules: Map<string, CompiledRule> | undefined;
  #compiled: CompiledFile | undefined;
  #timer: NodeJS.Timeout | undefined;
  #slowTimer: NodeJS.Timeout | undefined;
  #isSlow = false;
  #hasFailed = false;
  #warmUpsLeft: number;
  #finished = 0;

  constructor({ policyRoot, entry, limits }: PoolOptions, events: ThreadEvents) {
    this.#events = events;
    this.#limits = limits;
    this.#warmUpsLeft = limits.warmUps;
    this.#worker = startPolicyThread(entry, limits.maxHeapMb);
    this.#worker.on("message", (answer: ThreadAnswer) => this.#take(answer));
    this.#worker.on("error", (error) => this.#fail(error.message));
    this.#worker.on("exit", (code) => this.#fail(`the thread ended with code ${code}`));
    this.#worker.postMessage({ policyRoot } satisfies CompilingThread);
  }

  get isFree(): boolean {
    return this.#work === undefined;
  }

  get isWarm(): boolean {
    return this.#warmUpsLeft === 0;
  }

  /** Whether the thread has worked on one request for a long time. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  /** How much work the thread has finished, including warm-ups. */
  get finished(): number {
    return this.#finished;
  }

  /** Creates work whose result is not used. */
  createWarmUp(): Work {
    return {
      request: { kind: "text", text: SAMPLE_POLICY },
      priority: PRIORITY.background,
      tries: MAX_TRIES, // If a warm-up fails, the thread does not try it again, because the next thread runs its own warm-up.
      succeed: () => {
        this.#warmUpsLeft -= 1;
      },
      fail() {},
    };
  }

  start(work: Work): void {
    this.#work = work;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(`no answer in ${this.#limits.timeoutMs} ms`), this.#limits.timeoutMs);
    this.#timer.unref();
    this.#slowTimer = setTimeout(() => {
      this.#isSlow = true;
      this.#events.slow();
    }, this.#limits.slowMs).unref();
    const { request } = work;
    if (request.kind === "identify") {
      this.#post({ kind: "identify", files: this.#lastFiles.shorten(request.files, Object.is) });
    } else {
      this.#post(request);
    }
  }

  end(): void {
    this.#hasFailed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#slowTimer);
    void this.#worker.terminate();
  }

  #post(request: ThreadRequest): void {
    this.#worker.postMessage(request);
  }

  #take(answer: ThreadAnswer): void {
    switch (answer.kind) {
      case "identified": {
        const identities = this.#lastIdentities.restore(answer.identities);
        this.#finish({ identification: { identities, tookMs: answer.tookMs } });
        break;
      }
      case "refused": {
        const { findings, files, identity } = answer;
        this.#finish({ ...fail(findings), files, identity });
        break;
      }
      case "compiled": {
        const { head, rules, files, identity } = answer;
        this.#rules = new Map();
        this.#compiled = { ...succeed({ ...head, rules: this.#rules }), files, identity };
        this.#addRules(rules);
        break;
      }
      case "rules":
        this.#addRules(answer.rules);
    }
  }

  #addRules({ rules, isLast }: RuleBatch): void {
    for (const rule of rules) {
      this.#rules?.set(rule.id, rule);
    }
    const compiled = this.#compiled;
    if (!isLast) {
      this.#post({ kind: "more" });
    } else if (compiled) {
      this.#compiled = undefined;
      this.#rules = undefined;
      this.#finish(compiled);
    }
  }

  #finish(result: Outcome): void {
    const work = this.#work;
    this.#work = undefined;
    this.#finished += 1;
    this.#isSlow = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#slowTimer);
    this.#timer = setTimeout(() => this.#events.idle(), this.#limits.idleMs).unref();
    work?.succeed(result);
    this.#events.free();
  }

  #fail(message: string): void {
    if (!this.#hasFailed) {
      this.end();
      this.#events.failed(this.#work, message);
    }
  }
}

function describeFailure(message: string): Finding {
  const text = `The policy could not be compiled: ${message}. Make the policy smaller, or look for unusual parts in the policy.`;
  return wholeDocument("compile_failed", text);
}
