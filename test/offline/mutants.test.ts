import { describe, expect, it } from "vitest";
import { Judge } from "../../offline/judge/judge.ts";
import { compileMutant } from "../../offline/mutants/compile-mutant.ts";
import { listMutants } from "../../offline/mutants/list-mutants.ts";
import { findChanged, listDecidingParts } from "../../offline/mutants/normalize-policy.ts";
import { proposeKillers } from "../../offline/mutants/propose-killers.ts";
import { runMutants, scoreOf } from "../../offline/mutants/run-mutants.ts";
import { readPasted } from "../../offline/propose/try-test.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { compileSource } from "../../plugin/policy/read-policy.ts";
import { RICH_POLICY } from "./rich-policy.ts";
import { compileText } from "./scene.ts";

const WORLD = { nowSeconds: 1_800_000_000, consumers: [{ id: "7", username: "shop" }] };

/** Mutates a policy, and asks pasted tests. */
async function mutate(text: string, tests: readonly string[]) {
  const policy = compileText(text);
  const cases = tests.flatMap((test) => readPasted(test, policy, WORLD) ?? []);
  const judge = new Judge(WORLD.nowSeconds, WORLD.consumers, "assumed");
  const results = await runMutants({ text, policy, suite: { ...WORLD, cases }, judge });
  const survivors = await proposeKillers(results, policy, judge, WORLD);
  return { results, survivors, score: scoreOf(results) };
}

const SMALL = `jwt_policy: 1
name: small
issuers: { acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256] } }
routes: { read: { required_scopes: [a] } }
`;

describe("mutants of a policy", () => {
  it("are of more than 25 kinds, and every kind has a change in words", () => {
    const source = readDocument(RICH_POLICY);
    const mutants = source.ok
      ? listMutants(source.value.data, { policy: compileText(RICH_POLICY), audiences: [], origins: [] })
      : [];
    expect(new Set(mutants.map(({ kind }) => kind)).size).toBeGreaterThan(45);
    expect(mutants.filter(({ change }) => change.includes("undefined") || change.includes("%"))).toEqual([]);
  });

  it("do not change the original document, and compile alone to the same result as in the whole policy", () => {
    const source = readDocument(RICH_POLICY);
    if (!source.ok) {
      throw new Error("broken");
    }
    const { data } = source.value;
    const before = JSON.stringify(data);
    const policy = compileText(RICH_POLICY);
    for (const mutant of listMutants(data, { policy, audiences: [], origins: [] })) {
      const alone = compileMutant(mutant, data, policy);
      const whole = compileSource({ data: mutant.apply(data), locate: () => [] }, "");
      const what = `${mutant.kind} ${mutant.path.join("/")}`;
      expect(alone.ok, what).toBe(whole.ok);
      if (alone.ok && whole.ok) {
        expect(findChanged(listDecidingParts(alone.value), listDecidingParts(whole.value)), what).toEqual([]);
      }
    }
    expect(JSON.stringify(data)).toBe(before);
  });

  it("are killed by a test that notices them, and survive one that does not", async () => {
    const allowed = "- { token: { claims: { scope: a } }, rule: read, expect: allow }";
    const refused = "- { token: {}, rule: read, expect: scope_insufficient }";
    const fateOf = async (tests: readonly string[]) =>
      (await mutate(SMALL, tests)).results.find(({ mutant }) => mutant.kind === "drop_scope")?.fate;
    expect(await fateOf([allowed])).toBe("survived");
    expect(await fateOf([allowed, refused])).toBe("killed");
  });

  it("that decide every request as before are equivalent, and not counted", async () => {
    const shadowed = `${SMALL}defaults: { required_scopes: [never-used] }\n`;
    const { results } = await mutate(shadowed, []);
    const dropped = results.filter(({ mutant }) => mutant.path[0] === "defaults" && mutant.kind === "drop_scope");
    expect(dropped.map(({ fate }) => fate)).toEqual(["equivalent"]);
  });

  it("of a small policy are all killed by the proposed tests", async () => {
    const { survivors } = await mutate(SMALL, []);
    const pastes = survivors.map(({ paste }) => paste ?? "");
    expect(pastes).not.toContain("");
    expect((await mutate(SMALL, pastes)).score).toBe(1);
  });

  it("that drop a header are killed by a test in which the upstream gets the header", async () => {
    const { survivors } = await mutate(`${SMALL}header_mappings: { x-user: sub, x-branch: branch }\n`, []);
    const pastes = survivors.filter(({ result }) => result.mutant.kind === "drop_mapping").map(({ paste }) => paste);
    expect(pastes).toEqual([
      expect.stringContaining("expect: { headers: { x-user: someone } }"),
      expect.stringContaining("expect: { headers: { x-branch: example-branch } }"),
    ]);
  });

  it("of a policy with every part are killed by the proposed tests, except mutants that no test can notice", async () => {
    const { survivors } = await mutate(RICH_POLICY, []);
    const unproposed = survivors.filter(({ paste }) => paste === undefined).map(({ result }) => result.mutant.kind);
    expect(unproposed).toEqual([]);
    const again = await mutate(
      RICH_POLICY,
      survivors.flatMap(({ paste }) => paste ?? []),
    );
    expect(again.score).toBe(1);
  });
});
