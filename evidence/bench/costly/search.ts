import { createRandom } from "../../../test/random.ts";
import { createGenome, cross, express, type Genome, mutate } from "./genome.ts";
import type { Protocol, Stage } from "./stage.ts";

export interface Found {
  readonly genome: Genome;
  readonly input: string;
  /** How many inputs were tried. */
  readonly tried: number;
}

const POPULATION = 12;
/**
 * How often a candidate is timed. The shortest time counts, because other work on the machine only makes times longer.
 */
const RUNS = 3;
const LONG_MS = 300;
const FRESH_ONE_IN = 8;
const CROSS_ONE_IN = 4;

/**
 * Searches for the most expensive input of a stage. The search keeps the most expensive inputs that it has found. It
 * makes new inputs from them by mutation and combination.
 *
 * @param seed decides the random choices. Times differ a little from run to run, so results differ too.
 */
export function search(stage: Stage, protocol: Protocol, budgetMs: number, seed: number): Found {
  const { fragments } = stage;
  const maxLength = stage.limits[protocol];
  const random = createRandom(seed);
  const population: { readonly genome: Genome; readonly millis: number }[] = [];
  const add = (genome: Genome): void => {
    const input = express(genome, maxLength);
    population.push({ genome, millis: time(stage, input, RUNS) });
    population.sort((a, b) => b.millis - a.millis);
    population.length = Math.min(population.length, POPULATION);
  };
  const start = performance.now();
  let tried = 0;
  while (tried < POPULATION || performance.now() - start < budgetMs) {
    const one = population[random.below(population.length)];
    const other = population[random.below(population.length)];
    if (!one || !other || tried < POPULATION || random.oneIn(FRESH_ONE_IN)) {
      add(createGenome(random, fragments, maxLength));
    } else {
      const parent = random.oneIn(CROSS_ONE_IN) ? cross(random, one.genome, other.genome) : one.genome;
      add(mutate(random, parent, fragments, maxLength));
    }
    tried += 1;
  }
  // The best candidates are timed again, more often, because a single long time can be chance.
  const [best] = population
    .map(({ genome }) => ({ genome, millis: time(stage, express(genome, maxLength), RUNS * 4) }))
    .toSorted((a, b) => b.millis - a.millis);
  const genome = best?.genome ?? [];
  return { genome, input: express(genome, maxLength), tried };
}

/** The shortest of several runs, in milliseconds. Zero if the input ends the request although the stage needs it to continue. */
export function time(stage: Stage, input: string, runs: number): number {
  if (stage.goesOn?.(input) === false) {
    return 0;
  }
  const run = stage.prepare(input);
  let shortest = Number.POSITIVE_INFINITY;
  const first = performance.now();
  for (let index = 0; index < runs; index += 1) {
    const start = performance.now();
    run();
    const end = performance.now();
    shortest = Math.min(shortest, end - start);
    if (end - first > LONG_MS) {
      break; // A policy text may take a second.
    }
  }
  return shortest;
}
