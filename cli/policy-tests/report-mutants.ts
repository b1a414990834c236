import { Judge } from "../../offline/judge/judge.ts";
import { proposeKillers, type Survivor } from "../../offline/mutants/propose-killers.ts";
import { type MutantResult, runMutants, scoreOf, worldOf } from "../../offline/mutants/run-mutants.ts";
import type { LoadedSuite } from "./load-suite.ts";
import { collectMeasured, type Measured, type MeasureOptions } from "./measured.ts";
import { locateInPolicy, percent } from "./policy-findings.ts";

/** Changes each policy in many small ways, and reports the changes that no test notices. */
export async function reportMutants(suites: readonly LoadedSuite[], options: MeasureOptions): Promise<Measured> {
  return collectMeasured(suites, (ofPolicy) => mutatePolicy(ofPolicy, options));
}

async function mutatePolicy(suites: readonly LoadedSuite[], { min }: MeasureOptions): Promise<Measured> {
  const [first] = suites;
  if (!first) {
    throw new Error("no policy to mutate");
  }
  const { policy, policyFile, policyText: text } = first;
  const suite = { ...first.suite, cases: suites.flatMap((loaded) => loaded.suite.cases) };
  const judge = new Judge(suite.nowSeconds, suite.consumers, "assumed");
  const results = await runMutants({ text, policy, suite, judge });
  const survivors = await proposeKillers(results, policy, judge, worldOf(suite));
  const score = scoreOf(results);
  const isTooLow = min !== undefined && score * 100 < min;
  const count = (fate: MutantResult["fate"]): number => results.filter((result) => result.fate === fate).length;
  const kinds = new Set(results.map(({ mutant }) => mutant.kind)).size;
  const counts = {
    killed: count("killed"),
    survived: count("survived"),
    equivalent: count("equivalent"),
    invalid: count("invalid"),
    kinds,
  };
  const { killed, survived, equivalent } = counts;
  return {
    findings: locateInPolicy(policyFile, survivors.map(describeSurvivor), isTooLow),
    cases: results
      .filter(({ fate }) => fate === "killed" || fate === "survived")
      .map(({ fate, mutant }) => ({
        suite: policyFile,
        name: `${mutant.kind} ${mutant.path.join("/")}: ${mutant.change}`,
        status: fate === "killed" ? "passed" : "failed",
        message: fate === "killed" ? undefined : "no test notices this change",
      })),
    summary: [
      `mutation score of ${policyFile}: ${percent(score)} (${killed} of ${killed + survived} mutants of ${kinds} kinds killed, ${equivalent} equivalent)`,
    ],
    details: [{ policy: policyFile, score, ...counts }],
    isTooLow,
  };
}

function describeSurvivor({
  result: { mutant },
  paste,
  isRepeated,
}: Survivor): Parameters<typeof locateInPolicy>[1][number] {
  const notes =
    paste === undefined
      ? ["No request was found that shows the change. The change may have no effect."]
      : isRepeated
        ? ["A test that is proposed above also notices this change:"]
        : [];
  return {
    code: "mutant_survived",
    path: mutant.path,
    message: `No test notices this change (${mutant.kind}): ${mutant.change}.`,
    notes,
    paste,
  };
}
