import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readPrivateFile } from "../../../plugin/keys/store/private-directory.ts";

it("a stored file is read up to the limit of its size, and not beyond", async () => {
  const directory = mkdtempSync(join(tmpdir(), "private-"));
  onTestFinished(() => rmSync(directory, { recursive: true, maxRetries: 5 }));
  const path = join(directory, "file");
  writeFileSync(path, "text", { mode: 0o600 });
  expect(await readPrivateFile(path, 4)).toBe("text");
  await expect(readPrivateFile(path, 3)).rejects.toThrow(`${path} has 4 bytes, at most 3 are read`);
});
