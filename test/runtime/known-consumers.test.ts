import { describe, expect, it } from "vitest";
import type { Consumer } from "../../plugin/core/model/caller.ts";
import { rememberConsumers } from "../../plugin/runtime/known-consumers.ts";
import { createDeferred } from "../deferred.ts";

/** Consumers of a Kong, a record of its calls, and a clock in seconds. */
function scene() {
  let seconds = 0;
  const kong = new Map<string, Consumer>();
  const asked: string[] = [];
  const known = rememberConsumers(() => seconds * 1000);
  const load = async (by: string, value: string): Promise<Consumer | undefined> => {
    asked.push(`${by} ${value}`);
    return kong.get(value);
  };
  return {
    kong,
    asked,
    known,
    at(time: number) {
      seconds = time;
    },
    find: (value: string, maxAgeSeconds = 60, workspace = "w", by: "id" | "username" = "username") =>
      known.find(workspace, { by, value, maxAgeSeconds }, load),
  };
}

const BILLING: Consumer = { id: "1", username: "billing" };
const RENAMED: Consumer = { id: "2", username: "billing" };
const LOOKUP = { by: "username", value: "billing", maxAgeSeconds: 60 } as const;

/** A scene in which Kong has found the Consumer. */
async function sceneWithBilling() {
  const made = scene();
  made.kong.set("billing", BILLING);
  expect(await made.find("billing")).toBe(BILLING);
  return made;
}

describe("a Consumer that was found", () => {
  it("is cached for its time, and not longer", async () => {
    const { kong, asked, at, find } = await sceneWithBilling();
    kong.clear();
    at(53.9);
    expect(await find("billing")).toBe(BILLING);
    expect(asked).toHaveLength(1);
    at(60);
    expect(await find("billing")).toBeUndefined();
    expect(asked).toHaveLength(2);
  });

  it("has the age of the call to Kong, so that a slow answer does not count as new", async () => {
    const { asked, known, at, find } = scene();
    await known.find("w", { by: "username", value: "billing", maxAgeSeconds: 60 }, async () => {
      at(5);
      return BILLING;
    });
    at(53.9);
    expect(await find("billing")).toBe(BILLING);
    at(54);
    expect(await find("billing")).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  it("is looked up again towards the end, by one request a second, while the others use the cached answer", async () => {
    const { kong, asked, at, find } = await sceneWithBilling();
    kong.set("billing", RENAMED);
    at(54);
    const [first, ...others] = [find("billing"), find("billing"), find("billing")];
    expect(await first).toBe(RENAMED);
    expect(await Promise.all(others)).toEqual([BILLING, BILLING]);
    expect(asked).toHaveLength(2);
    at(100);
    expect(await find("billing")).toBe(RENAMED);
    expect(asked).toHaveLength(2);
  });

  it("is looked up again a second later if the first look-up got no answer, and no request waits for it", async () => {
    const { kong, known, at, find } = await sceneWithBilling();
    at(54);
    void known.find("w", LOOKUP, () => new Promise(() => {}));
    at(54.9);
    expect(await find("billing")).toBe(BILLING);
    kong.set("billing", RENAMED);
    at(55);
    expect(await find("billing")).toBe(RENAMED);
  });

  it("is not used beyond its time while another request looks it up again", async () => {
    const { kong, known, at, find } = await sceneWithBilling();
    kong.clear();
    at(59.5);
    void known.find("w", LOOKUP, () => new Promise(() => {}));
    expect(await find("billing")).toBe(BILLING);
    at(60);
    expect(await find("billing")).toBeUndefined();
  });

  it("is cached from the time of its look-up", async () => {
    const { kong, asked, known, at, find } = scene();
    kong.set("billing", BILLING);
    const answer = createDeferred<Consumer>();
    const slow = known.find("w", LOOKUP, () => answer.promise);
    at(5);
    answer.resolve(BILLING);
    await slow;
    at(60);
    await find("billing");
    expect(asked).toHaveLength(1);
  });

  it("is cached for each policy as long as the policy says, and not at all with 0s", async () => {
    const { kong, asked, at, find } = scene();
    kong.set("billing", BILLING);
    await find("billing", 0);
    await find("billing", 0);
    expect(asked).toHaveLength(2);
    at(10);
    await find("billing", 3600);
    expect(asked).toHaveLength(2);
    await find("billing", 10);
    expect(asked).toHaveLength(3);
  });
});

describe("a Consumer that was not found", () => {
  it.each([
    ["is looked up again after 10 s, for any cache time", 3600, 8.9, 10],
    ["is looked up again earlier, if its cache time is shorter", 4, 3.5, 4],
  ])("%s", async (_what, maxAge, before, after) => {
    const { kong, asked, at, find } = scene();
    expect(await find("billing", maxAge)).toBeUndefined();
    kong.set("billing", BILLING);
    at(before);
    expect(await find("billing", maxAge)).toBeUndefined();
    expect(asked).toHaveLength(1);
    at(after);
    expect(await find("billing", maxAge)).toBe(BILLING);
  });

  it("is not cached if Kong failed to answer", async () => {
    const { kong, known, find } = scene();
    kong.set("billing", BILLING);
    const failing = () => Promise.reject(new Error("closed"));
    await expect(known.find("w", LOOKUP, failing)).rejects.toThrow("closed");
    expect(await find("billing")).toBe(BILLING);
  });
});

it("keeps workspaces, ids and usernames apart", async () => {
  const { kong, asked, find } = scene();
  kong.set("1", BILLING);
  await find("1", 60, "w", "id");
  await find("1", 60, "w", "username");
  await find("1", 60, "other", "id");
  await find("1", 60, "w", "id");
  expect(asked).toEqual(["id 1", "username 1", "id 1"]);
});

it("caches 10,000 answers and forgets the oldest answer first", async () => {
  const { asked, find } = scene();
  for (let index = 0; index <= 10_000; index += 1) {
    await find(`c-${index}`);
  }
  asked.length = 0;
  await find("c-1");
  await find("c-10000");
  expect(asked).toEqual([]);
  await find("c-0");
  expect(asked).toEqual(["username c-0"]);
});
