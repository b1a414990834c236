import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { claimGeneration } from "../../../plugin/server/process/claim-generation.ts";
import { GENERATIONS } from "../../../plugin/server/protocol/instances.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

let directory: string;
let socket: string;
beforeEach(() => {
  directory = temporaryFolder(onTestFinished);
  socket = join(directory, "s");
});

const claims = (): string[] => readdirSync(directory).sort();

it("counts up from 0, keeps only the last claim, and starts again after 255", () => {
  const claimed = Array.from({ length: GENERATIONS + 2 }, () => claimGeneration(socket));
  expect(claimed.slice(0, 3)).toEqual([0, 1, 2]);
  expect(claimed.slice(-3)).toEqual([255, 0, 1]);
  expect(new Set(claimed.slice(0, GENERATIONS)).size).toBe(GENERATIONS);
  expect(claims()).toEqual(["s.generation-1"]);
});

it("claims by a file that only this user can use", () => {
  claimGeneration(socket);
  expect(statSync(`${socket}.generation-0`).mode & 0o777).toBe(0o600);
});

it("yields to a process that was faster", () => {
  claimGeneration(socket);
  writeFileSync(`${socket}.generation-1`, ""); // The faster process has not removed generation 0 yet.
  writeFileSync(`${socket}.generation-2`, "");
  expect(claimGeneration(socket)).toBe(3);
});

it("counts separately for each socket of a directory, and ignores other files", () => {
  writeFileSync(join(directory, "other.generation-9"), "");
  writeFileSync(`${socket}.generation-x`, "");
  expect([claimGeneration(socket), claimGeneration(`${socket}2`)]).toEqual([0, 0]);
  expect(claims()).toEqual(["other.generation-9", "s.generation-0", "s.generation-x", "s2.generation-0"]);
});

it.each<[what: string, claimed: readonly number[], next: number]>([
  ["across the restart of the count, also with an old file", [250, 255, 0, 1], 2],
  ["up to the half of all numbers", [0, 127], 128],
])("knows which claim is newer %s", (_what, claimed, next) => {
  for (const generation of claimed) {
    writeFileSync(`${socket}.generation-${generation}`, "");
  }
  expect(claimGeneration(socket)).toBe(next);
  expect(claims()).toEqual([`s.generation-${next}`]);
});

it("returns no number that faster processes claimed and removed between its check and its own claim", () => {
  let looks = 0;
  const list = (path: string): string[] => {
    looks += 1;
    if (looks === 2) {
      writeFileSync(`${socket}.generation-3`, ""); // The processes claimed 0 to 3, and kept the last number.
    }
    return readdirSync(path);
  };
  expect(claimGeneration(socket, list)).toBe(4);
  expect(claims()).toEqual(["s.generation-4"]);
});

it("says which files use the numbers if no number is free, and which directory it cannot write", () => {
  for (let generation = 0; generation < GENERATIONS; generation += 1) {
    writeFileSync(`${socket}.generation-${generation}`, "");
  }
  let tries = 0;
  const list = (path: string): string[] => {
    tries += 1;
    return readdirSync(path);
  };
  expect(() => claimGeneration(socket, list)).toThrow(
    /s\.generation-0 to .*s\.generation-255 use all numbers; remove these files$/,
  );
  expect(tries).toBe(1_000);
  expect(() => claimGeneration(join(directory, "none", "s"))).toThrow(/ENOENT/);
});
