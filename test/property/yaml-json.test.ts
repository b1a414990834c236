import fc from "fast-check";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { decide } from "../../plugin/core/decide.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { anyCharacter } from "../any-character.ts";
import { AUDIENCE, claimsOf, inlineIssuer, NOW, requestOf } from "../core/fixtures.ts";
import { createInlineKeys } from "../core/inline-keys.ts";
import { runsOf } from "../runs.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";

const key = generateSigningKey("ES256", "1");
const keys = createInlineKeys();
const HASH = "0".repeat(64);

/** Mostly correct values, and sometimes wrong values. */
const mostly = <T>(right: fc.Arbitrary<T>, ...wrong: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 30, arbitrary: right }, { weight: 1, arbitrary: fc.constantFrom(...wrong) });
const optionally = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

// Words that YAML could read as something else. There are few, so that rules and tokens often have the same words.
const WORDS = ["read", "yes", "no", "null", "0", "1e3", "0x1f", "~", "2026-11-30", "a:b", "#x", "<<"];
const word = fc.constantFrom(...WORDS);
const identifier = fc.constantFrom("on", "no", "null", "1", "1.0", "1e3", "constructor");
const requirements = {
  access: optionally(mostly(fc.constantFrom("required", "optional"), "public", "publik")),
  required_scopes: optionally(fc.uniqueArray(word, { maxLength: 2 })),
  audiences: optionally(mostly<readonly string[]>(fc.constant([AUDIENCE]), ["other"], [])),
};
const operation = fc.record({
  methods: fc.uniqueArray(fc.constantFrom("GET", "POST"), { minLength: 1 }),
  path: mostly(fc.constantFrom("/", "/a", "/{x}", "/a/{x}", "/caf%C3%A9"), "/a/../b", "/{"),
  ...requirements,
});
const rule = fc.option(
  fc.record({ ...requirements, operations: optionally(fc.array(operation, { minLength: 1, maxLength: 2 })) }),
);
const issuer = fc
  .record({
    clock_skew: mostly(fc.constantFrom("0s", "30s", "5m"), "6m", "1"),
    token_type: mostly(fc.constantFrom("at+jwt", "any"), "JWT"),
    required_claims: mostly<readonly string[]>(fc.constantFrom([], ["sub"]), ["/a/b"], ["/~"]),
  })
  .map((changes) => inlineIssuer([key], changes));
const document = fc.record({
  jwt_policy: mostly(fc.constant<unknown>(1), 2, "1"),
  name: identifier,
  description: optionally(fc.string({ unit: anyCharacter, maxLength: 30 })),
  issuers: issuer.map((acme) => ({ acme })),
  routes: fc.dictionary(identifier, rule, { minKeys: 1, maxKeys: 2 }),
  defaults: optionally(fc.record({ required_scopes: requirements.required_scopes })),
  header_mappings: fc.dictionary(mostly(fc.constantFrom("x-user-id", "x-scope", "no"), "Bad"), word, { maxKeys: 2 }),
});

/** The same data as JSON and as YAML, in block or flow style. */
const forms = fc
  .tuple(document, fc.constantFrom({}, { lineWidth: 20 }, { collectionStyle: "flow" as const }))
  .map(([data, style]) => {
    const plain: unknown = JSON.parse(JSON.stringify(data));
    const texts = [JSON.stringify(plain), JSON.stringify(plain, undefined, 2), stringify(plain, style)];
    return { texts, rules: Object.keys(data.routes) };
  });

it("compiles YAML and JSON of one policy to the same result, or refuses both for the same reason", () => {
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(forms, ({ texts }) => {
      const [first, ...others] = texts.map((text) => {
        const result = readPolicy(text, HASH);
        outcomes.add(result.ok ? "policy" : "findings");
        // Places depend on the form, and so may the order of issues, because issues have the order of the text.
        return !result.ok ? result.failure.map(({ code, pointer }) => `${pointer} ${code}`).sort() : result;
      });
      for (const other of others) {
        expect(other).toEqual(first);
      }
    }),
    { numRuns: runsOf(200) },
  );
  expect([...outcomes].sort()).toEqual(["findings", "policy"]);
});

it("makes the same decisions by YAML and JSON of one policy", async () => {
  const claims = fc.record({
    scope: fc.array(word).map((words) => words.join(" ")),
    aud: fc.constantFrom(AUDIENCE, "x"),
  });
  const request = fc.record({ method: fc.constantFrom("GET", "POST"), target: fc.constantFrom("/", "/a", "/a/b") });
  const verdicts = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      forms,
      fc.nat(),
      fc.option(claims, { freq: 9, nil: undefined }),
      request,
      async ({ texts, rules }, at, changes, requestLine) => {
        const name = rules[at % rules.length];
        const token = changes && mintToken({ key, claims: claimsOf(changes) });
        const facts = requestOf(token, { binding: { by: "route", name, tags: [] }, requestLine });
        const decisions = await Promise.all(
          texts.map((text) => {
            const result = readPolicy(text, HASH);
            return result.ok ? decide(facts, result.value, keys, () => NOW) : undefined;
          }),
        );
        verdicts.add(decisions[0]?.verdict ?? "no policy");
        for (const decision of decisions) {
          expect(decision).toEqual(decisions[0]);
        }
      },
    ),
    { numRuns: runsOf(600) },
  );
  expect([...verdicts].sort()).toEqual(["allow", "deny", "no policy"]);
});
