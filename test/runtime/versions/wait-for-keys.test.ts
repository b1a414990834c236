import { describe, expect, it } from "vitest";
import { succeed } from "../../../plugin/core/model/result.ts";
import { PolicyVersion } from "../../../plugin/runtime/versions/policy-version.ts";
import { waitForKeys, warnOfMissingKeys } from "../../../plugin/runtime/versions/wait-for-keys.ts";
import { compileDocument } from "../../core/fixtures.ts";
import { holdKeys, logApart, policyText } from "./policy-scene.ts";

const policy = compileDocument(policyText("two"));

/** A version that waits for its keys. Only the test ends the longest wait. */
function setUp() {
  const keys = holdKeys();
  keys.hold("two");
  const version = new PolicyVersion(succeed(policy));
  version.become("ready");
  let endLongestWait = (): void => {};
  const signals: AbortSignal[] = [];
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      signals.push(signal);
      endLongestWait = resolve;
      signal.addEventListener("abort", () => resolve());
    });
  const waiting = waitForKeys(version, keys, wait);
  return { keys, version, waiting, endLongestWait: () => endLongestWait(), isWaiting: () => !signals[0]?.aborted };
}

describe("waits for the keys of a version's issuers", () => {
  it("until they have come", async () => {
    const { keys, waiting, isWaiting } = setUp();
    expect(isWaiting()).toBe(true);
    keys.release("two");
    await waiting;
    expect(isWaiting()).toBe(false); // The timer of the longest wait has ended.
    expect(keys.findMissing(policy)).toEqual([]);
  });

  it("until the longest wait is over", async () => {
    const { keys, waiting, endLongestWait } = setUp();
    endLongestWait();
    await waiting;
    expect(keys.findMissing(policy)).toEqual(["acme"]);
  });

  it("until the version retires", async () => {
    const { version, waiting } = setUp();
    version.retire();
    await waiting;
    expect(version.state).toBe("retired");
  });
});

it("warns about issuers whose tokens will get 503, and not at all if all keys have come", () => {
  const keys = holdKeys();
  const log = logApart();
  warnOfMissingKeys(policy, keys, "policy file a.yaml", log);
  expect(log.warnings).toEqual([]);
  keys.hold("two");
  warnOfMissingKeys(policy, keys, "policy file a.yaml", log);
  expect(log.warnings).toEqual([
    "policy file a.yaml takes effect without keys of acme: tokens of these issuers get 503 until the keys have been fetched",
  ]);
});
