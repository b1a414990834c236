import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { collectValues } from "../../cli/init/collect-values.ts";
import type { Provider, ProviderOption, Values } from "../../cli/init/model/provider.ts";
import { describeTokens } from "../../cli/init/model/scope-options.ts";
import type { PlannedFile } from "../../cli/init/place-files.ts";
import { planFiles } from "../../cli/init/plan-files.ts";
import { PROVIDERS } from "../../cli/init/providers/registry.ts";
import { runTestFiles } from "../../cli/policy-tests/run-files.ts";
import { runsOf } from "../runs.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const RUNS = runsOf(120);
const home = temporaryFolder();

/** Texts that have a meaning in YAML, in test documents, in claims or in JavaScript. Also any other texts. */
const text = fc.oneof(
  fc.constantFrom("reader", "writer", "guest", "none", "read", "write", "allow", "deny", "openid", "profile", "Bearer"),
  fc.constantFrom("null", "true", "0", "1e3", "#", "'", "{x}", "a/b~c", "x:y", "-", "constructor", "toString", "é"),
  fc.constantFrom("https://api.example.com/x", "api://default", "urn:example:api", "web-shop", "admin"),
  fc.string({ minLength: 1, maxLength: 20 }),
);
const claim = fc.oneof(
  fc.constantFrom(
    "scope",
    "scp",
    "roles",
    "groups",
    "permissions",
    "client_id",
    "/realm_access/roles",
    "/realm_access/x",
  ),
  fc.constantFrom("https://example.com/roles", "/a/b", "/a", "a", "typ", "constructor", "/a~1b/c"),
  text,
);

/** Values for which a provider requires a special form. */
const FORMS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  issuer: fc.constantFrom("https://sso.example.com/realms/a", "http://localhost:8080/realms/b"),
  tenant: fc.uuid(),
  "client-id": fc.constantFrom("6e74172b-be56-4843-9ff4-e66a39bb12e3", "1-a.apps.googleusercontent.com", "1example"),
  domain: fc.constantFrom("acme.okta.com", "login.example.com"),
  "user-pool-id": fc.constantFrom("eu-central-1_Example1", "us-gov-west-1_A"),
  "hosted-domain": fc.constantFrom("example.com", "another.example"),
};

function generateValue({ name, value, choices }: ProviderOption): fc.Arbitrary<string> {
  const form = FORMS[name];
  return choices
    ? fc.constantFrom(...choices)
    : (form ?? (value === undefined ? fc.constant("") : value === "claim" ? claim : text));
}

const input: fc.Arbitrary<{ readonly provider: Provider; readonly given: Values }> = fc
  .constantFrom(...PROVIDERS)
  .chain((provider) => {
    const entries = provider.options.map((option): [string, fc.Arbitrary<string | undefined>] => {
      const isNeeded = option.isNeeded?.({}) === true;
      return [option.name, isNeeded ? generateValue(option) : fc.option(generateValue(option), { nil: undefined })];
    });
    const name = fc.constantFrom("orders", "none", "constructor", "123", "a-b_c", "read");
    return fc.record({ provider: fc.constant(provider), given: fc.record({ ...Object.fromEntries(entries), name }) });
  });

/** The files; undefined if `init` refuses the values. */
async function plan(provider: Provider, given: Values): Promise<readonly PlannedFile[] | undefined> {
  const collected = await collectValues(provider.options, given, undefined);
  const shape = collected.ok ? describeTokens(provider, collected.value) : collected;
  if (!shape.ok) {
    return undefined;
  }
  const [name, issuerId, title] = [given.name ?? "", provider.id, provider.title];
  const api = { name, issuerId, provider: title, shape: shape.value, schemas: "..", path: "/x", upstream: "http://x" };
  const files = await planFiles(api, "none");
  return files.ok ? files.value : undefined;
}

it("init refuses values, or writes a policy with tests that all pass and notice every change", {
  timeout: 600_000,
}, async () => {
  let written = 0;
  const check = fc.asyncProperty(input, async ({ provider, given }) => {
    const files = await plan(provider, given);
    if (!files) {
      return;
    }
    written += 1;
    const folder = join(home, String(written));
    for (const { path, text: content } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const options = { sign: true, coverage: true, mutate: true, min: 100 };
    const { report } = await runTestFiles([join(folder, `policies/${given.name}.test.yaml`)], options);
    expect(report.findings).toEqual([]);
    expect(report.summary.filter((line) => line.includes(": 100 %"))).toHaveLength(2);
  });
  await fc.assert(check, { numRuns: RUNS });
  expect(written).toBeGreaterThan(RUNS / 5);
});
