import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A user of this machine. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  /** The ids of all groups of the user. The primary group comes first. */
  readonly gids: readonly number[];
}

/** The permission bits of one class: the owner, the group or others. */
const WRITE_AND_ENTER = 0o3;
const READ = 0o4;
const ENTER = 0o1;

/** nginx uses this user if Kong's configuration names no user. */
const DEFAULT_USER = "nobody";

/**
 * Finds the user of Kong's workers. Kong has written a configuration for nginx, and this configuration names the user.
 *
 * @param prefix Kong's prefix.
 * @returns the user. Returns undefined if the directory is not a prefix of Kong, or if this machine does not have the
 * user.
 */
export function findWorkerUser(prefix: string): SystemUser | undefined {
  const text = readText(`${prefix}/nginx.conf`);
  if (text === undefined || process.getuid === undefined) {
    return undefined;
  }
  if (process.getuid() !== 0) {
    return currentUser(); // Only root can start workers as another user.
  }
  const [, name = DEFAULT_USER] = /^\s*user\s+([\w.-]+)/m.exec(text) ?? [];
  return findUser(name);
}

/** Guesses the user of Kong's workers. The guess assumes that the user of this process also starts Kong. */
export function guessWorkerUser(configured: string | undefined): SystemUser | undefined {
  if (process.getuid?.() !== 0) {
    return currentUser(); // Only root can start workers as another user.
  }
  return findConfiguredUser(configured);
}

/**
 * Finds the user of Kong's workers if root starts Kong. By default, the workers' user is `kong`, or `nobody` on a machine
 * without a user `kong`.
 *
 * @param configured the value of Kong's setting `nginx_user`, such as `kong kong`; undefined if the setting is not set.
 */
export function findConfiguredUser(configured: string | undefined): SystemUser | undefined {
  const name = (configured ?? "").trim().replace(/\s.*/s, "");
  return name === "" ? (findUser("kong") ?? findUser("nobody")) : findUser(name);
}

/** Returns the user of this process. */
export function currentUser(): SystemUser | undefined {
  const uid = process.getuid?.();
  return uid === undefined
    ? undefined
    : { name: String(uid), uid, gids: [process.getgid?.() ?? -1, ...(process.getgroups?.() ?? [])] };
}

/** Finds a user by name in /etc/passwd and /etc/group. Returns undefined if /etc/passwd does not contain the user. */
export function findUser(name: string): SystemUser | undefined {
  const [, , uid, gid] = readTable("/etc/passwd").find(([known]) => known === name) ?? [];
  if (uid === undefined || gid === undefined) {
    return undefined;
  }
  const groups = readTable("/etc/group").filter(([, , , members]) => members?.split(",").includes(name));
  return { name, uid: Number(uid), gids: [Number(gid), ...groups.map(([, , id]) => Number(id))] };
}

/**
 * Finds a user by id. If /etc/passwd does not contain the user, the id is also the name in the result, and the result
 * has no groups.
 */
export function findUserById(uid: number): SystemUser {
  const [name] = readTable("/etc/passwd").find(([, , known]) => known === String(uid)) ?? [];
  return (name === undefined ? undefined : findUser(name)) ?? { name: String(uid), uid, gids: [] };
}

/** Says why a user cannot create files in a directory; undefined if the user can create files. */
export function findWriteProblem(directory: string, user: SystemUser): string | undefined {
  return findProblem(directory, user, WRITE_AND_ENTER, "may not create files in it");
}

/** Says why a user cannot read a file or list a directory; undefined if the user can do this. */
export function findReadProblem(path: string, user: SystemUser): string | undefined {
  return findProblem(path, user, READ, "may not read it");
}

function findProblem(path: string, user: SystemUser, bits: number, what: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    return `${path} does not exist`;
  }
  const closed = listParents(path).find((parent) => !allows(parent, user, ENTER));
  if (closed !== undefined) {
    return `the user ${user.name} may not enter ${closed}`;
  }
  return allows(path, user, bits)
    ? undefined
    : `${path} belongs to user ${stats.uid} with mode ${(stats.mode & 0o777).toString(8)}, and the user ${user.name} ${what}`;
}

function allows(path: string, { uid, gids }: SystemUser, bits: number): boolean {
  if (uid === 0) {
    return true;
  }
  const stats = statSync(path);
  const shift = stats.uid === uid ? 6 : gids.includes(stats.gid) ? 3 : 0;
  return ((stats.mode >> shift) & bits) === bits;
}

function listParents(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...listParents(parent), parent];
}

function readTable(file: string): readonly (readonly string[])[] {
  return (readText(file) ?? "").split("\n").map((line) => line.split(":"));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
