import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type FileLoad, loadPolicyFile } from "../../../plugin/runtime/load/policy-store.ts";
import { hashText } from "../../../plugin/runtime/load/read-lineage.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { askNothing, policyOf, setUpPolicies } from "../versions/policy-scene.ts";

const BASE = `jwt_policy: 1
name: base
issuers:
  acme: {issuer: "https://idp.example.com", audiences: [api]}
header_mappings: {x-user-id: sub}
`;
const child = (parent: string, more = ""): string =>
  `jwt_policy: 1\nname: payments\nextends: ${parent}\nroutes: {read: {required_scopes: [read]}}\n${more}`;

async function load(files: Readonly<Record<string, string>>, file = "a.yaml"): Promise<FileLoad> {
  const root = join(temporaryFolder(onTestFinished), "policies");
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return loadPolicyFile(root, file);
}

const issuesOf = (read: FileLoad): readonly string[] =>
  !read.ok ? read.failure.map(({ line, column, code, message }) => `${line}:${column} ${code}: ${message}`) : [];

describe("a policy file that extends another", () => {
  it("has the content of both files, under its own name", async () => {
    const read = await load({ "a.yaml": child("base.yaml"), "base.yaml": BASE });
    const policy = policyOf(read);
    expect(policy.name).toBe("payments");
    expect([...policy.issuers.keys()]).toEqual(["https://idp.example.com"]);
    expect(policy.headerMappings.map(({ header }) => header)).toEqual(["x-user-id"]);
    expect([...policy.rules.keys()]).toEqual(["read"]);
    expect(read.files).toEqual(["a.yaml", "base.yaml"]);
  });

  it("is identified by the SHA-256 of the merged document, which gives the same policy", async () => {
    const read = await load({ "a.yaml": child("base.yaml"), "base.yaml": BASE });
    expect(policyOf(read).hash).toBe(hashText(read.text));
    const flat = await load({ "a.yaml": read.text });
    expect(flat.files).toEqual(["a.yaml"]);
    expect(policyOf(flat)).toEqual(policyOf(read));
  });

  it("finds the parent in its own directory and not in the root, and follows further parents", async () => {
    const team = `jwt_policy: 1\nname: team\nextends: ../../base.yaml\ntoken: {max_bytes: 1000}\n`;
    const ofTeam = { "team/a.yaml": child("shared/base.yaml"), "team/shared/base.yaml": team };
    const read = await load({ ...ofTeam, "base.yaml": BASE, "shared/base.yaml": "{}" }, "team/a.yaml");
    expect(policyOf(read).maxTokenBytes).toBe(1_000);
    expect(read.files).toEqual(["team/a.yaml", "team/shared/base.yaml", "base.yaml"]);
  });

  it("does not inherit built-in defaults of a parent, only explicit values", async () => {
    const middle = "jwt_policy: 1\nname: middle\nextends: base.yaml\n";
    const base = `${BASE}token: {max_bytes: 1000}\n`;
    const read = await load({ "a.yaml": child("middle.yaml"), "middle.yaml": middle, "base.yaml": base });
    expect(policyOf(read).maxTokenBytes).toBe(1_000);
    expect(read.text).not.toContain("clock_skew");
  });
});

describe("is refused", () => {
  type Files = Readonly<Record<string, string>>;
  const numbered = [1, 2, 3, 4, 5].map((number) => [`${number}.yaml`, child(`${number + 1}.yaml`)]);
  const chain = { ...Object.fromEntries(numbered), "6.yaml": BASE, "a.yaml": child("1.yaml") };
  const withBase = (base: string, more?: string): Files => ({ "a.yaml": child("base.yaml", more), "base.yaml": base });
  const issuers = BASE.split("\n").slice(2, 4).join("\n");
  const circle =
    /^3:10 extends_refused: b\.yaml itself is refused, at 3:10: a\.yaml → b\.yaml → a\.yaml is a circle\.$/;
  const outside = /^3:10 extends_refused: \.\.\/secret\.yaml itself is refused.*outside the policy root/;
  const missing = /^3:10 extends_refused: base\.yaml itself is refused, at 1:1: base\.yaml cannot be read: ENOENT/;
  const broken = /^3:10 extends_refused: base\.yaml itself is refused, at 4:\d+: .*audience/;
  const alone = /^3:10 extends_refused: .*"issuers" is missing/;
  const both = /^5:21 issuer_unknown: There is no issuer "other"/;
  it.each<[what: string, files: Files, issue: RegExp, seen: string]>([
    ["with a parent that is not there", { "a.yaml": child("base.yaml") }, missing, "a base"],
    ["with a parent outside the root", { "a.yaml": child("../secret.yaml") }, outside, "a ../secret"],
    ["with a broken parent, at its place", withBase(BASE.replace("audiences", "audience")), broken, "a base"],
    ["with a parent that is not a policy by itself", withBase("jwt_policy: 1\nname: base\n", issuers), alone, "a base"],
    ["in a circle", { "a.yaml": child("b.yaml"), "b.yaml": child("a.yaml") }, circle, "a b"],
    ["when it extends itself", { "a.yaml": child("./a.yaml") }, /^3:10 extends_impossible: a.* → a.* is a circle/, "a"],
    ["behind more than five files", chain, /A chain of files that extend one another has at most 5 files/, "a 1 2 3 4"],
    ["for a mistake of its own, in its own text", withBase(BASE, "tokens: {}\n"), /^5:1 unknown_key: /, "a base"],
    ["for a mistake of both, in its own text", withBase(BASE, "defaults: {accept: [other]}\n"), both, "a base"],
  ])("%s", async (_what, files, issue, seen) => {
    const read = await load(files);
    expect(issuesOf(read)).toEqual([expect.stringMatching(issue)]);
    expect(read.files).toEqual(seen.split(" ").map((name) => `${name}.yaml`));
  });

  it("with a parent that a link leads out of the root", async () => {
    const directory = temporaryFolder(onTestFinished);
    await mkdir(join(directory, "root"));
    await writeFile(join(directory, "secret.yaml"), BASE);
    await symlink("../secret.yaml", join(directory, "root/base.yaml"));
    await writeFile(join(directory, "root/a.yaml"), child("base.yaml"));
    const read = await loadPolicyFile(join(directory, "root"), "a.yaml");
    expect(issuesOf(read)[0]).toMatch(/extends_refused: .*outside the policy root/);
  });
});

describe("while the parent changes on disk", () => {
  const maxBytes = (bytes: number): string => `${BASE}token: {max_bytes: ${bytes}}\n`;

  async function setUp() {
    const scene = await setUpPolicies();
    await scene.write("base.yaml", maxBytes(1_000));
    await scene.write("a.yaml", child("base.yaml"));
    const current = async (): Promise<number> =>
      policyOf(await scene.files.open("a.yaml").current(askNothing)).maxTokenBytes;
    expect(await current()).toBe(1_000);
    await scene.look(3);
    return { scene, current };
  }

  it("the child follows, after the file is stable, and reports once each time which version is in effect", async () => {
    const { scene, current } = await setUp();
    expect(scene.log.infos).toHaveLength(1);
    await scene.write("base.yaml", maxBytes(2_000));
    await scene.look(1);
    expect(await current()).toBe(1_000);
    await scene.look(1);
    expect(await current()).toBe(2_000);
    await scene.look(3);
    expect(scene.log.infos).toHaveLength(2);
  });

  it("a broken parent leaves the last good version in effect, and a corrected parent takes effect", async () => {
    const { scene, current } = await setUp();
    await scene.write("base.yaml", "jwt_policy: 1\n");
    await scene.look(3);
    expect(await current()).toBe(1_000);
    const refused = "a.yaml is refused; the last good version stays in effect: a.yaml:3:10 extends_refused";
    expect(scene.log.warnings[0]).toContain(refused);
    await scene.write("base.yaml", maxBytes(3_000));
    await scene.look(3);
    expect(await current()).toBe(3_000);
  });

  it("a parent that exists later is found, and a parent that is no longer named is not followed", async () => {
    const { scene, current } = await setUp();
    await scene.write("a.yaml", child("late.yaml"));
    await scene.look(3);
    expect(await current()).toBe(1_000);
    await scene.write("late.yaml", maxBytes(4_000));
    await scene.look(3);
    expect(await current()).toBe(4_000);
    const told = scene.log.infos.length;
    await scene.write("base.yaml", maxBytes(5_000));
    await scene.look(3);
    expect([await current(), scene.log.infos.length]).toEqual([4_000, told]);
  });
});

describe("variables", () => {
  const PRODUCTION = `jwt_policy: 1
name: api
vars: {audience: "https://api.example.com", role: admin}
issuers:
  acme: {issuer: "https://idp.example.com", audiences: ["\${vars.audience}"]}
routes: {read: {required_roles: ["\${vars.role}"]}}
`;
  const STAGING =
    "jwt_policy: 1\nname: api-staging\nextends: api.yaml\nvars: {audience: https://api.staging.example.com}\n";
  const audiencesOf = (read: FileLoad) =>
    [...policyOf(read).issuers.values()].flatMap(({ audiences }) => [...audiences]);

  it("of a child replace variables of its parent one by one, also in the parent's strings", async () => {
    const read = await load({ "api.yaml": PRODUCTION, "a.yaml": STAGING });
    expect(audiencesOf(read)).toEqual(["https://api.staging.example.com"]);
    expect(policyOf(read).rules.get("read")?.requirements.alternatives[0]?.roles.allOf).toEqual(["admin"]);
    expect(audiencesOf(await load({ "a.yaml": PRODUCTION }))).toEqual(["https://api.example.com"]);
  });

  it("are resolved in the text, whose SHA-256 names the version, with and without a parent", async () => {
    for (const files of [{ "a.yaml": PRODUCTION }, { "api.yaml": PRODUCTION, "a.yaml": STAGING }]) {
      const read = await load(files);
      expect(read.text).not.toContain("vars");
      expect(policyOf(read).hash).toBe(hashText(read.text));
      expect(policyOf(await load({ "a.yaml": read.text }))).toEqual(policyOf(read));
    }
    const [one, other] = await Promise.all(
      ["x", "y"].map((audience) => load({ "a.yaml": PRODUCTION.replace("https://api.example.com", audience) })),
    );
    expect(one && policyOf(one).hash).not.toBe(other && policyOf(other).hash);
  });

  it("that the parent uses must be set in the parent, and a child's mistake is located in the child", async () => {
    const unset = await load({ "api.yaml": PRODUCTION.replace("role: admin", "roll: admin"), "a.yaml": STAGING });
    expect(issuesOf(unset)).toEqual([
      '3:10 extends_refused: api.yaml itself is refused, at 6:34: The variable "role" is not set: add it under "vars" (variables: audience, roll). Did you mean "roll"?',
    ]);
    const scoped = `${STAGING}defaults: {required_scopes: ["\${vars.x}"]}\n`;
    const own = await load({ "api.yaml": PRODUCTION, "a.yaml": scoped });
    expect(issuesOf(own)[0]).toMatch(/^5:30 variable_invalid: The variable "x" is not set/);
    expect(own.text).toContain("extends: api.yaml");
  });

  it("cannot be used in extends", async () => {
    const text = STAGING.replace("api.yaml", `"\${vars.audience}.yaml"`);
    expect(issuesOf(await load({ "a.yaml": text }))).toEqual([
      '3:10 extends_impossible: "extends" has no variables: write the name of the file.',
    ]);
  });
});
