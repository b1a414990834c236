import { expect } from "vitest";

/** Matches a denial with exactly this reason and these members. The detail must contain the text. */
export function denied(reason: string, detail: string, members: object = {}): unknown {
  return { reason, ...members, detail: expect.stringContaining(detail) };
}
