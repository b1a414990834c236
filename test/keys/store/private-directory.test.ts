import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { openPrivateDirectory, readPrivateFile } from "../../../plugin/keys/store/private-directory.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const directory = temporaryFolder();

it("a stored file is read up to the limit of its size, and not beyond", async () => {
  const path = join(directory, "file");
  writeFileSync(path, "text", { mode: 0o600 });
  expect(await readPrivateFile(path, 4)).toBe("text");
  await expect(readPrivateFile(path, 3)).rejects.toThrow(`${path} has 4 bytes, at most 3 are read`);
  expect(await readPrivateFile(join(directory, "none"), 4)).toBeUndefined();
});

it("a pipe in place of a stored file is refused, and no process waits for its other end", async () => {
  const path = join(directory, "pipe");
  execFileSync("mkfifo", ["-m", "600", path]);
  await expect(readPrivateFile(path, 4)).rejects.toThrow(`${path} is not a regular file`);
});

describe.runIf(process.geteuid?.() === 0)("a directory of a process that does not run as root", () => {
  const USER = 12_345;
  const OTHER = 12_346;
  afterEach(() => void vi.restoreAllMocks());

  /** Opens a directory of the user USER, in a directory with this owner, group and mode. */
  const open = async (uid: number, gid: number, mode: number): Promise<string> => {
    const parent = realpathSync(temporaryFolder(onTestFinished));
    const path = join(parent, "keys");
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, USER, USER);
    chownSync(parent, uid, gid);
    chmodSync(parent, mode);
    vi.spyOn(process, "geteuid").mockReturnValue(USER);
    vi.spyOn(process, "getegid").mockReturnValue(USER);
    const opened = await openPrivateDirectory(path);
    expect(opened).toBe(path);
    return "used";
  };

  it.each<[what: string, uid: number, gid: number, mode: number]>([
    ["root", 0, OTHER, 0o755],
    ["the same user", USER, OTHER, 0o755],
    ["the same user, and its own group can write it", USER, USER, 0o770],
    ["root, and the group of root can write it", 0, 0, 0o770],
  ])("is used if the directory above belongs to %s", async (_what, uid, gid, mode) => {
    expect(await open(uid, gid, mode)).toBe("used");
  });

  it.each<[what: string, uid: number, gid: number, mode: number, why: RegExp]>([
    ["belongs to another user", OTHER, USER, 0o755, /belongs to user 12346, who could replace /],
    [
      "belongs to another user, although it is sticky",
      OTHER,
      USER,
      0o1777,
      /belongs to user 12346, who could replace /,
    ],
    ["can be written by another group", USER, OTHER, 0o770, /can be written by other users, who could replace /],
    ["can be written by all", USER, USER, 0o777, /can be written by other users, who could replace /],
  ])("is not used if the directory above %s", async (_what, uid, gid, mode, why) => {
    await expect(open(uid, gid, mode)).rejects.toThrow(why);
  });
});
