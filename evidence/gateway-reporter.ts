import type { Reporter, TestCase, TestModule } from "vitest/node";
import { collectResults, type FaultOutcome } from "./faults/results/results.ts";
import type { ConformanceResults } from "./results/conformance.ts";
import { writeResults } from "./results/results-folder.ts";
import { reportVectors } from "./vectors/report-vectors.ts";

declare module "vitest" {
  interface TaskMeta {
    /** The result of a fault on this gateway. */
    fault?: FaultOutcome;
  }
}

/** Test files that run the conformance table or the faults, and the gateway that each file uses. */
const GATEWAYS: ReadonlyMap<string, string> = new Map([
  ["test/conformance/sandbox.test.ts", "sandbox"],
  ["test/conformance/kong-binary.test.ts", "Kong binary"],
  ["test/conformance/kong-binary-guard.test.ts", "Kong binary with the guard"],
  ["test/conformance/kong-binary-stock.test.ts", "Kong binary with the stock server and the guard"],
  ["test/conformance/kong-container.test.ts", "Kong container"],
  ["test/conformance/kong-container-guard.test.ts", "Kong container with the guard"],
  ["evidence/deploy/conformance.deploy.ts", "Kong image"],
  ["evidence/deck/sync.deck.ts", "Kong binary with PostgreSQL, by decK"],
  ["evidence/key-proof/sandbox.proof.ts", "sandbox, while keys change"],
  ["evidence/key-proof/kong-binary.proof.ts", "Kong binary, while keys change"],
  ["evidence/faults/sandbox.test.ts", "sandbox, under faults"],
  ["evidence/faults/sandbox.faults.ts", "sandbox, under faults"],
  ["evidence/faults/kong-binary.faults.ts", "Kong binary, under faults"],
  ["evidence/faults/kong-binary-stock.faults.ts", "Kong binary with the stock server and the guard, under faults"],
  ["evidence/faults/kong-container.faults.ts", "Kong container, under faults"],
  [
    "evidence/faults/kong-container-stock.faults.ts",
    "Kong container with the stock server and the guard, under faults",
  ],
]);

const CONFORMANCE_FILE = /\/conformance[/.]/;
const FAULT_FILE = /^evidence\/faults\/(.*)\.faults\.ts$/;

/**
 * At the end, lists the gateways that the tests used, and the reason for each gateway that they did not use. The last
 * line has the counts.
 */
export default class GatewayReporter implements Reporter {
  /** Writes results at once, because the next gateway takes minutes. */
  onTestModuleEnd(module: TestModule): void {
    const tests = [...module.children.allTests()];
    // A part of the table must not replace the whole table.
    if (tests.some((test) => test.result().state === "skipped")) {
      return;
    }
    const [, faults] = FAULT_FILE.exec(module.relativeModuleId) ?? [];
    if (faults !== undefined) {
      writeFaultResults(faults, tests);
    }
    const gateway = GATEWAYS.get(module.relativeModuleId);
    if (gateway !== undefined && CONFORMANCE_FILE.test(module.relativeModuleId)) {
      writeConformanceResults(gateway, tests);
    }
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0).length;
    const lines = modules.flatMap((module) => {
      const gateway = GATEWAYS.get(module.relativeModuleId);
      return gateway === undefined ? [] : [`  ${gateway}: ${reportGateway([...module.children.allTests()])}`];
    });
    process.stdout.write(
      [
        ...(lines.length > 0 ? ["\nGateways:", ...lines.sort()] : []),
        ...reportNotRun(modules),
        ...reportVectors(modules),
        `\n${count("passed")} passed, ${count("failed") + broken} failed, ${count("skipped")} skipped\n`,
      ].join("\n"),
    );
  }
}

/** The reason that a skipped test gave. */
function findNotes(tests: readonly TestCase[]): string[] {
  const results = tests.map((test) => test.result());
  return results.flatMap((result) => ("note" in result && result.note ? [result.note] : []));
}

/** Other tests that could not run on this machine, with the reason. There is one line for each test file. */
function reportNotRun(modules: readonly TestModule[]): string[] {
  const others = modules.filter(({ relativeModuleId }) => !GATEWAYS.has(relativeModuleId));
  const lines = others.flatMap((module) => {
    const notes = new Set(findNotes([...module.children.allTests()]));
    return notes.size === 0 ? [] : [`  ${module.relativeModuleId}: ${[...notes].join("; ")}`];
  });
  return lines.length === 0 ? [] : ["\nNot run:", ...lines.sort()];
}

function reportGateway(tests: readonly TestCase[]): string {
  const results = tests.map((test) => test.result());
  const ran = results.filter(({ state }) => state === "passed" || state === "failed").length;
  const notes = [...new Set(findNotes(tests))];
  const names = findGateways(tests);
  if (ran === 0 || names.length === 0) {
    return `not exercised: ${notes[0] ?? "it was required and is missing"}`;
  }
  return [`exercised, ${ran} tests on ${names.join(" and ")}`, ...notes].join("; ");
}

function findGateways(tests: readonly TestCase[]): readonly string[] {
  return [...new Set(tests.flatMap((test) => test.meta().gateway ?? []))];
}

function writeConformanceResults(gateway: string, tests: readonly TestCase[]): void {
  const cases = tests.map((test) => ({ gateway: test.meta().gateway, title: test.name, result: test.result().state }));
  const passed = cases.filter(({ result }) => result === "passed").length;
  const results: ConformanceResults = { gateways: findGateways(tests), passed, of: cases.length, cases };
  writeResults(`conformance/${gateway.toLowerCase().replaceAll(" ", "-")}`, results);
}

function writeFaultResults(name: string, tests: readonly TestCase[]): void {
  const outcomes = tests.flatMap((test) => {
    const { fault } = test.meta();
    return fault === undefined ? [] : [{ ...fault, result: test.result().state }];
  });
  const results = collectResults(outcomes);
  if (results !== undefined) {
    writeResults(`faults/${name}`, results);
  }
}
