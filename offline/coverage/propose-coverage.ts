import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { describeOutcome } from "../judge/describe-outcome.ts";
import type { Judge } from "../judge/judge.ts";
import { expectOutcome } from "../propose/expect-outcome.ts";
import { listProbes } from "../propose/list-probes.ts";
import type { Probe, ProbeWorld } from "../propose/probe.ts";
import { passes, readPasted } from "../propose/try-test.ts";
import { writeTest } from "../propose/write-test.ts";
import type { CoverageItem, Direction } from "./list-items.ts";
import { Coverage } from "./measure-coverage.ts";

/** An item, and a direction of its effect that no test shows. */
export interface Gap {
  readonly item: CoverageItem;
  readonly direction: Direction;
  /**
   * The text of a test for this direction. The policy passes this test. The text is undefined if the search found no
   * test.
   */
  readonly paste: string | undefined;
}

const MAX_PROBES_PER_RULE = 3_000;

/** Proposes a test for each direction that no existing test shows. */
export async function findGaps(
  coverage: Coverage,
  wanted: readonly CoverageItem[],
  policy: CompiledPolicy,
  judge: Judge,
  world: ProbeWorld,
): Promise<readonly Gap[]> {
  const gaps = wanted.flatMap((item) => coverage.missing(item).map((direction) => ({ item, direction })));
  const pastes = new Map<string, string>();
  for (const rule of policy.rules.keys()) {
    const open = gaps.filter((gap) => !pastes.has(nameGap(gap)) && concerns(gap.item, rule));
    if (open.length > 0) {
      await searchRule(rule, open, pastes, { coverage, policy, judge, world });
    }
  }
  return gaps.map((gap) => ({ ...gap, paste: pastes.get(nameGap(gap)) }));
}

interface Search {
  readonly coverage: Coverage;
  readonly policy: CompiledPolicy;
  readonly judge: Judge;
  readonly world: ProbeWorld;
}

type OpenGap = Omit<Gap, "paste">;

async function searchRule(
  rule: string,
  gaps: readonly OpenGap[],
  pastes: Map<string, string>,
  { policy, judge, world }: Search,
): Promise<void> {
  let tried = 0;
  let open = gaps;
  for await (const probe of listProbes([policy], [rule], world)) {
    tried += 1;
    if (open.length === 0 || tried > MAX_PROBES_PER_RULE) {
      return;
    }
    const items = [...new Set(open.map(({ item }) => item))];
    const shown = new Coverage(items, policy, judge);
    if (await shown.add(probe)) {
      const paste = await writeChecked(probe, policy, judge, world);
      for (const gap of open) {
        if (paste !== undefined && shown.isShown(gap.item, gap.direction)) {
          pastes.set(nameGap(gap), paste);
        }
      }
      open = open.filter((gap) => !pastes.has(nameGap(gap)));
    }
  }
}

/** Writes the request as a test. Returns the test only if it passes with the policy. */
async function writeChecked(
  probe: Probe,
  policy: CompiledPolicy,
  judge: Judge,
  world: ProbeWorld,
): Promise<string | undefined> {
  const judged = await judge.judge(probe, policy);
  if (!judged.ok) {
    return undefined;
  }
  const text = writeTest(probe, expectOutcome(describeOutcome(judged.value)), policy);
  const test = readPasted(text, policy, world);
  return test && (await passes(test, policy, judge)) ? text : undefined;
}

function concerns({ owner, uses }: CoverageItem, rule: string): boolean {
  return "issuer" in owner || owner.rule === rule || uses.length > 1;
}

function nameGap({ item, direction }: OpenGap): string {
  return JSON.stringify([item.path, item.label, direction]);
}
