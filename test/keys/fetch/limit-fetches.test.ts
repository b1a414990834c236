import { expect, it } from "vitest";
import type { FetchJson } from "../../../plugin/keys/fetch/fetch-json.ts";
import { limitFetches } from "../../../plugin/keys/fetch/limit-fetches.ts";

it("three fetches run at the same time, the others wait in order, and a failed fetch makes room as well", async () => {
  const started: string[] = [];
  const ends = new Map<string, (isOk: boolean) => void>();
  const answer = { body: {}, freshForSeconds: 5 };
  const fetchJson: FetchJson = (url, { timeoutMs }) => {
    started.push(`${url} ${timeoutMs}`);
    return new Promise((resolve, reject) => {
      ends.set(url, (isOk) => (isOk ? resolve(answer) : reject(new Error(`${url} failed`))));
    });
  };
  const limited = limitFetches(fetchJson, 3);
  const settle = () => new Promise(setImmediate);
  const fetchAll = (...urls: readonly string[]) => urls.map((url) => limited(url, { timeoutMs: 7 }));
  for (const round of ["", "again "]) {
    started.length = 0;
    const names = ["a", "b", "c", "d", "e"].map((name) => round + name);
    const [a, b, c, d, e] = names as [string, string, string, string, string];
    const fetches = fetchAll(...names);
    const outcomes = Promise.allSettled(fetches);
    await settle();
    expect(started).toEqual([a, b, c].map((url) => `${url} 7`));
    ends.get(b)?.(false);
    await settle();
    expect(started.slice(3)).toEqual([`${d} 7`]);
    ends.get(a)?.(true);
    await settle();
    expect(started.slice(4)).toEqual([`${e} 7`]);
    for (const url of [c, d, e]) {
      ends.get(url)?.(true);
    }
    const states = (await outcomes).map((outcome) => (outcome.status === "fulfilled" ? outcome.value : outcome.reason));
    expect(states).toEqual([answer, new Error(`${b} failed`), answer, answer, answer]);
  }
});
