import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { issuesOf, summarize } from "./marked-text.ts";

const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const jwk = JSON.stringify(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }));

/**
 * Files in the directories of policies. Also files that a Kong administrator might name as a policy. `SECRET` marks
 * text that must not be quoted.
 */
const FILES: Readonly<Record<string, string>> = {
  "an HMAC secret": "SECRET7f3Kd0s9aPq4-UzB2vXn6LrT8wYcE1mHgJi5oFbQ",
  "a secret that looks like a tag": "!SECRET value",
  "a secret that looks like an anchor": "&SECRET value",
  "a secret that looks like an alias": "*SECRET",
  "a secret that looks like a directive": "%SECRET x\n---\na: b",
  "a secret in double quotes with a wrong escape": '"\\SECRET"',
  "a secret with a colon": "user:SECRET: more",
  "a secret in a list": "- SECRET\n- SECRET",
  "a key and a secret": "SECRET: SECRET",
  "two equal keys": "SECRET: 1\nSECRET: 2",
  "an environment file": "DB_PASSWORD=SECRET\nAPI_KEY=SECRET\n",
  "an environment file with a tab": "\tDB_PASSWORD=SECRET",
  "a private key": pem.replaceAll("\n", "\nSECRET"),
  "a JWK": jwk.replaceAll('"d":"', '"d":"SECRET'),
  "broken JSON": '{"password": "SECRET", "b": SECRET SECRET"}',
  "a kong.yml": "_format_version: '3.0'\nconsumers:\n- username: a\n  keyauth_credentials: [{key: SECRET}]\n",
  "a broken kong.yml": "_format_version: '3.0'\nservices:\n- url: https://u:SECRET@h\n   name: [SECRET\n",
  "a mark further down": "SECRET: a\nnested:\n  jwt_policy: 1\n",
  "a mark in a string": '"jwt_policy: 1 SECRET"',
  "a mark in a comment": "# jwt_policy: 1\nSECRET",
  "a mark as a list's element": "[{jwt_policy: 1, name: SECRET}]",
  "a mark as a part of a key": "jwt_policy_SECRET: 1",
  "/etc/shadow": "root:$6$SECRET$SECRET:19000:0:99999:7:::\n",
  "a certificate request with a SECRET": "-----BEGIN SECRET-----\nSECRET: x: y\n-----END-----",
  "every byte": `${Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString("latin1")}SECRET`,
  "two documents": "--- SECRET\n--- SECRET",
  "a document of other YAML": "%YAML 1.1\n--- SECRET",
  "a deep document": `${"[".repeat(200)}SECRET`,
  "a long document": "SECRET ".repeat(50_000),
  "a thousand aliases": `a: &SECRET 1\nb: [${"*SECRET, ".repeat(1000)}1]`,
  nothing: "",
};

describe("a document without the key jwt_policy is refused without a word of its text", () => {
  it.each(Object.entries(FILES))("%s", (_what, text) => {
    const issues = issuesOf(text);
    expect(issues.map(({ code, pointer }) => [code, pointer])).toEqual([["not_a_policy", ""]]);
    expect(JSON.stringify(issues)).not.toMatch(/SECRET/i);
    // The message is one of two, and every word in it comes from the plugin.
    expect(issues[0]?.message.replace(" The document is not valid YAML either.", "")).toBe(
      'This is not a policy: the key "jwt_policy" is missing. A policy begins with "jwt_policy: 1".',
    );
  });
});

it("a document that is not a policy and not YAML is refused once, at its first mistake", () => {
  expect(summarize(issuesOf("a: b\nc: !x 1\nd: !y 2\n"))).toEqual(["2:4 not_a_policy"]);
});

describe("a policy with a mistake in its YAML is recognised by its first key", () => {
  it.each<[what: string, start: string]>([
    ["as it is", ""],
    ["behind comments and blank lines", "# yaml-language-server: x\n\n   # more\n"],
    ["behind the start of a document", "%YAML 1.2\n--- # policy\n"],
    ["behind a byte order mark", "\ufeff"],
    ["with CR LF", "\r\n# x\r\n"],
  ])("%s", (_what, start) => {
    for (const key of ["jwt_policy", '"jwt_policy"', "'jwt_policy'"]) {
      const codes = issuesOf(`${start}${key}: 1\nname: [a\n`).map(({ code }) => code);
      expect(codes).toContain("syntax_error");
      expect(codes).not.toContain("not_a_policy");
    }
  });

  it("in JSON as well", () => {
    expect(issuesOf('{\n  "jwt_policy": 1,\n  "name": [}').map(({ code }) => code)).toContain("syntax_error");
  });
});

const policyOf = (issuer: string, more = ""): string =>
  `jwt_policy: 1\nname: a\nissuers:\n  acme: {issuer: https://idp.example, audiences: [api], ${issuer}}\n${more}`;

/** Text of a policy that is still not repeated. */
describe("messages about a policy do not repeat", () => {
  it.each<[what: string, text: string]>([
    ["a key below keys", policyOf("keys: {SECRET: x}")],
    ["a key below a key set", policyOf("keys: {jwks: {SECRET: []}}")],
    ["a string below keys", policyOf("keys: SECRET")],
    ["a number below keys", policyOf("keys: {jwks_uri: 5318008}").replace("5318008", "53180080000001")],
    [
      "an address of keys with a secret in it",
      policyOf("keys: {jwks_uri: 'http://u:SECRET@idp.example/SECRET?k=SECRET'}"),
    ],
    ["an address of keys that is not a URL", policyOf("keys: {jwks_uri: SECRET}")],
    ["a user and password of a URL", policyOf("", "protected_resource: {resource: 'https://u:SECRET@h/a'}\n")],
    ["a password with a slash and an @", policyOf("", "extends: 'https://u:SEC/SECRET@SECRET@h/a'\n")],
    ["a password in an issuer", policyOf("keys: {discovery: true}").replace("https://idp", "https://u:SECRET@idp")],
    ["a tag", policyOf("keys: !SECRET {}")],
    ["an anchor", policyOf("keys: *SECRET")],
    ["an escape sequence", policyOf('token_type: "\\SECRET"')],
    ["a directive", `%SECRET x\n---\n${policyOf("token_type: any")}`],
    ["a token that YAML does not expect", `${policyOf("token_type: any")}'SECRET' "SECRET"\n`],
    ["the words behind a block scalar's head", policyOf("token_type: any", "description: | SECRET\n  x\n")],
    [
      "the same kid twice",
      policyOf(
        `algorithms: [HS256], keys: {secret_files: [${["a", "b"].map((file) => `{file: ${file}, kid: SECRET}`)}]}`,
      ),
    ],
  ])("%s", (_what, text) => {
    const issues = issuesOf(text);
    expect(issues).not.toEqual([]);
    expect(issues.map(({ code }) => code)).not.toContain("not_a_policy");
    expect(JSON.stringify(issues)).not.toMatch(/SECRET|53180080000001/);
  });

  it("more than 60 characters of a string", () => {
    const [issue] = issuesOf(policyOf(`clock_skew: ${"x".repeat(500)}`));
    expect(issue?.message).toMatch(/^"x{56}… is not a valid duration/);
  });
});
