/** The result of everything that can fail: a value, or a failure that says why there is no value. */
export type Result<T, F> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: F };

export function succeed<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

export function fail<F>(failure: F): Result<never, F> {
  return { ok: false, failure };
}

/**
 * The success of a check, which has no value. All checks share this success, because every request passes many checks.
 */
export const PASSED: Result<undefined, never> = succeed(undefined);
