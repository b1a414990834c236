import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../../../sandbox/run/temporary-directory.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const MODULE = join(import.meta.dirname, "../../../dist/sandbox/run/temporary-directory.js");

it.each([0, 1])("a process that exits with status %i leaves no temporary directory behind", (status) => {
  const code = `
    const { makeTemporaryDirectory, removeTemporaryDirectory } = await import(${JSON.stringify(MODULE)});
    const [first, second, third] = [await makeTemporaryDirectory(), await makeTemporaryDirectory(), await makeTemporaryDirectory()];
    await removeTemporaryDirectory(first);
    (await import("node:fs")).writeFileSync(second + "/file", "");
    console.log([first, second, third].join(" "));
    process.exitCode = ${status};
  `;
  const env = { ...process.env, TMPDIR: temporaryFolder(onTestFinished) };
  const command = `"$0" --input-type=module -e "$1" || true`;
  const output = execFileSync("sh", ["-c", command, process.execPath, code], { env, encoding: "utf8" });
  const directories = output.trim().split(" ");
  expect(directories).toHaveLength(3);
  expect(directories.filter((directory) => existsSync(directory))).toEqual([]);
});

it("a removed directory is gone with all its files", async () => {
  const directory = await makeTemporaryDirectory();
  writeFileSync(join(directory, "file"), "");
  await removeTemporaryDirectory(directory);
  expect(existsSync(directory)).toBe(false);
});
