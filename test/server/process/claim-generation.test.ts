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

it("gives no number away that faster processes claimed and removed between its look and its own claim", () => {
  let looks = 0;
  const list = (path: string): string[] => {
    looks += 1;
    if (looks === 2) {
      writeFileSync(`${socket}.generation-3`, ""); // They had 0 to 3, and kept the last.
    }
    return readdirSync(path);
  };
  expect(claimGeneration(socket, list)).toBe(4);
  expect(claims()).toEqual(["s.generation-4"]);
});

it("says which files are in the way when none is free, and where it cannot write", () => {
  for (let generation = 0; generation < GENERATIONS; generation += 1) {
    writeFileSync(`${socket}.generation-${generation}`, "");
  }
  expect(() => claimGeneration(socket)).toThrow(/s\.generation-0 to 255 leave no number free; remove them$/);
  expect(() => claimGeneration(join(directory, "none", "s"))).toThrow(/ENOENT/);
});
