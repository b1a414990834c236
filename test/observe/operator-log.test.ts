import { beforeEach, describe, expect, it } from "vitest";
import { createOperatorLog, type OperatorLog } from "../../plugin/observe/operator-log.ts";

let printed: string[];
let log: OperatorLog;
beforeEach(() => {
  printed = [];
  log = createOperatorLog((line) => printed.push(line));
});

const takenLines = (): string[] => log.takeWarnings().map(({ line }) => line);
const texts = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `w${from + index}`);

describe("the operator's log", () => {
  it("prints both kinds, and marks problems that the operator must check", () => {
    log.info("a policy is in force");
    log.warn("a policy is refused");
    expect(printed).toEqual(["a policy is in force", "warning: a policy is refused"]);
  });

  it("returns warnings once, oldest first, and nothing else", () => {
    log.info("news");
    expect(log.takeWarnings()).toEqual([]);
    log.warn("first");
    log.info("news");
    log.warn("second");
    expect(takenLines()).toEqual(["first", "second"]);
    expect(log.takeWarnings()).toEqual([]);
    log.warn("third");
    expect(takenLines()).toEqual(["third"]);
  });

  it.each([
    [32, texts(32)],
    [33, texts(32, 1)],
    [100, texts(32, 68)],
  ])("keeps the newest 32 when %i wait, and has printed them all", (count, kept) => {
    for (const text of texts(count)) {
      log.warn(text);
    }
    expect(takenLines()).toEqual(kept);
    expect(printed).toHaveLength(count);
  });

  it("has one list per process, and later warnings do not change a returned list", () => {
    log.warn("first");
    const taken = log.takeWarnings();
    log.warn("second");
    expect(taken).toEqual([{ level: "warn", line: "first" }]);
  });

  it("returns notices together with the warnings, each at its level and in their order", () => {
    log.notice("a policy is in force");
    log.warn("another is refused");
    log.notice("it is in force again");
    expect(printed).toEqual(["a policy is in force", "warning: another is refused", "it is in force again"]);
    expect(log.takeWarnings()).toEqual([
      { level: "notice", line: "a policy is in force" },
      { level: "warn", line: "another is refused" },
      { level: "notice", line: "it is in force again" },
    ]);
  });

  it("drops no warning for any number of notices", () => {
    log.warn("keys not loaded");
    for (const text of texts(100)) {
      log.notice(text);
    }
    expect(takenLines()).toEqual(["keys not loaded", ...texts(32, 68)]);
  });
});

describe("a line", () => {
  it.each<[what: string, text: string, line: string]>([
    ["a line feed", "a\nwarning: b", "a\\u{a}warning: b"],
    ["CR and NUL", "a\r\u0000b", "a\\u{d}\\u{0}b"],
    ["a terminal's escape", "\u001b[31mred", "\\u{1b}[31mred"],
    ["DEL and C1", "\u007f\u0085\u009b", "\\u{7f}\\u{85}\\u{9b}"],
    ["Unicode's own line ends", "\u2028\u2029", "\\u{2028}\\u{2029}"],
    ["letters of other scripts and emoji", "Prüfung 検証 🔑", "Prüfung 検証 🔑"],
  ])("with %s is one harmless line, printed and returned", (_what, text, line) => {
    log.info(text);
    log.warn(text);
    expect(printed).toEqual([line, `warning: ${line}`]);
    expect(takenLines()).toEqual([line]);
  });

  it("is cut at 2000 characters", () => {
    log.warn("x".repeat(2_000));
    log.warn("x".repeat(2_001));
    expect(takenLines().map(({ length }) => length)).toEqual([2_000, 2_000]);
    expect(printed.every(({ length }) => length === "warning: ".length + 2_000)).toBe(true);
  });
});
