import { createHmac, generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { checkKeyFiles } from "../../../cli/keys/check-key-files.ts";
import { compileDocument } from "../../core/fixtures.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const GOOD = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
const WEAK = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
const SECRET = createHmac("sha256", "a").digest("hex");

const root = temporaryFolder();
beforeAll(() => {
  const files = {
    "keys/good.jwks": JSON.stringify({ keys: [{ ...GOOD.export({ format: "jwk" }), kid: "a" }] }),
    "keys/weak.jwks": JSON.stringify({ keys: [{ ...WEAK.export({ format: "jwk" }), kid: "old" }] }),
    "keys/none.jwks": '{"keys": []}',
    "keys/broken.jwks": `{"keys": ${SECRET}`,
    "keys/good.pem": GOOD.export({ type: "spki", format: "pem" }),
    "team/policy.yaml": "",
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
});

const policy = (keys: string): string => `jwt_policy: 1
name: a
issuers:
  acme:
    issuer: https://idp.example
    audiences: [api]
    algorithms: [RS256]
    keys: ${keys}
`;

async function warningsOf(keys: string, policyRoot?: string): Promise<readonly string[]> {
  const text = policy(keys);
  const path = join(root, "team/policy.yaml");
  const findings = await checkKeyFiles(compileDocument(text), text, path, policyRoot);
  expect(findings.every(({ code, severity }) => code === "key_file_missing" && severity === "warning")).toBe(true);
  expect(JSON.stringify(findings)).not.toContain(SECRET);
  return findings.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

it("usable key files give no warning, whether the policy root is named or is a directory above the policy", async () => {
  const keys = "{ jwks_files: [keys/good.jwks], pem_files: [{ file: keys/good.pem }] }";
  expect(await warningsOf(keys)).toEqual([]);
  expect(await warningsOf(keys, root)).toEqual([]);
});

it.each<[what: string, keys: string, column: number, message: RegExp]>([
  ["is missing", "{ jwks_files: [keys/good.jwks, keys/nope.jwks] }", 42, /keys\/nope\.jwks/],
  ["is missing, of another list", "{ jwks_files: [keys/good.jwks], pem_files: [{ file: nope.pem }] }", 55, /nope\.pem/],
  ["is outside the root", "{ jwks_files: [../outside.jwks] }", 26, /outside the policy root/],
  ["has no keys", "{ jwks_files: [keys/none.jwks] }", 26, /none\.jwks|no key/],
  ["has a weak key only", "{ jwks_files: [keys/weak.jwks] }", 26, /1024 bits/],
  ["is not JSON", "{ jwks_files: [keys/broken.jwks] }", 26, /broken\.jwks|JSON/],
])(
  "a key file that %s gives one warning at its name, without any of its text",
  async (_what, keys, column, message) => {
    const [warning, ...rest] = await warningsOf(keys, root);
    expect(rest).toEqual([]);
    expect(warning).toMatch(new RegExp(`^8:${column} This key file cannot be used: `));
    expect(warning).toMatch(message);
    expect(warning).toMatch(/The names of key files are relative to the policy root\.$/);
  },
);

it("without a policy root, the warning says how to name one", async () => {
  const [warning] = await warningsOf("{ jwks_files: [keys/nope.jwks] }");
  expect(warning).toMatch(/set the root with --policy-root\.$/);
});
