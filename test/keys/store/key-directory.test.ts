import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  KEY_DIRECTORY_LIMITS,
  KeyDirectory,
  type KeyDirectoryLimits,
} from "../../../plugin/keys/store/key-directory.ts";
import { logInto } from "../../logs.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const NOW = 1_800_000_000_000;
const KEY = { kty: "EC", crv: "P-256", x: "eA", y: "eQ", kid: "1" };
const SET = { keys: [KEY], loadedAt: NOW };
const isRoot = process.geteuid?.() === 0;

/**
 * The file system's clock is behind the fixed clock. So an unfinished file of the other store would immediately count
 * as old.
 */
const FILES_ARE_OLDER = { maxUnfinishedAgeMs: Number.POSITIVE_INFINITY };

function openIn(place: string, limits: Partial<KeyDirectoryLimits> = {}, now: () => number = () => NOW) {
  const log: string[] = [];
  const directory = join(place, "keys");
  const all = { ...KEY_DIRECTORY_LIMITS, ...FILES_ARE_OLDER, ...limits };
  return { store: new KeyDirectory(directory, logInto(log), now, all), directory, log };
}

const filesIn = (directory: string): readonly string[] => readdirSync(directory).sort();
const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("what one process stores", () => {
  it("another store reads: keys of the same source, and leaked keys of the same issuer", async () => {
    const place = temporaryFolder(onTestFinished);
    const { store } = openIn(place);
    await store.saveKeySet("a", SET);
    await store.saveLeaked("https://idp.example", ["t1"]);
    const next = openIn(place);
    expect(await next.store.readKeySet("a")).toEqual(SET);
    expect(await next.store.readLeaked("https://idp.example")).toEqual(["t1"]);
    expect(await next.store.readKeySet("b")).toBeUndefined();
    expect(await next.store.readLeaked("https://other.example")).toEqual([]);
    expect([next.log, next.store.status()]).toEqual([[], { directory: next.directory, problem: undefined }]);
  });

  it("only its own user can write, and no unfinished file stays", async () => {
    const { store, directory } = openIn(temporaryFolder(onTestFinished));
    await store.saveKeySet("a", SET);
    await store.saveLeaked("i", ["t"]);
    expect(filesIn(directory)).toEqual([`${digestOf("a")}.keys`, `${digestOf("i")}.leaked`].sort());
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(filesIn(directory).map((name) => statSync(join(directory, name)).mode & 0o777)).toEqual([0o600, 0o600]);
  });

  it("also if the set has no key left, so that a restart brings no key back", async () => {
    const place = temporaryFolder(onTestFinished);
    const { store } = openIn(place);
    await store.saveKeySet("a", SET);
    await store.saveKeySet("a", { keys: [], loadedAt: NOW + 1 });
    expect(await openIn(place).store.readKeySet("a")).toEqual({ keys: [], loadedAt: NOW + 1 });
  });
});

it.runIf(process.platform === "linux")("a stored file does not stay open after it was read", async () => {
  const { store, directory } = openIn(temporaryFolder(onTestFinished));
  await store.saveKeySet("a", SET);
  await store.readKeySet("a");
  const open = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // Closed in the meantime.
    }
  });
  expect(open.filter((path) => path.startsWith(directory))).toEqual([]);
});

describe("processes that share the directory", () => {
  it("never replace a newer answer by an older one", async () => {
    const place = temporaryFolder(onTestFinished);
    const [old, next] = [openIn(place).store, openIn(place).store];
    await next.saveKeySet("a", { keys: [], loadedAt: NOW });
    await old.saveKeySet("a", { keys: [KEY], loadedAt: NOW - 1 });
    expect(await old.readKeySet("a")).toEqual({ keys: [], loadedAt: NOW });
  });

  it("replace an answer of the same millisecond", async () => {
    const { store } = openIn(temporaryFolder(onTestFinished));
    await store.saveKeySet("a", { keys: [], loadedAt: NOW });
    await store.saveKeySet("a", { keys: [KEY], loadedAt: NOW });
    expect(await store.readKeySet("a")).toEqual({ keys: [KEY], loadedAt: NOW });
  });

  it.each([
    ["replace an answer from a clock that was more than five minutes ahead", NOW + 300_001, SET],
    ["keep an answer from a clock that was five minutes ahead", NOW + 300_000, { keys: [], loadedAt: NOW + 300_000 }],
  ])("%s", async (_what, loadedAt, kept) => {
    const { store } = openIn(temporaryFolder(onTestFinished));
    await store.saveKeySet("a", { keys: [], loadedAt });
    await store.saveKeySet("a", SET);
    expect(await store.readKeySet("a")).toEqual(kept);
  });

  it("combine the leaked keys that each of them knows", async () => {
    const place = temporaryFolder(onTestFinished);
    const [one, two] = [openIn(place).store, openIn(place).store];
    await one.saveLeaked("i", ["t1"]);
    await two.saveLeaked("i", ["t2"]);
    expect(await one.readLeaked("i")).toEqual(["t1", "t2"]);
  });

  it("leave complete files behind, in any order of their writes", async () => {
    const place = temporaryFolder(onTestFinished);
    const stores = [openIn(place).store, openIn(place).store];
    const writes = Array.from({ length: 40 }, (_, index) =>
      stores[index % 2]?.saveKeySet("a", { keys: [KEY], loadedAt: NOW + index }),
    );
    await Promise.all(writes);
    const { store, directory, log } = openIn(place);
    expect((await store.readKeySet("a"))?.keys).toEqual([KEY]);
    expect([filesIn(directory).length, log]).toEqual([1, []]);
  });
});

describe("a stored file is not used, and the log says why, when it", () => {
  const stored = async () => {
    const place = temporaryFolder(onTestFinished);
    const opened = openIn(place);
    await opened.store.saveKeySet("a", SET);
    return { ...opened, file: join(opened.directory, `${digestOf("a")}.keys`), reopen: () => openIn(place) };
  };
  const render = (text: string): string => `jwt-policy keys 1 sha256=${digestOf(text)}\n${text}\n`;

  /** Changes the text of a file. */
  const rewrite = (change: (text: string) => string) => (file: string) =>
    writeFileSync(file, change(readFileSync(file, "utf8")));
  const replace = (put: (file: string) => void) => (file: string) => {
    rmSync(file);
    put(file);
  };
  const OTHERS = /can be written by other users; run chmod go-w on it$/;
  const [FORMAT, REGULAR] = [
    /does not have the format of a stored file$/,
    /is not a regular file, or it has several names \(hard links\)$/,
  ];
  const FOREIGN = /was stored for another issuer, or with other options$/;
  const ofPlace = { kind: "keys", name: digestOf("b"), loaded_at: NOW, keys: [] };
  const ofKind = { kind: "leaked", name: digestOf("a"), thumbprints: [] };
  it.each<[what: string, change: (file: string) => void, why: RegExp]>([
    ["can be written by the group", (file) => chmodSync(file, 0o620), OTHERS],
    ["can be written by all", (file) => chmodSync(file, 0o602), OTHERS],
    ["is a link", replace((file) => symlinkSync("/etc/hostname", file)), /cannot be read: ELOOP$/],
    ["has a second name", (file) => linkSync(file, `${file}.other`), REGULAR],
    ["is a directory", replace((file) => mkdirSync(file)), REGULAR],
    ["is too large", rewrite(() => "x".repeat(600_000)), /has 600000 bytes, at most 524288 are read$/],
    ["is empty", rewrite(() => ""), FORMAT],
    ["is cut off", rewrite((text) => text.slice(0, -20)), /is damaged$/],
    ["was changed", rewrite((text) => text.replace('"kid":"1"', '"kid":"2"')), /is damaged$/],
    ["has more behind it", rewrite((text) => `${text}x`), /is damaged$/],
    ["has a later form", rewrite((text) => text.replace("keys 1", "keys 2")), FORMAT],
    ["is of another place", rewrite(() => render(JSON.stringify(ofPlace))), FOREIGN],
    ["is of another kind", rewrite(() => render(JSON.stringify(ofKind))), FOREIGN],
    [
      "has a member twice",
      rewrite(() => render('{"kind":"keys","kind":"keys"}')),
      /is not a JSON object: duplicate member$/,
    ],
  ])("%s", async (_what, change, why) => {
    const { file, directory, reopen } = await stored();
    change(file);
    const { store, log } = reopen();
    expect(await store.readKeySet("a")).toBeUndefined();
    expect(log).toEqual([expect.stringMatching(/^stored keys are not used: /)]);
    expect(log[0]).toMatch(why);
    expect(log[0]?.replace(directory, "")).not.toContain("eA"); // The directory has a random name.
  });

  it.each([
    ["no time", { keys: [] }],
    ["a time that is a string", { loaded_at: "1", keys: [] }],
    ["no list of keys", { loaded_at: NOW, keys: {} }],
  ])("has %s", async (_what, record) => {
    const { file, reopen } = await stored();
    writeFileSync(file, render(JSON.stringify({ kind: "keys", name: digestOf("a"), ...record })));
    expect(await reopen().store.readKeySet("a")).toBeUndefined();
  });

  it.runIf(isRoot)("belongs to another user", async () => {
    const { file, reopen } = await stored();
    chownSync(file, 12_345, 0);
    const { store, log } = reopen();
    expect(await store.readKeySet("a")).toBeUndefined();
    expect(log).toEqual([expect.stringMatching(/belongs to user 12345, but this process runs as user 0$/)]);
  });
});

describe("a directory that other users can change is not used: nothing is read or written, and the status says why", () => {
  const refuses = async (place: string, why: RegExp): Promise<void> => {
    const { store, directory, log } = openIn(place);
    expect(await store.readKeySet("a")).toBeUndefined();
    await store.saveKeySet("a", SET);
    await store.saveLeaked("i", ["t"]);
    expect(log).toEqual([expect.stringMatching(/^keys are not kept over restarts: /)]);
    expect(log[0]).toMatch(why);
    expect(store.status().problem).toBe(log[0]);
    const isDirectory = statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
    expect(isDirectory ? filesIn(directory) : []).toEqual([]);
  };
  const withDirectory = (change: (directory: string) => void): string => {
    const place = temporaryFolder(onTestFinished);
    mkdirSync(join(place, "keys"), { mode: 0o700 });
    change(join(place, "keys"));
    return place;
  };

  const GROUP_OR_ALL = /can be written by other users; run chmod go-w on it$/;
  const ABOVE = /can be written by other users, who could replace .*keys; use a directory whose parents only admin/;
  const above = (directory: string): string => join(directory, "..");
  const makeLink = (directory: string): void => {
    rmSync(directory, { recursive: true, maxRetries: 5 });
    mkdirSync(`${directory}-real`);
    symlinkSync(`${directory}-real`, directory);
  };
  const makeFile = (directory: string): void => {
    rmSync(directory, { recursive: true, maxRetries: 5 });
    writeFileSync(directory, "");
  };
  it.each<[what: string, change: (directory: string) => void, why: RegExp]>([
    ["its group can write", (directory) => chmodSync(directory, 0o770), GROUP_OR_ALL],
    ["all can write", (directory) => chmodSync(directory, 0o707), GROUP_OR_ALL],
    ["it is a link", makeLink, /is not a directory$/],
    ["it is a file", makeFile, /is not a directory$/],
    ["all can write the directory above", (directory) => chmodSync(above(directory), 0o777), ABOVE],
  ])("%s", (_what, change, why) => refuses(withDirectory(change), why));

  it("all can write the directory two levels above", async () => {
    const place = temporaryFolder(onTestFinished);
    mkdirSync(join(place, "deep"), { mode: 0o700 });
    chmodSync(place, 0o777);
    await refuses(join(place, "deep"), ABOVE);
  });

  it("the directory above is not there", () =>
    refuses(join(temporaryFolder(onTestFinished), "none"), /the directory .*none does not exist; create it$/));

  const giveAbove = (directory: string): void => {
    chownSync(above(directory), 0, 12_345);
    chmodSync(above(directory), 0o770);
  };
  const FOREIGN = /belongs to user 12345, but this process runs as user 0/;
  const FOREIGN_ABOVE = /belongs to user 12345, who could replace /;
  it.runIf(isRoot).each<[what: string, change: (directory: string) => void, why: RegExp]>([
    ["it belongs to another user", (directory) => chownSync(directory, 12_345, 0), FOREIGN],
    ["the directory above does", (directory) => chownSync(above(directory), 12_345, 0), FOREIGN_ABOVE],
    ["another group can write the directory above", giveAbove, ABOVE],
  ])("%s", (_what, change, why) => refuses(withDirectory(change), why));
});

it.runIf(isRoot).each<[what: string, gid: number, mode: number]>([
  ["the administrators' group can write", 0, 0o770],
  ["all can write, but replace only their own files", 0, 0o1777],
  ["another group can read", 12_345, 0o750],
  ["another group can write, but replace only its own files", 12_345, 0o1770],
])("a directory is used if a directory above %s", async (_what, gid, mode) => {
  const place = temporaryFolder(onTestFinished);
  chownSync(place, 0, gid);
  chmodSync(place, mode);
  const { store, directory } = openIn(place);
  await store.saveKeySet("a", SET);
  expect([store.status().problem, filesIn(directory)]).toEqual([undefined, [`${digestOf("a")}.keys`]]);
});

describe("a write that fails", () => {
  it("removes the older answer, which may have withdrawn keys, and is reported once", async () => {
    const place = temporaryFolder(onTestFinished);
    const { store, directory, log } = openIn(place);
    await store.saveKeySet("a", SET);
    const file = join(directory, `${digestOf("a")}.keys`);
    // Renaming a file over a directory fails.
    rmSync(file);
    mkdirSync(join(file, "x"), { recursive: true });
    await store.saveKeySet("a", SET);
    await store.saveKeySet("a", SET);
    expect(log.filter((line) => line.startsWith("keys cannot be stored in"))).toHaveLength(1);
    expect(store.status().problem).toMatch(/^keys cannot be stored in /);
    rmSync(file, { recursive: true, maxRetries: 5 });
    await store.saveKeySet("a", SET);
    expect(store.status().problem).toBeUndefined();
    expect(filesIn(directory)).toEqual([`${digestOf("a")}.keys`]);
  });
});

it("a failed write of leaked keys leaves no unfinished file, and the stored keys stay", async () => {
  const { store, directory, log } = openIn(temporaryFolder(onTestFinished));
  await store.saveKeySet("a", SET);
  const name = `${digestOf("i")}.leaked`;
  mkdirSync(join(directory, name, "x"), { recursive: true });
  await store.saveLeaked("i", ["t"]);
  expect(filesIn(directory)).toEqual([name, `${digestOf("a")}.keys`].sort());
  expect(log.at(-1)).toMatch(/^keys cannot be stored in .*, rename /);
});

describe("old files are removed at the start", () => {
  const DAY_MS = 86_400_000;
  const nameOf = (index: number, ending: string): string => `${index.toString(16).padStart(64, "0")}.${ending}`;
  const writeOld = (directory: string, name: string, ageMs: number): string => {
    writeFileSync(join(directory, name), "", { mode: 0o600 });
    utimesSync(join(directory, name), (NOW - ageMs) / 1_000, (NOW - ageMs) / 1_000);
    return name;
  };
  const DEFAULTS = { maxUnfinishedAgeMs: KEY_DIRECTORY_LIMITS.maxUnfinishedAgeMs };
  const makeDirectory = (place: string): string => {
    mkdirSync(join(place, "keys"), { mode: 0o700 });
    return join(place, "keys");
  };

  it.each<[ending: string, maxAgeMs: number]>([
    ["keys", 90 * DAY_MS],
    ["leaked", 400 * DAY_MS],
    ["keys.4d0c8a.tmp", 3_600_000],
    ["leaked.1-2.3.tmp", 3_600_000],
    ["txt", Number.POSITIVE_INFINITY],
    ["keys.old", Number.POSITIVE_INFINITY],
  ])("by their kind and age, and other files stay: %s", async (ending, maxAgeMs) => {
    const place = temporaryFolder(onTestFinished);
    const directory = makeDirectory(place);
    const kept = writeOld(directory, nameOf(1, ending), Math.min(maxAgeMs, 500 * DAY_MS));
    const old = Number.isFinite(maxAgeMs) ? writeOld(directory, nameOf(2, ending), maxAgeMs + 1_000) : undefined;
    expect(filesIn(directory)).toHaveLength(old === undefined ? 1 : 2);
    await openIn(place, DEFAULTS).store.readKeySet("a");
    expect(filesIn(directory)).toEqual([kept]);
  });

  it("and of more than 1,000 keys the oldest, but no other file", async () => {
    const place = temporaryFolder(onTestFinished);
    const directory = makeDirectory(place);
    const keys = Array.from({ length: 1_002 }, (_, index) => writeOld(directory, nameOf(index, "keys"), index * 1_000));
    const other = writeOld(directory, nameOf(0, "leaked"), DAY_MS);
    await openIn(place, DEFAULTS).store.readKeySet("a");
    expect(filesIn(directory)).toEqual([...keys.slice(0, 1_000), other].sort());
  });

  it("and once a day, also after the clock was set back", async () => {
    const place = temporaryFolder(onTestFinished);
    const directory = makeDirectory(place);
    let now = NOW;
    const { store } = openIn(place, DEFAULTS, () => now);
    await store.readKeySet("a");
    const isRemoved = async (ms: number): Promise<boolean> => {
      now += ms;
      const name = writeOld(directory, nameOf(1, "keys"), 200 * DAY_MS);
      await store.saveKeySet("a", { keys: [], loadedAt: now });
      return !filesIn(directory).includes(name);
    };
    expect([await isRemoved(0), await isRemoved(DAY_MS - 1), await isRemoved(1)]).toEqual([false, false, true]);
    expect([await isRemoved(1 - DAY_MS), await isRemoved(-1)]).toEqual([false, true]);
  });

  it("and after every hundred answers, for any number of them", async () => {
    const { store, directory } = openIn(temporaryFolder(onTestFinished), {
      maxFiles: 5,
      maxKeysAgeMs: Number.POSITIVE_INFINITY,
    });
    for (let index = 0; index < 199; index += 1) {
      await store.saveKeySet(`place ${index}`, SET);
    }
    expect(filesIn(directory)).toHaveLength(5 + 99);
  });
});
