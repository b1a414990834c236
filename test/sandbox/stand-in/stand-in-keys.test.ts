import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listIssuers } from "../../../plugin/core/model/issuer-template.ts";
import type { KeyLookup } from "../../../plugin/core/model/key.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import { fail } from "../../../plugin/core/model/result.ts";
import { takeKey } from "../../../sandbox/stand-in/key-directory.ts";
import { standInFor } from "../../../sandbox/stand-in/stand-in-keys.ts";
import { compileDocument, ISSUER, inlineIssuer, joseHeaderOf, policyDocument } from "../../core/fixtures.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { generateSigningKey } from "../../tokens.ts";

const ROOT = join(import.meta.dirname, "../../..");
const home = temporaryFolder();

const REAL: KeyLookup = fail({ because: "overloaded" });
const template = {
  issuer: "https://login.example.com/{tid}/v2.0",
  tenants: ["*"],
  keys: { jwks_uri: "https://login.example.com/keys" },
  audiences: ["a"],
};
const policy = compileDocument(
  policyDocument(inlineIssuer([generateSigningKey("ES256", "k")]), {
    issuers: {
      acme: { issuer: ISSUER, audiences: ["a"] },
      many: template,
      other: { ...template, issuer: "https://other.example.com/", tenants: undefined },
    },
    defaults: { accept: ["acme"] },
  }),
);
const issuerOf = (id: string): CompiledIssuer =>
  listIssuers(policy).find((issuer) => issuer.id === id) ?? expect.fail();

/**
 * The sandbox's key source in front of another key source. The other source records the issuers for which it is asked.
 */
function standIn(directory: string) {
  const asked: string[] = [];
  const note = (prepared: CompiledPolicy): [] => {
    const ids = listIssuers(prepared).map(({ id }) => id);
    asked.push(ids.join());
    return [];
  };
  const keys = standInFor(
    new Set(["acme", "many"]),
    directory,
  )({
    find: () => REAL,
    prepare: async (prepared) => void note(prepared),
    findMissing: note,
    refresh: async () => undefined,
    status: () => [],
    stop: () => undefined,
  });
  return { keys, asked };
}

describe("a sandbox that replaces two of three issuers", () => {
  it("has its own key for these issuers, also for the tenants of a template, and fetches no other keys", async () => {
    const directory = join(home, "found");
    const { kid } = await takeKey(directory, "ES256");
    const { keys } = standIn(directory);
    for (const id of ["acme", "many"]) {
      const { issuer } = issuerOf(id);
      expect(await keys.find(issuerOf(id), joseHeaderOf({ kid }))).toMatchObject({
        ok: true,
        value: { issuer, kid, algorithm: "ES256" },
      });
    }
    expect(keys.find(issuerOf("other"), joseHeaderOf({ kid }))).toBe(REAL);
  });

  it("fetches no keys of these issuers", async () => {
    const { keys, asked } = standIn(join(home, "none"));
    await keys.prepare(policy);
    keys.findMissing(policy);
    expect(asked).toEqual(["other", "other"]);
  });

  it("finds a key that `mint` made after the start", async () => {
    const directory = join(home, "later");
    const { keys } = standIn(directory);
    expect(keys.find(issuerOf("acme"), joseHeaderOf({ kid: "x" }))).toMatchObject({ ok: false });
    const { kid } = await takeKey(directory, "RS256");
    expect(keys.find(issuerOf("acme"), joseHeaderOf({ kid, alg: "RS256" }))).toMatchObject({ ok: true });
  });

  it.each([
    ["another kid", { kid: "k" }],
    ["no kid", { kid: undefined }],
    ["an algorithm that the issuer does not have", { alg: "ES512" }],
    ["a name that leads elsewhere", { alg: "../ES256" }],
  ])("has no key for %s", async (_, header) => {
    const directory = join(home, "strict");
    const { kid } = await takeKey(directory, "ES256");
    expect(standIn(directory).keys.find(issuerOf("acme"), joseHeaderOf({ kid, ...header }))).toEqual({
      ok: false,
      failure: { because: "unknown" },
    });
  });
});

describe("the plugin server for gateways", () => {
  it("has no code that could use these keys, and no option for them", () => {
    const server = readFileSync(join(ROOT, "dist/jwt-policy-server.mjs"), "utf8");
    expect(server).toContain("kong-jwt-policy-stand-in-"); // The other source refuses these issuers.
    for (const word of [
      "standInFor",
      "stand-in-keys",
      "--stand-in",
      "key-directory.js\n//#region dist/sandbox",
      "dist/sandbox",
    ]) {
      expect(server).not.toContain(word);
    }
  });
});
