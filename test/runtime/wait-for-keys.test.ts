import { describe, expect, it } from "vitest";
import { waitForKeys } from "../../plugin/runtime/wait-for-keys.ts";
import { compileDocument } from "../core/fixtures.ts";
import { holdKeys, logApart, policyText } from "./policy-scene.ts";

const policy = compileDocument(policyText("two"));

describe("waits for the keys of a policy's issuers", () => {
  it("no longer than they take, and says nothing", async () => {
    const keys = holdKeys();
    keys.hold("two");
    const log = logApart();
    let isOver = false;
    const waiting = waitForKeys(policy, keys, "policy file a.yaml", log).then(() => {
      isOver = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isOver).toBe(false);
    keys.release("two");
    await waiting;
    expect(log.warnings).toEqual([]);
  });

  it("at most ten seconds, and warns whose tokens will get 503", async () => {
    const keys = holdKeys();
    keys.hold("two");
    const log = logApart();
    const before = performance.now();
    await waitForKeys(policy, keys, "policy file a.yaml", log);
    expect(performance.now() - before).toBeGreaterThan(9_900);
    expect(log.warnings).toEqual([
      "policy file a.yaml takes over without keys of acme: their tokens get 503 until the keys are there",
    ]);
  }, 40_000);
});
