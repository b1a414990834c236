import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Test files that run the conformance table, and the gateway that each exercises. */
const GATEWAYS: ReadonlyMap<string, string> = new Map([
  ["test/conformance/sandbox.test.ts", "sandbox"],
  ["test/conformance/kong-binary.test.ts", "Kong binary"],
  ["test/conformance/kong-container.test.ts", "Kong container"],
]);

/** Says at the end which gateways were exercised, and why any was not; then the counts, alone on a line. */
export default class GatewayReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0).length;
    const lines = modules.flatMap((module) => {
      const gateway = GATEWAYS.get(module.relativeModuleId);
      return gateway === undefined ? [] : [`  ${gateway}: ${describeRun([...module.children.allTests()])}`];
    });
    process.stdout.write(
      [
        ...(lines.length > 0 ? ["\nGateways:", ...lines.sort()] : []),
        `\n${count("passed")} passed, ${count("failed") + broken} failed, ${count("skipped")} skipped\n`,
      ].join("\n"),
    );
  }
}

function describeRun(tests: readonly TestCase[]): string {
  const results = tests.map((test) => test.result());
  const ran = results.filter(({ state }) => state === "passed" || state === "failed").length;
  const note = results.flatMap((result) => ("note" in result && result.note ? [result.note] : []))[0];
  return ran > 0 ? `exercised, ${ran} cases` : `not exercised: ${note ?? "no test ran"}`;
}
