import { isRight, type JudgedVector, type VectorSource } from "./judged.ts";
import { DISAGREEMENTS } from "./sources/disagreements.ts";

/** The results of the vectors of one source. */
export interface VectorFigures {
  readonly source: string;
  readonly judged: readonly JudgedVector[];
  /**
   * Vectors with a wrong result that are not listed as disagreements. Also listed disagreements that no longer exist.
   */
  readonly wrong: readonly (JudgedVector & { readonly listed: string | undefined })[];
}

export async function judgeSource({ name, judge }: VectorSource): Promise<VectorFigures> {
  const judged = await judge();
  const listed = new Map(
    DISAGREEMENTS.filter(({ source }) => source === name).flatMap(({ ids, found }) => ids.map((id) => [id, found])),
  );
  const isAsListed = (vector: JudgedVector): boolean => {
    const found = listed.get(vector.id);
    return found === undefined ? isRight(vector) : !isRight(vector) && isRight({ ...vector, expected: found });
  };
  const unknown = [...listed.keys()].filter((id) => !judged.some((vector) => vector.id === id));
  return {
    source: name,
    judged,
    wrong: [
      ...judged.filter((vector) => !isAsListed(vector)).map((vector) => ({ ...vector, listed: listed.get(vector.id) })),
      ...unknown.map((id) => ({ id, expected: "a vector of this source", found: "none", listed: listed.get(id) })),
    ],
  };
}

/**
 * How many of the vectors that must be accepted were accepted. Also how many of the vectors that must be refused were
 * refused.
 */
function countRight({ judged }: VectorFigures, kind: "accepted" | "refused"): { right: number; of: number } {
  const vectors = judged.filter(({ expected }) => (expected === "accepted") === (kind === "accepted"));
  return { right: vectors.filter(isRight).length, of: vectors.length };
}

/** A row of the table, as texts: source, accepted, refused, disagreements. */
export function rowOf(figures: VectorFigures): readonly string[] {
  const [accepted, refused] = [countRight(figures, "accepted"), countRight(figures, "refused")];
  const disagreements = accepted.of - accepted.right + refused.of - refused.right;
  return [figures.source, `${accepted.right}/${accepted.of}`, `${refused.right}/${refused.of}`, String(disagreements)];
}

export const HEADINGS: readonly string[] = [
  "source",
  "valid vectors accepted",
  "invalid vectors refused with the right reason",
  "disagreements",
];
