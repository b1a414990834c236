import { type CoverageItem, type Direction, listItems } from "../../offline/coverage/list-items.ts";
import { Coverage } from "../../offline/coverage/measure-coverage.ts";
import { findGaps, type Gap } from "../../offline/coverage/propose-coverage.ts";
import { Judge } from "../../offline/judge/judge.ts";
import { compilePolicy } from "../../plugin/policy/compile/compile-policy.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { validateDocument } from "../../plugin/policy/read/validate-document.ts";
import { type Changes, findChanges } from "./changed-since.ts";
import type { LoadedSuite } from "./load-suite.ts";
import { collectMeasured, type Measured, type MeasureOptions } from "./measured.ts";
import { locateInPolicy, percent } from "./policy-findings.ts";

const SHOWN: Readonly<Record<Direction, string>> = {
  passes: "no test passes because of it",
  refuses: "no test is refused because of it alone",
};

/** For each policy, measures whether the tests show that each requirement has an effect. */
export async function reportCoverage(suites: readonly LoadedSuite[], options: MeasureOptions): Promise<Measured> {
  return collectMeasured(suites, (ofPolicy) => coverPolicy(ofPolicy, options));
}

async function coverPolicy(suites: readonly LoadedSuite[], { min, changedSince }: MeasureOptions): Promise<Measured> {
  const [first] = suites;
  const source = first && readDocument(first.policyText);
  const valid = source?.ok ? validateDocument(source.value.data) : undefined;
  // The measurement changes the compiled policy for a short time, so it uses a copy of the policy.
  const compiled = valid?.ok ? compilePolicy(valid.value, "") : undefined;
  if (!first || !valid?.ok || !compiled?.ok) {
    throw new Error(`${first?.policyFile ?? "the policy"} changed while it was read: try again`);
  }
  const policy = compiled.value;
  const { nowSeconds, consumers } = first.suite;
  const items = listItems(valid.value, policy);
  const judge = new Judge(nowSeconds, consumers, "assumed");
  const coverage = new Coverage(items, policy, judge);
  for (const test of suites.flatMap(({ suite }) => suite.cases)) {
    if (test.skip === undefined) {
      await coverage.add(test);
    }
  }
  const changes = changedSince === undefined ? undefined : await findChanges(first.policyFile, policy, changedSince);
  const wanted = items.filter((item) => isChanged(item, changes));
  const gaps = await findGaps(coverage, wanted, policy, judge, { nowSeconds, consumers });
  const all = wanted.reduce((sum, { directions }) => sum + directions.length, 0);
  const score = all === 0 ? 1 : (all - gaps.length) / all;
  const isTooLow = min !== undefined && score * 100 < min;
  const since = changedSince === undefined ? "" : ` of the parts that changed since ${changedSince}`;
  return {
    findings: locateInPolicy(first.policyFile, gaps.map(describeGap), isTooLow),
    cases: wanted.map((item) => {
      const open = gaps.filter((gap) => gap.item === item);
      const message = open.map(({ direction }) => SHOWN[direction]).join("; ");
      const status = open.length === 0 ? "passed" : "failed";
      return { suite: first.policyFile, name: item.label, status, message };
    }),
    summary: [`coverage${since} in ${first.policyFile}: ${percent(score)} (${all - gaps.length} of ${all})`],
    details: [{ policy: first.policyFile, score, shown: all - gaps.length, all }],
    isTooLow,
  };
}

function isChanged({ owner }: CoverageItem, changes: Changes | undefined): boolean {
  return !changes || ("rule" in owner ? changes.rules.has(owner.rule) : changes.issuers.has(owner.issuer));
}

function describeGap({ item, direction, paste }: Gap): Parameters<typeof locateInPolicy>[1][number] {
  return {
    code: "not_covered",
    path: item.path,
    message: `${item.label}: ${SHOWN[direction]}.`,
    notes:
      paste === undefined
        ? ["No request was found for such a test. Check whether this requirement can have an effect."]
        : [],
    paste,
  };
}
