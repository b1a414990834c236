import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { findMissingProgram } from "./find-program.ts";

const DIRECTORY = join(import.meta.dirname, "../../deploy/observability");
const promtool = (...args: readonly string[]): string =>
  execFileSync("promtool", args, { cwd: DIRECTORY, encoding: "utf8", stdio: "pipe" });
const read = (file: string) => parse(readFileSync(join(DIRECTORY, file), "utf8"));
const missing = findMissingProgram("promtool");

interface Rule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string };
}
const rules: readonly Rule[] = read("alerts.yml").groups.flatMap((group: { rules: readonly Rule[] }) => group.rules);

describe("the alert rules", () => {
  it("say what is wrong and what to do, and each alert fires in a test", () => {
    expect(rules.length).toBeGreaterThanOrEqual(8);
    const tests = readFileSync(join(DIRECTORY, "alerts.test.yml"), "utf8");
    for (const { alert, labels, annotations } of rules) {
      expect(tests).toContain(`alertname="${alert}"`);
      expect(["page", "ticket", "info"]).toContain(labels.severity);
      expect(annotations.summary && annotations.action).toMatch(/\w/);
    }
  });

  if (missing === undefined) {
    it("pass the tests of promtool, and its check", () => {
      expect(promtool("test", "rules", "alerts.test.yml")).toContain("SUCCESS");
      expect(promtool("check", "rules", "alerts.yml")).toContain(`SUCCESS: ${rules.length} rules found`);
      expect(promtool("check", "config", "prometheus.yml")).toContain("SUCCESS");
    });
  } else {
    reportMissing("pass the tests of promtool, and its check", missing);
  }
});
