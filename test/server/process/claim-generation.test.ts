import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { claimGeneration } from "../../../plugin/server/process/claim-generation.ts";
import { GENERATIONS } from "../../../plugin/server/protocol/instances.ts";

let directory: string;
let socket: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "generation-"));
  socket = join(directory, "s");
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

const claims = (): string[] => readdirSync(directory).sort();

it("counts up from 0, keeps the last claim only, and begins anew behind 255", () => {
  const claimed = Array.from({ length: GENERATIONS + 2 }, () => claimGeneration(socket));
  expect(claimed.slice(0, 3)).toEqual([0, 1, 2]);
  expect(claimed.slice(-3)).toEqual([255, 0, 1]);
  expect(new Set(claimed.slice(0, GENERATIONS)).size).toBe(GENERATIONS);
  expect(claims()).toEqual(["s.generation-1"]);
});

it("gives way to a process that was faster", () => {
  claimGeneration(socket);
  writeFileSync(`${socket}.generation-1`, ""); // It has not removed generation 0 yet.
  writeFileSync(`${socket}.generation-2`, "");
  expect(claimGeneration(socket)).toBe(3);
});

it("counts apart for each socket of a directory, and minds no other file", () => {
  writeFileSync(join(directory, "other.generation-9"), "");
  writeFileSync(`${socket}.generation-x`, "");
  expect([claimGeneration(socket), claimGeneration(`${socket}2`)]).toEqual([0, 0]);
  expect(claims()).toEqual(["other.generation-9", "s.generation-0", "s.generation-x", "s2.generation-0"]);
});

it("knows which is newer across the end of the round, with one that was left over", () => {
  for (const generation of [250, 255, 0, 1]) {
    writeFileSync(`${socket}.generation-${generation}`, "");
  }
  expect(claimGeneration(socket)).toBe(2);
  expect(claims()).toEqual(["s.generation-2"]);
});

it("never gives the same to two of many at once, though a slow one has looked before others came and went", async () => {
  const { runScript } = await import("../server-process.ts");
  const begin = Date.now() + 1_000;
  const text = `
    import { claimGeneration } from "./claim-generation.js";
    while (Date.now() < ${begin});
    const claimed = Array.from({ length: 40 }, () => claimGeneration(${JSON.stringify(socket)}));
    console.log(claimed.join(" "));`;
  const scripts = Array.from({ length: 5 }, () => runScript(text));
  await Promise.all(scripts.map(({ ended }) => ended));
  const all = scripts.flatMap((script) => script.stdout().trim().split(" "));
  expect(all).toHaveLength(200);
  expect(new Set(all).size).toBe(200);
  expect(claims()).toHaveLength(1);
});

it("says which files are in the way when none is free, and where it cannot write", () => {
  for (let generation = 0; generation < GENERATIONS; generation += 1) {
    writeFileSync(`${socket}.generation-${generation}`, "");
  }
  expect(() => claimGeneration(socket)).toThrow(/s\.generation-0 to 255 leave no number free; remove them$/);
  expect(() => claimGeneration(join(directory, "none", "s"))).toThrow(/ENOENT/);
});
