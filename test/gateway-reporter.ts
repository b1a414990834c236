import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule } from "vitest/node";

declare module "vitest" {
  interface TaskMeta {
    /** Name and version of the gateway that a test ran on. */
    gateway?: string;
  }
}

/** Test files that run the conformance table, and the gateway that each exercises. */
const GATEWAYS: ReadonlyMap<string, string> = new Map([
  ["test/conformance/sandbox.test.ts", "sandbox"],
  ["test/conformance/kong-binary.test.ts", "Kong binary"],
  ["test/conformance/kong-binary-guard.test.ts", "Kong binary with the guard"],
  ["test/conformance/kong-binary-stock.test.ts", "Kong binary with the stock server and the guard"],
  ["test/conformance/kong-container.test.ts", "Kong container"],
]);

/** Where `CONFORMANCE_RESULTS=1` puts the results as data, to be committed. */
const RESULTS = "docs/conformance";

/** Says at the end which gateways were exercised, and why any was not; then the counts, alone on a line. */
export default class GatewayReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0).length;
    const lines = modules.flatMap((module) => {
      const gateway = GATEWAYS.get(module.relativeModuleId);
      return gateway === undefined ? [] : [`  ${gateway}: ${reportGateway(gateway, [...module.children.allTests()])}`];
    });
    process.stdout.write(
      [
        ...(lines.length > 0 ? ["\nGateways:", ...lines.sort()] : []),
        `\n${count("passed")} passed, ${count("failed") + broken} failed, ${count("skipped")} skipped\n`,
      ].join("\n"),
    );
  }
}

function reportGateway(gateway: string, tests: readonly TestCase[]): string {
  const results = tests.map((test) => test.result());
  const ran = results.filter(({ state }) => state === "passed" || state === "failed").length;
  const note = results.flatMap((result) => ("note" in result && result.note ? [result.note] : []))[0];
  const names = [...new Set(tests.flatMap((test) => test.meta().gateway ?? []))];
  if (ran === 0 || names.length === 0) {
    return `not exercised: ${note ?? "it was required and is missing"}`;
  }
  if (process.env.CONFORMANCE_RESULTS === "1") {
    writeResults(gateway, names, tests);
  }
  return `exercised, ${ran} cases on ${names.join(" and ")}`;
}

function writeResults(gateway: string, names: readonly string[], tests: readonly TestCase[]): void {
  const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();
  // The results themselves do not count as a change.
  const changes = git("status", "--porcelain", "--untracked-files=no", "--", ".", `:!${RESULTS}`);
  const commit = `${git("rev-parse", "HEAD")}${changes === "" ? "" : " and changes"}`;
  const cases = tests.map((test) => ({ gateway: test.meta().gateway, title: test.name, result: test.result().state }));
  const passed = cases.filter(({ result }) => result === "passed").length;
  const results = {
    gateways: names,
    commit,
    date: new Date().toISOString(),
    node: process.version,
    passed,
    of: cases.length,
    cases,
  };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(
    `${RESULTS}/${gateway.toLowerCase().replaceAll(" ", "-")}.json`,
    `${JSON.stringify(results, null, 2)}\n`,
  );
}
