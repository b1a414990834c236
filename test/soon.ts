/** How long tests wait for an event, at most: far more than it takes, because a machine may be busy. Less than the limit of a test. */
export const SOON_MS = 45_000;
/** For `vi.waitFor` and `expect.poll`. */
export const SOON = { timeout: SOON_MS, interval: 20 };
