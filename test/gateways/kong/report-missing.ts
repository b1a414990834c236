import { expect, it } from "vitest";

/** Replaces tests whose gateway is not available. One skipped test says why, and fails with `KONG_REQUIRED=1`. */
export function reportMissing(title: string, missing: string): void {
  it(title, (context) => {
    expect(process.env.KONG_REQUIRED, missing).not.toBe("1");
    context.skip(missing);
  });
}
