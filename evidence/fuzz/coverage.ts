import { readFileSync } from "node:fs";
import { type Profiler, Session } from "node:inspector";
import { fileURLToPath } from "node:url";

/** Records which code ran, with V8's own counters. The counters count each block, and need no change of the code. */
export interface Coverage {
  /** Whether new code ran since the last call. The new code then counts as known. */
  takeNew(): boolean;
  /** Whether new code ran since the last call. The new code stays new. */
  peekNew(): boolean;
  report(): readonly FileCoverage[];
  /** After this call, all code that runs is new. */
  forget(): void;
}

interface FileCoverage {
  readonly file: string;
  /** Functions, branches and all other parts that V8 counts separately. */
  readonly blocks: number;
  readonly reached: number;
  /** Lines, counted from 1 in the built file, where code begins that never ran. */
  readonly missed: readonly string[];
}

interface File {
  readonly source: string;
  /** One mark for each character of the code that ran. */
  readonly ran: Uint8Array;
  /** All ranges that V8 has ever counted separately, as `start-end`. */
  readonly blocks: Set<string>;
}

/**
 * Starts to count in the modules whose URL contains one of `parts`. Call the function before these modules run, because V8
 * counts no blocks in code that is already compiled.
 */
export function startCoverage(parts: readonly string[]): Coverage {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const files = new Map<string, File>();

  const take = (): readonly Profiler.ScriptCoverage[] => {
    let taken: readonly Profiler.ScriptCoverage[] = [];
    session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error) {
        throw error;
      }
      taken = result.filter(({ url }) => parts.some((part) => url.includes(part)));
    });
    return taken;
  };
  const fileOf = (url: string): File => {
    const known = files.get(url);
    if (known) {
      return known;
    }
    const source = readFileSync(fileURLToPath(url), "utf8");
    const file = { source, ran: new Uint8Array(source.length), blocks: new Set<string>() };
    files.set(url, file);
    return file;
  };
  const mark = (isKept: boolean): boolean => {
    let isNew = false;
    for (const { url, functions } of take()) {
      const file = fileOf(url);
      const ran = paint(file.source.length, functions, isKept ? file.blocks : undefined);
      isNew = ran.some((mark, at) => mark > (file.ran[at] ?? 0)) || isNew;
      if (isKept) {
        file.ran.set(file.ran.map((mark, at) => mark | (ran[at] ?? 0)));
      }
    }
    return isNew;
  };

  return {
    takeNew: () => mark(true),
    peekNew: () => mark(false),
    report: () => [...files].map(([url, file]) => reportFile(url, file)).sort((a, b) => a.file.localeCompare(b.file)),
    forget() {
      take();
      for (const { ran } of files.values()) {
        ran.fill(0);
      }
    },
  };
}

/** Outer ranges come before inner ranges, and the count of the inner range is more exact. */
function paint(length: number, functions: readonly Profiler.FunctionCoverage[], blocks?: Set<string>): Uint8Array {
  const ran = new Uint8Array(length);
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
      blocks?.add(`${startOffset}-${endOffset}`);
    }
  }
  return ran;
}

function reportFile(url: string, { source, ran, blocks }: File): FileCoverage {
  const missed = [...blocks].map((block) => block.split("-").map(Number)).filter(([start = 0]) => ran[start] === 0);
  const lines = missed.map(([start = 0]) => source.slice(0, start).split("\n").length).sort((a, b) => a - b);
  return {
    file: url.slice(url.indexOf("plugin/")),
    blocks: blocks.size,
    reached: blocks.size - missed.length,
    missed: [...new Set(lines)].map(String),
  };
}
