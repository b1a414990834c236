import { readFileSync, renameSync, statSync, truncateSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { FileSink } from "../../../plugin/observe/decisions/file-sink.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

let directory: string;
let path: string;
let sink: FileSink;
beforeEach(() => {
  directory = temporaryFolder(onTestFinished);
  path = join(directory, "decisions.jsonl");
  sink = makeSink();
});
function makeSink(): FileSink {
  const made = new FileSink(path);
  onTestFinished(() => made.close());
  return made;
}
const read = (file = path): string => readFileSync(file, "utf8");

it("appends to a file that only the user and the group can read", async () => {
  await sink.write("a\n");
  await makeSink().write("b\n");
  await sink.write("c\n");
  expect(read()).toBe("a\nb\nc\n");
  expect(statSync(path).mode & 0o007).toBe(0);
});

it("continues in a new file after the old one was renamed, without a signal and without a lost line", async () => {
  await sink.write("a\n");
  renameSync(path, `${path}.1`);
  await sink.write("b\n");
  await sink.write("c\n");
  expect([read(`${path}.1`), read()]).toEqual(["a\n", "b\nc\n"]);
});

it("continues in a file with which another program replaced it", async () => {
  await sink.write("a\n");
  renameSync(path, `${path}.1`);
  await makeSink().write("x\n");
  await sink.write("b\n");
  expect(read()).toBe("x\nb\n");
});

it("continues after the file was deleted or cut", async () => {
  await sink.write("a\n");
  unlinkSync(path);
  await sink.write("b\n");
  expect(read()).toBe("b\n");
  truncateSync(path);
  await sink.write("c\n");
  expect(read()).toBe("c\n");
});

it("opens the file again on request", async () => {
  await sink.write("a\n");
  sink.reopen();
  await sink.write("b\n");
  expect(read()).toBe("a\nb\n");
});

it("rejects while the directory is missing, and works again when it is back", async () => {
  await sink.write("a\n");
  renameSync(directory, `${directory}.away`);
  await expect(sink.write("b\n")).rejects.toThrow("ENOENT");
  renameSync(`${directory}.away`, directory);
  await sink.write("c\n");
  expect(read()).toBe("a\nc\n");
});

it("writes the last lines at once", async () => {
  await sink.write("a\n");
  sink.writeLast("b\n");
  expect(read()).toBe("a\nb\n");
  expect(() => makeSink().writeLast("x\n")).toThrow("not open");
});
