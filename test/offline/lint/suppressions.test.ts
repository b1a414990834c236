import { describe, expect, it } from "vitest";
import { applySuppressions } from "../../../offline/lint/suppressions.ts";
import type { Finding, FindingCode } from "../../../plugin/policy/language/finding.ts";

const at = (line: number, code: FindingCode = "report_mode"): Finding => ({ code, message: "", line, column: 1 });

/** The codes and lines of the findings that are left. */
function apply(
  text: string,
  findings: readonly Finding[],
  hasRun = (_: FindingCode): boolean => true,
): readonly string[] {
  return applySuppressions(findings, text, hasRun).kept.map(({ code, line }) => `${code} ${line}`);
}

describe("a suppression", () => {
  it.each<[what: string, text: string, line: number]>([
    ["on the line", "mode: report # lint-ignore report_mode: until June", 1],
    ["on the line above", "# lint-ignore report_mode: until June\nmode: report", 2],
    [
      "above, with other comments and blank lines between",
      "# lint-ignore report_mode: until June\n\n# more\nmode: report",
      4,
    ],
    ["behind a flow map over several lines", "a: { b: 1,\n  mode: report # lint-ignore report_mode: until June\n}", 2],
    ["behind a text that has a #", "a: 'x # y' # lint-ignore report_mode: until June", 1],
    ["with Windows line ends", "a: 1\r\n# lint-ignore report_mode: until June\r\nmode: report\r\n", 3],
    ["behind a byte order mark", "\ufeff# lint-ignore report_mode: until June\nmode: report", 2],
    [
      "with a reason in another alphabet, and a colon in it",
      "mode: report # lint-ignore report_mode: до июня: позже",
      1,
    ],
    ["of several rules", "mode: report # lint-ignore report_mode, query_source: until June", 1],
  ])("works %s", (_what, text, line) => {
    const findings = text.includes("query_source") ? [at(line), at(line, "query_source")] : [at(line)];
    expect(apply(text, findings)).toEqual([]);
  });

  it.each<[what: string, text: string, finding: Finding]>([
    ["on another line", "# lint-ignore report_mode: until June\na: 1\nmode: report", at(3)],
    ["of another rule", "mode: report # lint-ignore query_source: until June", at(1)],
  ])("does not work %s, and is unused", (_what, text, finding) => {
    expect(apply(text, [finding])).toEqual([`report_mode ${finding.line}`, "suppression_unused 1"]);
  });

  it.each<[what: string, text: string]>([
    ["a quoted text", 'a: "# lint-ignore report_mode: until June"\nmode: report'],
    ["a block text", "a: |\n  # lint-ignore report_mode: until June\nmode: report"],
    ["another comment", "# see lint-ignore report_mode: until June\nmode: report"],
  ])("is not read from %s", (_what, text) => {
    const line = text.split("\n").length;
    expect(apply(text, [at(line)])).toEqual([`report_mode ${line}`]);
  });

  it.each([
    "# lint-ignore report_mode",
    "# lint-ignore report_mode:",
    "# lint-ignore report_mode: -",
    "# lint-ignore report_mode: 1",
  ])("needs a reason: %s", (comment) => {
    expect(apply(`mode: report ${comment}`, [at(1)])).toEqual(["suppression_without_reason 1"]);
  });

  it.each([
    "# lint-ignore",
    "# lint-ignore: until June",
    "# lint-ignore all: until June",
    "# lint-ignore unknown_key: until June",
  ])("must name a rule of lint: %s", (comment) => {
    expect(apply(`mode: report ${comment}`, [at(1)])).toEqual(["report_mode 1", "suppression_unknown 1"]);
  });

  it("cannot suppress findings about suppressions", () => {
    const text = "# lint-ignore suppression_unused: I know\n# lint-ignore report_mode: until June\nmode: enforce";
    expect(apply(text, [])).toEqual(["suppression_unknown 1", "suppression_unused 2"]);
  });

  it("is not unused if its rule was not checked", () => {
    expect(apply("mode: enforce # lint-ignore report_mode: until June", [], (rule) => rule !== "report_mode")).toEqual(
      [],
    );
  });
});
