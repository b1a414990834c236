import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  currentUser,
  findReadProblem,
  findUser,
  findWorkerUser,
  findWriteProblem,
} from "../../../plugin/server/process/worker-access.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const root = temporaryFolder();
chmodSync(root, 0o755);
const own = currentUser() ?? { name: "?", uid: -1, gids: [-1] };
const STRANGER = { name: "stranger", uid: 54_321, gids: [54_321] };
const MEMBER = { name: "member", uid: 54_321, gids: [54_321, own.gids[0] ?? -1] };

/** A directory with this mode. */
function directory(mode: number, name = `d${mode.toString(8)}`): string {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
}

describe("whether the user of Kong's workers can create a socket in a directory", () => {
  it.each([
    ["its owner", own, 0o700],
    ["a member of its group", MEMBER, 0o770],
    ["anyone, where it is open to all", STRANGER, 0o777],
    ["root", { name: "root", uid: 0, gids: [0] }, 0o000],
  ] as const)("yes for %s", (_who, user, mode) => {
    expect(findWriteProblem(directory(mode), user)).toBeUndefined();
  });

  it.each([
    ["a stranger", STRANGER, 0o755],
    ["another user who may write but not enter", STRANGER, 0o772],
    ["a member of a group without write permission", MEMBER, 0o757],
  ] as const)("no for %s, and it names the owner of the directory", (_who, user, mode) => {
    const path = directory(mode);
    expect(findWriteProblem(path, user)).toBe(
      `${path} belongs to user ${own.uid} with mode ${mode.toString(8)}, and the user ${user.name} may not create files in it`,
    );
  });

  it("no if it does not exist, or is below a directory without access", () => {
    expect(findWriteProblem(join(root, "none"), own)).toBe(`${join(root, "none")} does not exist`);
    const closed = directory(0o700, "closed");
    const inside = directory(0o777, "closed/inside");
    expect(findWriteProblem(inside, STRANGER)).toBe(`the user stranger may not enter ${closed}`);
  });
});

it("a file must be readable, and every directory above it accessible", () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  chmodSync(file, 0o640);
  expect(findReadProblem(file, own)).toBeUndefined();
  expect(findReadProblem(file, STRANGER)).toContain("the user stranger may not read it");
});

describe("the user of Kong's workers", () => {
  it("comes from nginx's configuration in the prefix, and is the user nobody if it names none", () => {
    const prefix = directory(0o755, "prefix");
    expect(findWorkerUser(prefix)).toBeUndefined();
    writeFileSync(join(prefix, "nginx.conf"), "pid pids/nginx.pid;\nuser root root;\n");
    expect(findWorkerUser(prefix)?.uid).toBe(own.uid === 0 ? 0 : own.uid);
    writeFileSync(join(prefix, "nginx.conf"), "pid pids/nginx.pid;\n# user root;\n");
    expect(findWorkerUser(prefix)?.uid).toBe(own.uid === 0 ? findUser("nobody")?.uid : own.uid);
  });

  it("is the user of this process, with all its groups, if it cannot start workers as another user", () => {
    const gids = [process.getgid?.(), ...(process.getgroups?.() ?? [])];
    expect(currentUser()).toEqual({ name: String(process.getuid?.()), uid: process.getuid?.(), gids });
  });

  it("is undefined if the system does not know the user", () => {
    expect(findUser("no-such-user")).toBeUndefined();
    expect(findUser("root")).toEqual({ name: "root", uid: 0, gids: expect.arrayContaining([0]) });
  });
});
