import { expect, it } from "vitest";

/** Replaces tests whose gateway is not available: one skipped test says why, and `KONG_REQUIRED=1` makes it fail. */
export function reportMissing(title: string, missing: string): void {
  it(title, (context) => {
    expect(process.env.KONG_REQUIRED, missing).not.toBe("1");
    context.skip(missing);
  });
}
