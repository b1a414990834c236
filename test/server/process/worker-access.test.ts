import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  currentUser,
  findConfiguredUser,
  findReadProblem,
  findUser,
  findUserById,
  findWorkerUser,
  findWriteProblem,
  guessWorkerUser,
} from "../../../plugin/server/process/worker-access.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const root = temporaryFolder();
chmodSync(root, 0o755);
const own = currentUser() ?? { name: "?", uid: -1, gids: [-1] };
const STRANGER = { name: "stranger", uid: 54_321, gids: [54_321] };
const MEMBER = { name: "member", uid: 54_321, gids: [54_321, own.gids[0] ?? -1] };

/** A directory that has this mode. */
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
  expect(findReadProblem(file, MEMBER)).toBeUndefined();
  expect(findReadProblem(file, STRANGER)).toContain("the user stranger may not read it");
});

it.runIf(own.uid === 0)("only the permissions of the owner count for the owner, even if its group has more", () => {
  const path = directory(0o070, "owned");
  chownSync(path, MEMBER.uid, own.gids[0] ?? -1);
  expect(findWriteProblem(path, MEMBER)).toMatch(/ belongs to user 54321 with mode 70, and the user member may not /);
  chmodSync(path, 0o700);
  expect(findWriteProblem(path, MEMBER)).toBeUndefined();
  expect(findWriteProblem(path, { ...MEMBER, uid: STRANGER.uid + 1 })).toMatch(/ may not create files in it$/);
});

describe("a user of this machine", () => {
  afterEach(() => void vi.restoreAllMocks());
  const fieldOf = (file: string, index: number): readonly string[] =>
    readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line) => line.split(":")[index]?.split(",") ?? [])
      .filter((name) => name !== "");
  const members = fieldOf("/etc/group", 3);

  it.each(["root", "nobody", ...members.slice(0, 3)])("has the groups that the system says: %s", (name) => {
    const system = execFileSync("id", ["-G", name], { encoding: "utf8" }).trim().split(" ").map(Number);
    const [primary] = execFileSync("id", ["-g", name], { encoding: "utf8" }).trim().split(" ").map(Number);
    const user = findUser(name);
    expect(user?.gids[0]).toBe(primary);
    expect(new Set(user?.gids)).toEqual(new Set(system));
    expect(findUserById(user?.uid ?? -1)).toEqual(user);
  });

  it("that /etc/passwd does not contain has only its number", () => {
    expect(findUserById(4_000_000_001)).toEqual({ name: "4000000001", uid: 4_000_000_001, gids: [] });
  });

  it.each<[configured: string | undefined, name: string | undefined]>([
    ["root root", "root"],
    ["  root\tnobody ", "root"],
    [undefined, findUser("kong")?.name ?? "nobody"],
    [" ", findUser("kong")?.name ?? "nobody"],
    ["no-such-user", undefined],
  ])("runs Kong's workers if root starts Kong with nginx_user=%j: %s", (configured, name) => {
    expect(findConfiguredUser(configured)?.name).toBe(name);
    vi.spyOn(process, "getuid").mockReturnValue(0);
    expect(guessWorkerUser(configured)?.name).toBe(name);
  });

  it("that is not root runs Kong's workers itself, whatever the configuration says", () => {
    const prefix = directory(0o755, "of-another-user");
    writeFileSync(join(prefix, "nginx.conf"), "user root root;\n");
    vi.spyOn(process, "getuid").mockReturnValue(54_321);
    expect([guessWorkerUser("root")?.uid, findWorkerUser(prefix)?.uid]).toEqual([54_321, 54_321]);
    vi.spyOn(process, "getuid").mockReturnValue(0);
    expect(findWorkerUser(prefix)?.uid).toBe(0);
  });
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
