import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createRootFiles, identifyNow, OutsideRootError } from "../../../plugin/runtime/load/root-files.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

let directory: string;
let root: string;
beforeEach(() => {
  directory = temporaryFolder(onTestFinished);
  root = join(directory, "policies");
  for (const folder of [root, `${root}-other`]) {
    mkdirSync(folder);
    writeFileSync(join(folder, "a.yaml"), "text");
  }
});

/** Key files in policies can also have these names, so this check must not rely on the check of policy names. */
describe("no name leads out of the root", () => {
  it.each<[what: string, name: string, target?: string]>([
    ["by .. to a sibling whose name begins with the root's name", "../policies-other/a.yaml"],
    ["by .. to a file that does not exist, beside the root", "../policies-none"],
    ["by a link to a sibling whose name begins with the root's name", "link", "../policies-other/a.yaml"],
    ["by a link to a directory whose name begins with the root's name", "link/a.yaml", "../policies-other"],
    ["by a link to the root itself", "link", "."],
    ["by the root's own name", "."],
  ])("%s", async (_what, name, target) => {
    if (target !== undefined) {
      symlinkSync(target, join(root, "link"));
    }
    const { read, identify } = createRootFiles(root);
    await expect(read(name)).rejects.toThrow(OutsideRootError);
    expect(await identify(name)).toContain("the file lies outside the policy root");
  });
});

it.each<[what: string, name: string, folder: string, isMissing: boolean]>([
  ["a file that was deleted is missing", "none.yaml", "policies", true],
  ["a file under a missing root is not, because the root's volume may be unmounted", "a.yaml", "none", false],
  ["a file with another file in its path is not", "a.yaml/b.yaml", "policies", false],
])("%s", (_what, name, folder, isMissing) => {
  const identity = expect.stringMatching(`^${name} cannot be read: E`);
  expect(identifyNow(join(directory, folder), name)).toEqual({ identity, isMissing });
});

it("a file in the root, and a link to one, are read", async () => {
  symlinkSync("a.yaml", join(root, "link"));
  const { read } = createRootFiles(root);
  expect([String(await read("a.yaml")), String(await read("link"))]).toEqual(["text", "text"]);
});
