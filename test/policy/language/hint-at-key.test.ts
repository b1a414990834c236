import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { LOCATIONS } from "../../../plugin/policy/language/hint-at-key.ts";

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
