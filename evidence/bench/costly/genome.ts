import type { Random } from "../../../test/random.ts";

/**
 * An input under search: short runs of fragments, each repeated. The most expensive inputs are repetitions. The search finds the
 * fragments, their order and their number.
 */
export type Genome = readonly Gene[];

interface Gene {
  readonly fragments: readonly string[];
  readonly repeats: number;
}

/**
 * A placeholder in a fragment. A number replaces it, and the number differs each time, as in the names of JSON members.
 */
export const COUNTER = "\u0001";

const MAX_GENES = 6;
const MAX_FRAGMENTS = 4;

export function createGenome(random: Random, fragments: readonly string[], maxLength: number): Genome {
  return Array.from({ length: 1 + random.below(3) }, () => createGene(random, fragments, maxLength));
}

function createGene(random: Random, fragments: readonly string[], maxLength: number): Gene {
  const count = 1 + random.below(MAX_FRAGMENTS);
  const chosen = Array.from({ length: count }, () => random.pick(fragments));
  return { fragments: chosen, repeats: random.oneIn(2) ? maxLength : 1 + random.below(64) };
}

/** A changed copy. */
export function mutate(random: Random, genome: Genome, fragments: readonly string[], maxLength: number): Genome {
  const genes = [...genome];
  const index = random.below(genes.length);
  const gene = genes[index] ?? createGene(random, fragments, maxLength);
  switch (random.below(7)) {
    case 0:
      genes.splice(index, 0, createGene(random, fragments, maxLength));
      break;
    case 1:
      genes.splice(index, genes.length > 1 ? 1 : 0);
      break;
    case 2:
      genes[index] = { ...gene, repeats: Math.min(maxLength, gene.repeats * (2 + random.below(8))) };
      break;
    case 3:
      genes[index] = { ...gene, repeats: Math.max(1, gene.repeats >> (1 + random.below(3))) };
      break;
    case 4:
      genes[index] = { ...gene, fragments: [...gene.fragments.slice(-MAX_FRAGMENTS + 1), random.pick(fragments)] };
      break;
    case 5:
      genes[index] = {
        ...gene,
        fragments: gene.fragments.with(random.below(gene.fragments.length), random.pick(fragments)),
      };
      break;
    default:
      genes[index] = { ...gene, fragments: gene.fragments.slice(gene.fragments.length > 1 ? 1 : 0) };
  }
  return genes.slice(0, MAX_GENES);
}

/** The beginning of one genome and the end of another. */
export function cross(random: Random, one: Genome, other: Genome): Genome {
  return [...one.slice(0, 1 + random.below(one.length)), ...other.slice(random.below(other.length))].slice(
    0,
    MAX_GENES,
  );
}

/** The text of a genome. It has at most `maxLength` characters and contains only whole fragments. */
export function express(genome: Genome, maxLength: number): string {
  let text = "";
  let count = 0;
  for (const { fragments, repeats } of genome) {
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      for (const fragment of fragments) {
        const next = fragment.includes(COUNTER) ? fragment.replaceAll(COUNTER, (count++).toString(36)) : fragment;
        if (text.length + next.length > maxLength) {
          return text;
        }
        text += next;
      }
    }
  }
  return text;
}

/** The genome as one line of the table. */
export function describe(genome: Genome, maxLength: number): string {
  const shown = genome.map(({ fragments, repeats }) => {
    const text = JSON.stringify(fragments.join("").replaceAll(COUNTER, "№"));
    const short = text.length > 40 ? `${text.slice(0, 37)}…"` : text;
    return repeats === 1 ? short : `${short} × ${repeats >= maxLength ? "max" : repeats}`;
  });
  return shown.join(", ");
}
