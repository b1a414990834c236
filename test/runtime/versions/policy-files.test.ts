import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { askNothing, nameOfLoad, type PolicyScene, policyText, setUpPolicies, waitForDisk } from "./policy-scene.ts";

const BROKEN = "jwt_policy: 1\ndescription: broken\n";
const HOUR = 3_600_000;

let scene: PolicyScene;
beforeEach(async () => {
  scene = await setUpPolicies();
});

const writePolicy = (name: string): Promise<void> => scene.write("a.yaml", policyText(name));

async function change(name: string, looks = 2): Promise<void> {
  await writePolicy(name);
  await scene.look(looks);
}

async function spoil(looks = 2): Promise<void> {
  await scene.write("a.yaml", BROKEN);
  await scene.look(looks);
}

/** Expects this policy, or these mistakes, after this many more checks. */
async function expectPolicy(name: string, looks = 0): Promise<void> {
  await scene.look(looks);
  expect(await scene.nameOf("a.yaml")).toBe(name);
}

async function putIntoForce(name: string): Promise<void> {
  await writePolicy(name);
  await expectPolicy(name);
}

async function expectChange(name: string): Promise<void> {
  await change(name);
  await expectPolicy(name);
}

async function replaceByDirectory(): Promise<void> {
  await rm(join(scene.root, "a.yaml"));
  await mkdir(join(scene.root, "a.yaml"));
}

async function linkTo(target: string, link: string): Promise<void> {
  await symlink(target, join(scene.root, "..tmp"));
  await rename(join(scene.root, "..tmp"), join(scene.root, link));
}

async function writeVersions(): Promise<void> {
  for (const [index, name] of ["one", "two"].entries()) {
    await mkdir(join(scene.root, `..2026_${index + 1}`));
    await scene.write(`..2026_${index + 1}/a.yaml`, policyText(name));
  }
}

describe("puts a version into effect", () => {
  it("that was renamed over the old one", async () => {
    await putIntoForce("one");
    await scene.write("a.yaml.new", policyText("two"));
    await rename(join(scene.root, "a.yaml.new"), join(scene.root, "a.yaml"));
    await expectPolicy("two", 2);
  });

  it("after Kubernetes swapped the link in the path of all files of a ConfigMap", async () => {
    await writeVersions();
    await linkTo("..2026_1", "..data");
    await linkTo("..data/a.yaml", "a.yaml");
    await expectPolicy("one");
    await linkTo("..2026_2", "..data");
    await rm(join(scene.root, "..2026_1"), { recursive: true, maxRetries: 5 });
    await expectPolicy("two", 2);
  });

  it("also for requests that used the file long before", async () => {
    await putIntoForce("one");
    const opened = scene.files.open("a.yaml");
    await change("two");
    expect(opened.current(askNothing)).toMatchObject({ value: { name: "two" } });
  });

  it("but not again, if the file is new but its text is the same", async () => {
    await putIntoForce("one");
    const before = await scene.files.open("a.yaml").current(askNothing);
    await change("one", 3);
    expect(await scene.files.open("a.yaml").current(askNothing)).toBe(before);
    expect([scene.keys.prepared, scene.log.infos.length]).toEqual([["one"], 1]);
  });

  it("and reports which version, by the SHA-256 of its text", async () => {
    await putIntoForce("one");
    await scene.look(3);
    const line = expect.stringMatching(/^policy file a\.yaml is in effect: name=one sha256=[0-9a-f]{64}$/);
    expect([scene.log.infos, scene.log.warnings]).toEqual([[line], []]);
  });
});

describe("Kong's log shows at its default level", () => {
  beforeEach(() => putIntoForce("one"));
  const noticed = (): readonly (string | undefined)[] => scene.log.notices.map((line) => /name=(\S+)/.exec(line)?.[1]);

  it("nothing about first versions, because thousands of policies take effect when the process starts", () => {
    expect([scene.log.infos.length, noticed()]).toEqual([1, []]);
  });

  it("a change", async () => {
    await change("two");
    expect(noticed()).toEqual(["two"]);
  });

  it("that a policy is good again, with the same or a different text", async () => {
    await spoil();
    await change("one");
    expect(noticed()).toEqual(["one"]);
    await rm(join(scene.root, "a.yaml"));
    await scene.look(2);
    await change("three");
    expect(noticed()).toEqual(["one", "three"]);
  });
});

describe("waits for the writer while a good version is in effect, because a cut-off policy can be valid and less strict", () => {
  beforeEach(() => putIntoForce("one"));

  it("so that the change counts only after a second check with the same result", async () => {
    await change("two", 1);
    await expectPolicy("one");
    await expectPolicy("two", 1);
  });

  it("so that a version is never read if it changes between two checks", async () => {
    for (const name of ["half", "almost", "whole"]) {
      await change(name, 1);
      await expectPolicy("one");
    }
    await expectPolicy("whole", 1);
    expect(scene.log.infos.join()).not.toMatch(/name=(half|almost)/);
  });

  it("so that a version that changes while it is read does not count", async () => {
    await change("half", 1);
    scene.onLoad = () => writePolicy("complete");
    await expectPolicy("one", 1);
    await expectPolicy("complete", 2);
    expect(scene.log.infos.join()).not.toContain("name=half");
  });

  it("so that a file that is missing only at single checks, for example between `rm` and `cp`, has no effect", async () => {
    await rm(join(scene.root, "a.yaml"));
    await writeVersions();
    await linkTo("..2026_1/a.yaml", "a.yaml");
    await scene.look(2);
    const told = scene.log.infos.length;
    for (let time = 0; time < 3; time += 1) {
      await rm(join(scene.root, "a.yaml"));
      await scene.look();
      await linkTo("..2026_1/a.yaml", "a.yaml");
      await scene.look();
    }
    expect([scene.log.infos.length, scene.log.warnings]).toEqual([told, []]);
  });
});

describe("a policy at which the compiling threads fail", () => {
  const FAILED = { code: "compile_failed", message: "no memory", pointer: "", line: 1, column: 1 } as const;
  const MINUTE = 60_000;

  async function failWhile<T>(act: () => Promise<T>): Promise<T> {
    scene.failure = FAILED;
    return act().finally(() => {
      scene.failure = undefined;
    });
  }

  it("is refused for that reason, and is not tried again at each check", async () => {
    await writePolicy("one");
    await failWhile(async () => {
      await expectPolicy("compile_failed");
      await scene.look(3);
      expect(scene.files.status()).toMatchObject([{ refused: [FAILED] }]);
    });
    await expectPolicy("compile_failed", 3);
  });

  it("leaves the last good version in effect", async () => {
    await putIntoForce("one");
    await scene.look();
    await writePolicy("two");
    await failWhile(() => scene.look(3));
    await expectPolicy("one");
    expect(scene.files.status()).toMatchObject([{ refused: [FAILED] }]);
  });

  it("is tried again when it changes", async () => {
    await writePolicy("one");
    await failWhile(async () => {
      await scene.nameOf("a.yaml");
      await scene.look(3);
    });
    await expectChange("two");
  });

  it("is tried again after ten minutes, because a busy machine may have been the cause", async () => {
    await writePolicy("one");
    await failWhile(async () => {
      await scene.nameOf("a.yaml");
      await scene.look(3);
    });
    scene.clock += 10 * MINUTE;
    await expectPolicy("compile_failed", 1);
    scene.clock += 1;
    await expectPolicy("one", 1);
  });
});

describe("needs two equal checks in a row even if no good version is in effect, because a cut-off policy can be valid", () => {
  it.each<[what: string, spoil: () => Promise<void>, code: string]>([
    ["not there", async () => {}, "file_missing"],
    ["broken", () => scene.write("a.yaml", BROKEN), "missing_key,missing_key"],
    ["a link out of the root", () => linkTo("/etc/passwd", "a.yaml"), "file_outside_root"],
  ])("if the file was %s", async (_what, spoil, code) => {
    await spoil();
    await expectPolicy(code);
    await rm(join(scene.root, "a.yaml"), { force: true });
    await expectChange("mended");
  });

  it("and does not wait for its keys, but starts to fetch them", async () => {
    await scene.write("a.yaml", BROKEN);
    await scene.nameOf("a.yaml");
    scene.keys.hold("mended");
    await expectChange("mended");
    expect(scene.keys.prepared).toEqual(["mended"]);
  });

  it("and reports the mistakes of each new attempt", async () => {
    await scene.write("a.yaml", BROKEN);
    await scene.nameOf("a.yaml");
    await scene.write("a.yaml", "jwt_policy: 2\n");
    await scene.look(2);
    expect(scene.log.warnings).toHaveLength(2);
    expect(scene.log.warnings[1]).toMatch(/^policy file a\.yaml is refused; its routes answer 503: a\.yaml:1:/);
  });

  it("but does not use a version that changes while it is read", async () => {
    await scene.write("a.yaml", BROKEN);
    await scene.nameOf("a.yaml");
    await writePolicy("half");
    scene.onLoad = () => writePolicy("complete");
    await expectPolicy("missing_key,missing_key", 2);
    await expectPolicy("complete", 2);
  });
});

describe("a broken version never replaces a good version", () => {
  beforeEach(() => putIntoForce("good"));

  it.each<[what: string, spoil: () => Promise<void>, mistake: RegExp]>([
    ["broken", () => scene.write("a.yaml", BROKEN), /a\.yaml:1:1 missing_key: ./],
    ["empty", () => scene.write("a.yaml", ""), /a\.yaml:1:1 not_a_policy: ./],
    ["too large", () => scene.write("a.yaml", "#".repeat(256 * 1024 + 1)), /1:1 file_unreadable: .*262145 bytes/],
    ["a link out of the root", () => linkTo("/etc/passwd", "a.yaml"), /a\.yaml:1:1 file_outside_root: ./],
    ["a directory", replaceByDirectory, /a\.yaml:1:1 file_unreadable: .*not a regular file/],
  ])("if it is %s; the operator is warned once, with the first mistake", async (_what, spoil, mistake) => {
    await spoil();
    await expectPolicy("good", 5);
    const start = /^policy file a\.yaml is refused; the last good version stays in effect: /;
    expect(scene.log.warnings).toEqual([expect.stringMatching(start)]);
    expect(scene.log.warnings[0]).toMatch(mistake);
    await rm(join(scene.root, "a.yaml"), { recursive: true, force: true, maxRetries: 5 });
    await expectChange("mended");
    expect(scene.log.warnings).toHaveLength(1);
  });

  it("and status reports all its mistakes", async () => {
    await spoil(3);
    const missing = (key: string) => expect.stringMatching(`^policy file a\\.yaml:\\d+:\\d+ missing_key: .*"${key}"`);
    expect(scene.log.infos.slice(1)).toEqual([missing("name"), missing("issuers")]);
  });

  it("and a different mistake is a new warning, but a good version again is no warning", async () => {
    await spoil();
    await rm(join(scene.root, "a.yaml"));
    await scene.look(2);
    expect(scene.log.warnings).toHaveLength(2);
    await change("good", 4);
    expect(scene.log.warnings).toHaveLength(2);
    expect(scene.files.status()).toMatchObject([{ inForce: { name: "good" }, refused: [] }]);
  });
});

describe("the keys of a new version's issuers", () => {
  beforeEach(() => putIntoForce("one"));

  it("delay the new version, and the old version decides", async () => {
    scene.keys.hold("two");
    await change("two", 4);
    expect(scene.keys.prepared).toEqual(["one", "two"]);
    await expectPolicy("one");
    scene.keys.release("two");
    await expectPolicy("two", 1);
    expect(scene.log.warnings).toEqual([]);
  });

  it("do not delay other files", async () => {
    await scene.write("b.yaml", policyText("b-one"));
    expect(await scene.nameOf("b.yaml")).toBe("b-one");
    scene.keys.hold("two");
    await writePolicy("two");
    await scene.write("b.yaml", policyText("b-two"));
    await scene.look(2);
    expect([await scene.nameOf("a.yaml"), await scene.nameOf("b.yaml")]).toEqual(["one", "b-two"]);
  });

  it("do not delay the very first version", async () => {
    scene.keys.hold("first");
    await scene.write("new.yaml", policyText("first"));
    expect(await scene.nameOf("new.yaml")).toBe("first");
  });
});

describe("status", () => {
  it("says which version is in effect, why the newest is refused, and whose keys are missing", async () => {
    scene.keys.hold("one");
    await putIntoForce("one");
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
    const a = { source: "a.yaml", inForce: { name: "one", sha256 }, refused: [], issuersWithoutKeys: ["acme"] };
    expect(scene.files.status()).toEqual([a]);

    scene.keys.release("one");
    await scene.write("a.yaml", BROKEN);
    await scene.nameOf("none.yaml");
    await scene.look(2);
    const mistake = expect.objectContaining({ code: "missing_key", line: 1, column: 1 });
    const missing = expect.objectContaining({ code: "file_missing" });
    expect(scene.files.status()).toEqual([
      { ...a, refused: [mistake, mistake], issuersWithoutKeys: [] },
      { source: "none.yaml", inForce: undefined, refused: [missing], issuersWithoutKeys: [] },
    ]);

    await change("one");
    expect(scene.files.status()[0], "the text in effect is there again").toEqual({ ...a, issuersWithoutKeys: [] });

    await change("two");
    expect(scene.files.status()[0]).toEqual({ ...a, inForce: { name: "two", sha256 }, issuersWithoutKeys: [] });
  });
});

describe("a file that no request needed for an hour", () => {
  const known = (): string[] => scene.files.status().map(({ source }) => source);
  const passTime = async (ms: number): Promise<void> => {
    scene.clock += ms;
    await scene.look();
  };

  it("is kept as long as it is valid, because its last good version is still useful", async () => {
    await putIntoForce("good");
    await passTime(3 * HOUR);
    await spoil();
    await passTime(3 * HOUR);
    expect(known()).toEqual(["a.yaml"]);
    await expectPolicy("good");
  });

  it.each<[what: string, spoil: () => Promise<void>]>([
    ["is not there", async () => {}],
    ["never was good", () => scene.write("a.yaml", BROKEN)],
  ])("and %s is forgotten, a millisecond later and not earlier", async (_what, spoil) => {
    await spoil();
    await scene.nameOf("a.yaml");
    await passTime(HOUR);
    expect(known()).toEqual(["a.yaml"]);
    await passTime(1);
    expect(known()).toEqual([]);
  });

  it("and never was valid is kept as long as requests need it", async () => {
    await scene.nameOf("none.yaml");
    await passTime(HOUR);
    await scene.nameOf("none.yaml");
    await passTime(HOUR);
    expect(known()).toEqual(["none.yaml"]);
  });

  it("and that no longer exists is forgotten; the next request gets the file that exists then", async () => {
    await putIntoForce("good");
    const opened = scene.files.open("a.yaml");
    await rm(join(scene.root, "a.yaml"));
    await scene.look(2);
    await passTime(HOUR + 1);
    expect(known()).toEqual([]);
    await writePolicy("back");
    expect(await opened.current(askNothing)).toMatchObject({ value: { name: "back" } });
  });
});

describe("a deleted file is no longer in effect from the second check on that misses it", () => {
  const remove = (file: string): Promise<void> => rm(join(scene.root, file));
  const codes = (): Promise<string> => scene.nameOf("a.yaml");

  it("and its last good version still decides after the first such check", async () => {
    await putIntoForce("good");
    await remove("a.yaml");
    await scene.look();
    expect(await codes()).toBe("good");
    await scene.look();
    expect(await codes()).toBe("file_missing");
    await scene.look(3); // The missing file is not read again.
    expect(scene.log.warnings).toEqual([
      "policy file a.yaml is refused; its routes answer 503: a.yaml:1:1 file_missing: a.yaml was deleted.",
    ]);
  });

  it("also if its last version was broken", async () => {
    await putIntoForce("good");
    await spoil();
    await remove("a.yaml");
    await scene.look(2);
    expect(await codes()).toBe("file_missing");
  });

  it("also if a newer version waits for keys, which then never takes effect", async () => {
    await putIntoForce("good");
    scene.keys.hold("newer");
    await change("newer");
    await remove("a.yaml");
    await scene.look(2);
    scene.keys.release("newer");
    await scene.look();
    expect(await codes()).toBe("file_missing");
  });

  it("and a file that is created again starts anew, and does not wait for the keys of the deleted version", async () => {
    await putIntoForce("good");
    await remove("a.yaml");
    await scene.look(2);
    scene.keys.hold("again");
    await change("again");
    expect(await codes()).toBe("again");
  });

  it("and a policy that extends it is no longer in effect either", async () => {
    await scene.write("base.yaml", policyText("base"));
    await scene.write("a.yaml", "jwt_policy: 1\nname: child\nextends: base.yaml\n");
    expect(await codes()).toBe("child");
    await remove("base.yaml");
    await scene.look(2);
    expect(await codes()).toBe("file_missing");
  });

  it("but a missing policy root is not a deletion, because a volume may be mounted again", async () => {
    await putIntoForce("good");
    await rename(scene.root, `${scene.root}-away`);
    await scene.look(3);
    expect(await codes()).toBe("good");
    await rename(`${scene.root}-away`, scene.root);
    await scene.look(3);
    expect(await codes()).toBe("good");
  });
});

describe("a file that is written again and again, while the keys of its version do not come", () => {
  beforeEach(async () => {
    await putIntoForce("lax");
    scene.keys.hold("strict");
    await change("strict");
    await change("strict", 1); // The version retires, and the next check reads the same text again.
  });

  it("waits no longer than an unchanged file, if its text is the same", async () => {
    scene.endLongestWaits();
    await expectPolicy("strict", 1);
  });

  it("waits again for a different text", async () => {
    scene.endLongestWaits();
    scene.keys.hold("stricter");
    await change("stricter");
    await expectPolicy("lax");
    scene.endLongestWaits();
    await waitForDisk();
    await expectPolicy("stricter");
  });
});

describe("a version that is replaced while it waits for keys never takes effect", () => {
  beforeEach(async () => {
    await putIntoForce("strict");
    scene.keys.hold("mistake");
    await change("mistake");
    expect(scene.keys.prepared).toEqual(["strict", "mistake"]);
  });

  const releaseMistake = async (): Promise<string> => {
    scene.keys.release("mistake");
    await waitForDisk(); // The wait ends before the next check starts.
    await scene.look(3);
    return scene.nameOf("a.yaml");
  };

  it("if the file is reverted", async () => {
    await change("strict", 1);
    expect(await releaseMistake()).toBe("strict");
  });

  it("if the file is reverted and no check has noticed it yet", async () => {
    await writePolicy("strict");
    expect(await releaseMistake()).toBe("strict");
    expect(scene.log.infos.join()).not.toContain("name=mistake");
  });

  it("if a third version comes", async () => {
    await change("third", 1);
    expect(await releaseMistake()).toBe("third");
    expect(scene.log.infos.join()).not.toContain("name=mistake");
  });

  it("if a broken version comes: the version in effect stays", async () => {
    await spoil();
    expect(await releaseMistake()).toBe("strict");
  });

  it("but the version takes effect if the file still has it", async () => {
    expect(await releaseMistake()).toBe("mistake");
  });

  it("and the version takes effect if a link changes only for a moment between two checks", async () => {
    await writeVersions();
    await linkTo("..2026_1", "..data");
    await linkTo("..data/a.yaml", "linked.yaml");
    expect(await scene.nameOf("linked.yaml")).toBe("one");
    scene.keys.hold("two");
    await linkTo("..2026_2", "..data");
    await scene.look(2);
    await linkTo("..2026_1", "..data");
    scene.keys.release("two");
    await waitForDisk();
    await linkTo("..2026_2", "..data");
    await scene.look(2);
    expect(await scene.nameOf("linked.yaml")).toBe("two");
  });
});

describe("one file has one entry, for all spellings of its name", () => {
  it("and is read and checked once", async () => {
    await putIntoForce("one");
    for (const spelling of ["./a.yaml", "x/../a.yaml", ".//a.yaml", "7/../8/../a.yaml"]) {
      expect(await scene.nameOf(spelling)).toBe("one");
    }
    expect(scene.files.status().map(({ source }) => source)).toEqual(["a.yaml"]);
  });

  it.each(["secrets/hs.key", "a.yaml.bak", "a", "a.YAML", "keys/idp.jwks", "a.yaml/", "a.yaml\n", "a\u0000.yaml"])(
    "%j is not the name of a policy file, and is not read",
    async (name) => {
      expect(await scene.nameOf(name)).toBe("not_a_policy");
      expect(scene.files.status()).toEqual([]);
    },
  );

  it.each(["../a.yaml", "/etc/a.yaml", "..", ".", "x/../../a.yaml"])("%j lies outside the root", async (name) => {
    expect(await scene.nameOf(name)).toBe("file_outside_root");
    expect(scene.files.status()).toEqual([]);
  });
});

describe("a file with settings or secrets for fetching keys is never read as a policy", () => {
  beforeEach(() => scene.write("settings.yaml", policyText("settings")));

  it("although its text is one", async () => {
    expect(await scene.nameOf("./settings.yaml")).toBe("not_a_policy");
    expect(scene.files.status()).toEqual([]);
  });

  it("and no policy can extend it", async () => {
    await scene.write("a.yaml", "jwt_policy: 1\nname: child\nextends: settings.yaml\n");
    await expectPolicy("not_a_policy");
  });
});

describe("a policy that a request waits for comes first", () => {
  it("the first time, and again if it changed while it was read", async () => {
    await writePolicy("one");
    scene.onLoad = () => writePolicy("two");
    const source = scene.files.open("a.yaml");
    expect(nameOfLoad(await source.current(askNothing))).toBe("file_unreadable");
    expect(nameOfLoad(await source.current(askNothing))).toBe("two");
    expect(scene.hurried).toEqual(["a.yaml", "a.yaml"]);
  });
});
