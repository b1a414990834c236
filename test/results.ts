import type { Result } from "../plugin/core/model/result.ts";

/** The value or the failure, for tests that compare either of them. The result is undefined for a check that passed. */
export function outcomeOf<T, F>(result: Result<T, F>): T | F {
  return result.ok ? result.value : result.failure;
}

/** @throws Error with the failure. */
export function unwrap<T>(result: Result<T, unknown>): T {
  if (!result.ok) {
    throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  }
  return result.value;
}

/** The value; undefined for a failure. */
export function valueOrNone<T>(result: Result<T, unknown>): T | undefined {
  return result.ok ? result.value : undefined;
}
