import type { Random } from "../../test/random.ts";
import type { Coverage } from "./coverage.ts";
import type { Outcome, Target } from "./target.ts";

/** How many executions share one reading of the coverage. One reading takes milliseconds. */
const BATCH = 256;

interface Finding<T> {
  readonly what: string;
  readonly input: T;
}

export interface Campaign<T> {
  readonly executions: number;
  readonly seconds: number;
  readonly corpus: readonly T[];
  readonly added: number;
  readonly findings: readonly Finding<T>[];
  /** Milliseconds of the code under test. */
  readonly slowest: { readonly took: number; readonly input: T } | undefined;
  readonly features: ReadonlySet<string>;
}

/**
 * Mutates inputs of the corpus. Keeps the inputs that reach new code or a new reason.
 *
 * @param coverage finds new code. Without it, only new reasons count.
 * @param goesOn whether to continue, called after each batch.
 */
export async function fuzz<T>(
  target: Target<T>,
  corpus: readonly T[],
  random: Random,
  coverage: Coverage | undefined,
  goesOn: (executions: number) => boolean,
): Promise<Campaign<T>> {
  const inputs: T[] = [];
  const features = new Set<string>();
  const findings = new Map<string, T>();
  let slowest: Campaign<T>["slowest"];
  let executions = 0;
  let newest = 0;
  const start = performance.now();

  const execute = async (input: T): Promise<boolean> => {
    const outcome = await target.run(input);
    executions += 1;
    if (!slowest || outcome.took > slowest.took) {
      slowest = { took: outcome.took, input };
    }
    if (outcome.finding !== undefined) {
      // The first line of the text. After the first line comes a stack, and the stack can differ for the same fault.
      const what = outcome.finding.split("\n", 1)[0] ?? "";
      const known = findings.get(what);
      if (known === undefined || target.size(input) < target.size(known)) {
        findings.set(what, input);
      }
    }
    return addAll(features, outcome);
  };
  /** Finds the inputs of a batch that reach new code. The search halves the batch again and again. */
  const keepNew = async (batch: readonly T[]): Promise<void> => {
    for (const input of batch) {
      await execute(input);
    }
    if (batch.length === 1 ? coverage?.takeNew() : coverage?.peekNew()) {
      if (batch.length === 1) {
        inputs.push(...batch);
        return;
      }
      const half = batch.length >> 1;
      await keepNew(batch.slice(0, half));
      await keepNew(batch.slice(half));
    }
  };
  const runBatch = async (batch: readonly T[]): Promise<void> => {
    for (const input of batch) {
      if (await execute(input)) {
        inputs.push(input);
      }
    }
    if (coverage?.peekNew()) {
      await keepNew(batch);
    }
  };
  const next = (): T => {
    // The plugin refuses most inputs of the corpus early. But seeds reach later stages, and new inputs lead to more new
    // code.
    const origins = random.pick([target.seeds, target.seeds, inputs.slice(-32), inputs]);
    return target.mutate(random.pick(origins), random, inputs);
  };

  for (const known of [...target.seeds, ...corpus]) {
    await execute(known);
    inputs.push(known);
  }
  coverage?.takeNew();
  newest = inputs.length;
  while (goesOn(executions)) {
    await runBatch(Array.from({ length: BATCH }, next));
  }
  return {
    executions,
    seconds: (performance.now() - start) / 1000,
    corpus: inputs,
    added: inputs.length - newest,
    findings: [...findings].map(([what, input]) => ({ what, input })),
    slowest,
    features,
  };
}

function addAll(known: Set<string>, { features }: Outcome): boolean {
  const before = known.size;
  for (const feature of features) {
    known.add(feature);
  }
  return known.size > before;
}
