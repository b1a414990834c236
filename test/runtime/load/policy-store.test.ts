import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { link, mkdir, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { readDocument } from "../../../plugin/policy/read/read-document.ts";
import type { PolicyLoad } from "../../../plugin/policy/read-policy.ts";
import { joinIdentities, type PolicyCompiler } from "../../../plugin/runtime/load/policy-compiler.ts";
import { createPolicyStore, loadPolicyFile, readPolicyFile } from "../../../plugin/runtime/load/policy-store.ts";
import { waitForFileClock } from "../../file-clock.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { policyOf } from "../versions/policy-scene.ts";

const GOOD = `jwt_policy: 1
name: payments
issuers: {acme: {issuer: "https://idp.example.com", audiences: [api]}}
routes: {read: {}}
`;
const CHILD = "jwt_policy: 1\nname: child\nextends: base.yaml\n";
const BROKEN = GOOD.replace("read", "read: {}, read");

let directory: string;
let root: string;
let store: PolicyCompiler;

beforeEach(async () => {
  directory = temporaryFolder(onTestFinished);
  root = join(directory, "policies");
  await mkdir(join(root, "team"), { recursive: true });
  store = createPolicyStore(root);
});

const write = (name: string, text: string): Promise<void> => writeFile(join(root, name), text);
const codesOf = (load: PolicyLoad): readonly string[] =>
  !load.ok ? load.failure.map(({ code, line, column }) => `${line}:${column} ${code}`) : ["good"];

describe("loads a policy file under the root", () => {
  it.each(["a.yaml", "team/a.yaml", "./a.yaml", "team/../a.yaml", "..a.yaml"])("%s", async (name) => {
    await write(name, GOOD);
    expect(policyOf(await loadPolicyFile(root, name)).name).toBe("payments");
  });

  it("through a link that stays under the root, as Kubernetes mounts them", async () => {
    await mkdir(join(root, "..2026"));
    await write("..2026/a.yaml", GOOD);
    await symlink("..2026", join(root, "..data"));
    await symlink("..data/a.yaml", join(root, "a.yaml"));
    expect(codesOf(await loadPolicyFile(root, "a.yaml"))).toEqual(["good"]);
  });

  it("under a root that is a link itself", async () => {
    await symlink(root, join(directory, "link"));
    await write("a.yaml", GOOD);
    expect(codesOf(await loadPolicyFile(join(directory, "link"), "a.yaml"))).toEqual(["good"]);
  });

  it("and names the version by the SHA-256 of its text", async () => {
    await write("a.yaml", GOOD);
    const { hash } = policyOf(await loadPolicyFile(root, "a.yaml"));
    expect(hash).toBe(createHash("sha256").update(GOOD).digest("hex"));
  });
});

describe("refuses a file outside the root", () => {
  beforeEach(async () => {
    await writeFile(join(directory, "secret.yaml"), GOOD);
    await mkdir(join(directory, "policies-other"));
    await writeFile(join(directory, "policies-other", "a.yaml"), GOOD);
  });

  it.each<[what: string, name: () => string]>([
    ["by ..", () => "../secret.yaml"],
    ["by .. behind a directory", () => "team/../../secret.yaml"],
    ["by .. to a sibling whose name begins with the root's name", () => "../policies-other/a.yaml"],
    ["by .. to a missing file, and does not say whether the file exists", () => "../policies-none.yaml"],
    ["by an absolute path", () => join(directory, "secret.yaml")],
    ["by the path of a system file", () => "/etc/passwd"],
    ["by the root itself", () => "."],
    ["by an empty name", () => ""],
  ])("%s", async (_what, name) => {
    const load = await loadPolicyFile(root, name());
    expect([codesOf(load), load.files, load.text]).toEqual([["1:1 file_outside_root"], [], ""]);
  });

  it.each<[what: string, target: () => string, link: string, name: string]>([
    ["a link to a file", () => join(directory, "secret.yaml"), "link.yaml", "link.yaml"],
    ["a relative link to a file", () => "../secret.yaml", "link.yaml", "link.yaml"],
    ["a link to a directory", () => directory, "link", "link/secret.yaml"],
  ])("by %s", async (_what, target, link, name) => {
    await symlink(target(), join(root, link));
    expect(codesOf(await loadPolicyFile(root, name))).toEqual(["1:1 file_outside_root"]);
  });

  it("by a link that replaces a good file", async () => {
    await write("a.yaml", GOOD);
    expect(codesOf(await loadPolicyFile(root, "a.yaml"))).toEqual(["good"]);
    await symlink(join(directory, "secret.yaml"), join(root, "new.yaml"));
    await rename(join(root, "new.yaml"), join(root, "a.yaml"));
    expect(codesOf(await loadPolicyFile(root, "a.yaml"))).toEqual(["1:1 file_outside_root"]);
  });
});

describe("refuses files that cannot be read", () => {
  it("a missing file, a directory, and a name with a NUL", async () => {
    expect(codesOf(await loadPolicyFile(root, "a.yaml"))).toEqual(["1:1 file_missing"]);
    await mkdir(join(root, "team.yaml"));
    expect(codesOf(await loadPolicyFile(root, "team.yaml"))).toEqual(["1:1 file_unreadable"]);
    expect(codesOf(await loadPolicyFile(root, "a\u0000.yaml"))).toEqual(["1:1 not_a_policy"]);
  });

  it("a file over 256 KiB, and accepts a file of exactly 256 KiB", async () => {
    const padded = (bytes: number): string => `${GOOD}#${"x".repeat(bytes - GOOD.length - 1)}`;
    await write("a.yaml", padded(256 * 1024));
    expect(codesOf(await loadPolicyFile(root, "a.yaml"))).toEqual(["good"]);
    await write("b.yaml", padded(256 * 1024 + 1));
    expect(codesOf(await loadPolicyFile(root, "b.yaml"))).toEqual(["1:1 file_unreadable"]);
  });

  it("a policy with mistakes, and says where they are", async () => {
    await write("a.yaml", BROKEN);
    expect(codesOf(await loadPolicyFile(root, "a.yaml"))).toEqual(["4:20 duplicate_key"]);
  });
});

describe("a file that changes", () => {
  it.each<[what: string, spoil: () => Promise<void>, code: string]>([
    ["broken", () => write("a.yaml", BROKEN), "4:20 duplicate_key"],
    ["empty", () => write("a.yaml", ""), "1:1 not_a_policy"],
    ["too large", () => write("a.yaml", "#".repeat(256 * 1024 + 1)), "1:1 file_unreadable"],
    ["gone", () => rm(join(root, "a.yaml")), "1:1 file_missing"],
  ])("and is %s is refused, until it is good again; policy-files keeps the last good version", async (...row) => {
    const [, spoil, code] = row;
    await write("a.yaml", GOOD);
    await loadPolicyFile(root, "a.yaml");
    await spoil();
    expect(codesOf(await loadPolicyFile(root, "a.yaml"))).toEqual([code]);
    await write("a.yaml", GOOD.replace("payments", "mended"));
    expect(policyOf(await loadPolicyFile(root, "a.yaml")).name).toBe("mended");
  });
});

describe("identifies the version of a file", () => {
  const identifyFile = async (file: string): Promise<string> =>
    joinIdentities((await store.identify([file])).identities);
  const identify = (): Promise<string> => identifyFile("a.yaml");

  it("by the same identity if the file does not change, with and without reads", async () => {
    await write("a.yaml", GOOD);
    const identity = await identify();
    await loadPolicyFile(root, "a.yaml");
    expect(await identify()).toBe(identity);
  });

  it.each<[what: string, change: () => Promise<void>]>([
    ["was written in place", () => write("a.yaml", GOOD)],
    ["was cut off", () => truncate(join(root, "a.yaml"), 3)],
    ["has the time of its original again", () => utimes(join(root, "a.yaml"), 1, 1)],
    [
      "was replaced by a rename",
      () => write("b.yaml", GOOD).then(() => rename(join(root, "b.yaml"), join(root, "a.yaml"))),
    ],
    ["got a second name", () => link(join(root, "a.yaml"), join(root, "b.yaml"))],
    ["is gone", () => rm(join(root, "a.yaml"))],
  ])("by another identity when it %s", async (_what, change) => {
    await write("a.yaml", GOOD);
    await utimes(join(root, "a.yaml"), 1, 1);
    const identity = await identify();
    await waitForFileClock();
    await change();
    expect(await identify()).not.toBe(identity);
  });

  it("by another identity after a link in the path changes, and by the first identity after it changes back", async () => {
    for (const version of ["one", "two"]) {
      await mkdir(join(root, version));
      await write(`${version}/a.yaml`, GOOD);
    }
    const leadTo = async (version: string): Promise<string> => {
      await symlink(version, join(root, "tmp"));
      await rename(join(root, "tmp"), join(root, "data"));
      return identifyFile("data/a.yaml");
    };
    const first = await leadTo("one");
    expect(await leadTo("two")).not.toBe(first);
    expect(await leadTo("one")).toBe(first);
  });

  it("by the reason if it cannot be read, which is always the same", async () => {
    const reasons = await Promise.all(["a.yaml", "a.yaml/b", "a\u0000"].map(identifyFile));
    expect(reasons).toEqual([
      expect.stringMatching(/^a\.yaml cannot be read: ENOENT/),
      expect.stringMatching(/cannot be read: ENOENT/),
      expect.stringMatching(/cannot be read/),
    ]);
    expect(await identify()).toBe(reasons[0]);
  });
});

describe("compiles a file", () => {
  it("and returns the identity while it was read, so that a later change is noticed", async () => {
    await write("a.yaml", GOOD);
    const { identity, files } = await store.compileFile("a.yaml");
    expect([identity, files]).toEqual([joinIdentities((await store.identify(files)).identities), ["a.yaml"]]);
  });

  it("and its parents, each by its own identity", async () => {
    await write("base.yaml", GOOD);
    await write("a.yaml", CHILD);
    const { identity, files } = await store.compileFile("a.yaml");
    expect([identity?.split("\n").length, files]).toEqual([2, ["a.yaml", "base.yaml"]]);
  });

  it("and parses a parent once for all its children, if it is among the last eight parents", async () => {
    const parsed: string[] = [];
    const counting = createPolicyStore(root, (text) => {
      parsed.push(/payments-\d/.exec(text)?.[0] ?? "");
      return readDocument(text);
    });
    const compile = async (parent: number): Promise<void> => {
      await write("base.yaml", GOOD.replace("payments", `payments-${parent}`));
      await write("a.yaml", CHILD);
      expect(codesOf(await counting.compileFile("a.yaml"))).toEqual(["good"]);
    };
    for (const parent of [0, 1, 2, 3, 4, 5, 6, 7, 0, 8, 0, 1]) {
      await compile(parent);
    }
    // Policy 8 takes the place of policy 1, which was not used for the longest time.
    expect(parsed.filter((name) => name !== "")).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 1].map((n) => `payments-${n}`));
  });

  it("at most three times if it changes during every read, and then says that its text belongs to no version", async () => {
    let readings = 0;
    const changing = createPolicyStore(root, (text) => {
      readings += 1;
      appendFileSync(join(root, "base.yaml"), `# ${readings}\n`);
      return readDocument(text);
    });
    await write("base.yaml", GOOD);
    await write("a.yaml", CHILD);
    const { identity } = await changing.compileFile("a.yaml");
    expect([readings, identity]).toEqual([3, undefined]);
  });

  it("with a missing parent: the identity says so, and the file is read again when the parent exists", async () => {
    await write("a.yaml", CHILD);
    const compiled = await store.compileFile("a.yaml");
    expect(codesOf(compiled)).toEqual(["3:10 extends_refused"]);
    expect(compiled.identity).toMatch(/base\.yaml cannot be read: ENOENT/);
  });
});

describe("reads a policy without the store", () => {
  it("inline, YAML or JSON, and reports mistakes", async () => {
    expect(codesOf(await store.compileText(GOOD))).toEqual(["good"]);
    expect(codesOf(await store.compileText("{}"))).toEqual(["1:1 not_a_policy"]);
    expect(codesOf(await store.compileText(BROKEN))).toEqual(["4:20 duplicate_key"]);
  });

  it("from a path that is known to be good, as `kong-jwt-policy validate` does", async () => {
    await write("a.yaml", GOOD);
    expect(codesOf(await readPolicyFile(join(root, "a.yaml"), "a.yaml"))).toEqual(["good"]);
    const missing = await readPolicyFile(join(root, "b.yaml"), "b.yaml");
    expect(!missing.ok && missing.failure[0]?.message).toMatch(/^b\.yaml cannot be read: ENOENT/);
  });
});
