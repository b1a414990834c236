/** Numbers that depend only on a seed. So every run can be repeated. */
export interface Random {
  /** A whole number from 0 up to `limit`, but not `limit` itself. */
  below(limit: number): number;
  /** True in one of `n` cases. */
  oneIn(n: number): boolean;
  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T;
}

/** mulberry32 has 32 bits of state, which is enough to choose mutations. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    below,
    oneIn: (n) => below(n) === 0,
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) {
        throw new RangeError("nothing to pick from");
      }
      return list[below(list.length)] as T;
    },
  };
}
