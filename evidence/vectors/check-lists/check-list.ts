/**
 * What other projects test, as a check-list: for each of their tests the one of ours, or why there is none. Theirs are named by file and
 * by their position among its tests, so that none of their text is here.
 */
export interface CheckList {
  /** Folder of the vectors that has the titles. */
  readonly source: string;
  /** The first 16 hex digits of the SHA-256 of all titles, one a line: other titles have to be read first. */
  readonly fingerprint: string;
  /** By file, or by group where there is one file only. */
  readonly files: Readonly<Record<string, readonly CheckedTitles[]>>;
}

/** Positions, counted from 1, such as `3` or `3-7`; several with commas between them. */
export type CheckedTitles = readonly [positions: string, coverage: Coverage];

export type Coverage = { readonly file: string; readonly sentence: string } | { readonly notApplicable: string };

/** Covered by a test of ours. @param file below test/. @param sentence that stands in it. */
export function by(file: string, sentence: string): Coverage {
  return { file, sentence };
}

export function none(notApplicable: string): Coverage {
  return { notApplicable };
}

/** The positions of a row, one by one. */
export function readPositions(positions: string): number[] {
  return positions.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
