import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hintAtKey, LOCATIONS } from "../../../plugin/policy/language/hint-at-key.ts";

interface Schema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

const SCHEMA: Schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../schema/policy.schema.json"), "utf8"),
);
const { rule, operation, issuer } = SCHEMA.definitions;
const MAPS: Readonly<Record<string, readonly (Schema | undefined)[]>> = {
  "the top of the policy": [SCHEMA],
  "an issuer": [issuer],
  "the keys of an issuer": [issuer?.properties.keys],
  '"defaults", a rule or an operation': [SCHEMA.properties.defaults, rule, operation],
  "a rule or an operation": [rule, operation],
  "a rule": [rule],
  "an operation": [operation],
  '"token"': [SCHEMA.properties.token],
};

it("every key for which a message names another map exists in that map", () => {
  expect(Object.keys(LOCATIONS)).toEqual(Object.keys(MAPS));
  for (const [location, keys] of Object.entries(LOCATIONS)) {
    for (const map of MAPS[location] ?? []) {
      expect(Object.keys(map?.properties ?? {}), location).toEqual(expect.arrayContaining([...keys]));
    }
  }
});

describe("the hint at an unknown key", () => {
  it.each([
    ["rules", "routes"],
    ["paths", "operations"],
    ["headers", "header_mappings"],
    ["upstream_headers", "header_mappings"],
    ["consumer", "identity"],
    ["method", "methods"],
    ["aud", "audiences"],
    ["iss", "issuer"],
    ["leeway", "clock_skew"],
    ["audience", "audiences"],
    ["jwks_url", "jwks_uri"],
  ])("%s is %s where that key is known, and only there", (key, name) => {
    expect(hintAtKey(key, ["xxxxxxxx", name])).toBe(` Did you mean "${name}"?`);
    expect(hintAtKey(key, ["xxxxxxxxxxxxxxxxxx"])).not.toContain(name);
  });

  it.each<[key: string, known: string, hint: string]>([
    ["a:300", "a b", 'A colon needs a space after it: write "a: ".'],
    ["c:300", "a b", "Known here: a, b."],
    ["clock_skew", "a b", "This key belongs to an issuer."],
    ["access", "a b", "This key belongs to a rule or an operation."],
    ["scopes", "required_scopes b", 'Did you mean "required_scopes"?'],
    ["scopes", "required_scopes other_scopes", "Known here: required_scopes, other_scopes."],
    ["access2", "access b", 'Did you mean "access"?'],
    ["acess", "access b", 'Did you mean "access"?'],
    ["toString", "a b", "Known here: a, b."],
  ])("%s among %s", (key, known, hint) => {
    expect(hintAtKey(key, known.split(" "))).toBe(` ${hint}`);
  });
});
