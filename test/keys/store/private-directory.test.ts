import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readPrivateFile } from "../../../plugin/keys/store/private-directory.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const directory = temporaryFolder();

it("a stored file is read up to the limit of its size, and not beyond", async () => {
  const path = join(directory, "file");
  writeFileSync(path, "text", { mode: 0o600 });
  expect(await readPrivateFile(path, 4)).toBe("text");
  await expect(readPrivateFile(path, 3)).rejects.toThrow(`${path} has 4 bytes, at most 3 are read`);
});
