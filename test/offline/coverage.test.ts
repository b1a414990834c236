import { describe, expect, it } from "vitest";
import { listItems } from "../../offline/coverage/list-items.ts";
import { Coverage } from "../../offline/coverage/measure-coverage.ts";
import { findGaps } from "../../offline/coverage/propose-coverage.ts";
import { Judge } from "../../offline/judge/judge.ts";
import { readPasted } from "../../offline/propose/try-test.ts";
import { compilePolicy } from "../../plugin/policy/compile/compile-policy.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { validateDocument } from "../../plugin/policy/read/validate-document.ts";
import { RICH_POLICY } from "./rich-policy.ts";

const WORLD = { nowSeconds: 1_800_000_000, consumers: [] };

/** Coverage of a policy by pasted tests. */
async function cover(text: string, tests: readonly string[]) {
  const source = readDocument(text);
  const valid = source.ok ? validateDocument(source.value.data) : source;
  const compiled = valid.ok ? compilePolicy(valid.value, "") : valid;
  if (!valid.ok || !compiled.ok) {
    throw new Error("the policy is broken");
  }
  const policy = compiled.value;
  const judge = new Judge(WORLD.nowSeconds, [], "assumed");
  const coverage = new Coverage(listItems(valid.value, policy), policy, judge);
  for (const test of tests) {
    const read = readPasted(test, policy, WORLD);
    if (!read) {
      throw new Error(`cannot be read: ${test}`);
    }
    await coverage.add(read);
  }
  const gaps = await findGaps(coverage, coverage.items, policy, judge, WORLD);
  return { coverage, gaps, names: gaps.map(({ item, direction }) => `${item.label} ${direction}`) };
}

const SMALL = `jwt_policy: 1
name: small
issuers: { acme: { issuer: https://idp.example, audiences: [api], token_type: any } }
routes: { read: { required_scopes: [a, b] } }
`;

describe("coverage", () => {
  it("names each requirement in both directions, as long as there are no tests", async () => {
    const { names } = await cover(SMALL, []);
    expect(names).toEqual([
      ...["read: a token passes", "read: a token refuses", "scope a passes", "scope a refuses", "scope b passes"],
      ...["scope b refuses", "issuer acme: audience api passes", "issuer acme: audience api refuses"],
    ]);
  });

  it("counts a refusal only for the one requirement that caused it", async () => {
    const lacksBoth = "- { token: {}, rule: read, expect: deny }";
    expect((await cover(SMALL, [lacksBoth])).names).toHaveLength(8);
    const lacksOne = "- { token: { claims: { scope: b } }, rule: read, expect: deny }";
    expect((await cover(SMALL, [lacksOne])).names).not.toContain("scope a refuses");
    expect((await cover(SMALL, [lacksOne])).names).toContain("scope b refuses");
  });

  it("proposes tests that pass and close every gap", async () => {
    const { gaps } = await cover(SMALL, []);
    const pastes = gaps.map(({ paste }) => paste ?? "");
    expect(pastes).not.toContain("");
    expect((await cover(SMALL, pastes)).gaps).toEqual([]);
  });

  it.each([
    ["equals: gold", "tier: gold"],
    ["equals_header: x-tenant", "tier: example"],
    ["equals_path: id", 'tier: "1"'],
  ])("proposes a token with another value, and not one without the claim, for %s", async (condition, good) => {
    const operation = `{ methods: [POST], path: "/u/{id}", required_claims: { tier: { ${condition} } } }`;
    const operations = `operations: [{ methods: [GET], path: /x }, ${operation}]`;
    const { gaps } = await cover(SMALL.replace("required_scopes: [a, b]", operations), []);
    const pasteOf = (wanted: string) =>
      gaps.find(({ item, direction }) => item.label.startsWith("claim tier") && direction === wanted)?.paste;
    expect(pasteOf("passes")).toContain(good);
    expect(pasteOf("refuses")).toMatch(/tier: something-else .*expect: condition_unmet/);
  });

  it("knows every part of a policy, and closes all gaps that can be closed", async () => {
    const { coverage, gaps } = await cover(RICH_POLICY, []);
    const labels = coverage.items.map(({ label }) => label).join("\n");
    for (const part of [
      "scope not blocked",
      "role admin or editor",
      "group staff",
      "claim tier min",
      "acr mfa",
      "amr otp",
    ]) {
      expect(labels).toContain(part);
    }
    for (const part of [
      "auth_time",
      "alternative 2",
      "tenant one or two",
      "token age",
      "token lifetime",
      "owner equals_path",
    ]) {
      expect(labels).toContain(part);
    }
    const pastes = gaps.flatMap(({ paste }) => paste ?? []);
    const open = (await cover(RICH_POLICY, pastes)).names;
    const unproposed = gaps
      .filter(({ paste }) => paste === undefined)
      .map(({ item, direction }) => `${item.label} ${direction}`);
    expect(open).toEqual(unproposed);
    expect(unproposed).toEqual([]);
  });

  it("does not change the policy that it measures", async () => {
    const { gaps } = await cover(SMALL, []);
    const again = await cover(SMALL, []);
    expect(again.gaps.map(({ paste }) => paste)).toEqual(gaps.map(({ paste }) => paste));
  });
});
