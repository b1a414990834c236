import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveVars } from "../../../plugin/policy/read/resolve-vars.ts";
import { describePath, listOperations } from "../../../plugin/policy/satisfy/list-operations.ts";
import { anyCharacter } from "../../any-character.ts";
import { compileDocument, policyDocument } from "../../core/fixtures.ts";
import { expectIssues, ISSUER_START, issuesOf } from "./marked-text.ts";

type Members = Record<string, unknown>;

const resolve = (document: Members): unknown => {
  const data = structuredClone(document);
  expect(resolveVars(data)).toEqual([]);
  return data;
};
const messagesOf = (document: Members): readonly string[] =>
  resolveVars(structuredClone(document)).map(({ path, message }) => `/${path?.join("/")} ${message}`);

describe("variables", () => {
  it("are replaced in every text, also twice and beside other text", () => {
    const vars = { a: "x", "b-2": "https://y" };
    const list = [`\${vars.a}`, `\${vars.a}\${vars.b-2}/\${vars.a}`, 1, null, true, { deep: [`/\${vars.a}`] }];
    const resolved = { name: "p-x", list: ["x", "xhttps://y/x", 1, null, true, { deep: ["/x"] }] };
    expect(resolve({ vars, name: `p-\${vars.a}`, list })).toEqual(resolved);
  });

  it("that no text uses stay, so that they can be reported", () => {
    expect(resolve({ vars: { a: "x", b: "y" }, text: `\${vars.a}` })).toEqual({ vars: { b: "y" }, text: "x" });
  });

  it("reach the compiled policy, together with templates of tenants and of paths", () => {
    const policy = compileDocument({
      ...policyDocument({
        issuer: `https://\${vars.host}/{tenant}/v2.0`,
        audiences: [`\${vars.audience}`],
        tenants: ["a"],
        keys: { jwks_uri: `https://\${vars.host}/keys` },
      }),
      vars: { host: "login.example.com", audience: "api", area: "things" },
      routes: { read: { operations: [{ methods: ["GET"], path: `/\${vars.area}/{id}` }] } },
    });
    const [issuer] = policy.issuerTemplates.issuers.values();
    expect(issuer).toMatchObject({
      issuer: "https://login.example.com/{tenant}/v2.0",
      audiences: new Set(["api"]),
      keys: [{ uri: "https://login.example.com/keys" }],
    });
    const read = policy.rules.get("read");
    expect(read && listOperations(read).map(({ segments = [] }) => describePath(segments))).toEqual(["/things/{}"]);
  });

  it("never change the structure of a document, with any values", () => {
    const shape = (value: unknown): unknown => {
      if (typeof value !== "object" || value === null) {
        return typeof value === "string" ? "text" : value;
      }
      return Array.isArray(value) ? value.map(shape) : Object.entries(value).map(([key, item]) => [key, shape(item)]);
    };
    const use = fc.constantFrom(`\${vars.a}`, `-\${vars.a}-`, `$\${vars.a}`, `{\${vars.a}}`, "plain", "$", "{x}");
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: anyCharacter }), use, use, (a, one, other) => {
        const data: Members = { vars: { a }, texts: [one, { [other.replace("vars", "v")]: other }] };
        const before = shape(data.texts);
        if (resolveVars(data).length === 0) {
          expect(shape(data.texts)).toEqual(before);
          expect(JSON.stringify(data)).not.toContain(`\${vars`);
          const again = structuredClone(data);
          expect(resolveVars(again)).toEqual([]);
          expect(again).toEqual(data);
        }
      }),
    );
  });

  it("may be used by many aliases of one value", () => {
    const text = `${ISSUER_START}vars: {r: admin}\nroutes: {a: &a {required_roles: ["\${vars.r}"]}, b: *a}\n`;
    expect(issuesOf(text)).toEqual([]);
  });

  it("cannot make a small document grow without bounds", () => {
    const texts = Array.from({ length: 600 }, () => `\${vars.a}`);
    expect(messagesOf({ vars: { a: "x".repeat(512) }, texts })).toEqual([
      expect.stringContaining("Variables make the document more than 262144 characters longer."),
    ]);
  });
});

describe("a mistake with a variable", () => {
  it.each([
    ["a variable that is not set", `vars: {audience: a}\nroutes: {r: {required_roles: [a, ‸"\${vars.audienze}"]}}`],
    ["a variable, without any", `routes: {r: {required_roles: [‸"\${vars.a}"]}}`],
    [
      "a value that two aliases share, once,",
      `vars: {a: x}\nroutes: {r: &r {required_roles: [‸"\${vars.b}"]}, s: *r, t: *r}`,
    ],
    ["a use in a key", `vars: {a: x}\nroutes: {‸"\${vars.a}": {}}`],
    ["a use without the closing brace", `vars: {a: x}\nroutes: {r: {required_roles: [‸"\${vars.a"]}}`],
    ["a use with white space", `vars: {a: x}\nroutes: {r: {required_roles: [‸"\${ vars.a }"]}}`],
    ["a use in upper case", `vars: {a: x}\nroutes: {r: {required_roles: [‸"\${VARS.a}"]}}`],
    ["a use of all variables", `vars: {a: x}\nroutes: {r: {required_roles: [‸"\${vars}"]}}`],
    ["a default as in shells", `vars: {a: x}\nroutes: {r: {required_roles: [‸"\${vars.a:-b}"]}}`],
    ["a name made of a variable", `vars: {a: b, b: c}\nroutes: {r: {required_roles: [‸"\${vars.\${vars.a}}"]}}`],
    ["a use made of a variable", `vars: {a: ars.b, b: c}\nroutes: {r: {required_roles: [‸"\${v\${vars.a}}"]}}`],
    ["a variable in a variable", `vars: {a: x, b: ‸"\${vars.a}"}`],
    ["a value with $", `vars: {a: ‸$x}`],
    ["a value with braces", `vars: {a: ‸"{tenant}"}`],
    ["a value with a line break", `vars: {a: ‸"x\\ny"}`],
    ["an empty value", `vars: {a: ‸""}`],
    ["a number", `vars: {a: ‸42}`],
    ["a list", `vars: {a: ‸[x]}`],
    ["a bad name", `vars: {‸a.b: x}`],
    ["variables as a list", `vars: ‸[a]`],
    ["the name __proto__ without a value", `routes: {r: {required_roles: [‸"\${vars.__proto__}"]}}`],
  ])("%s is reported where it is: variable_invalid", (_what, text) => {
    expectIssues(`${ISSUER_START}${text}\n`, "variable_invalid");
  });

  it("has a message that says what to do", () => {
    expect(messagesOf({ vars: { audience: "a" }, t: `\${vars.audienc}` })).toEqual([
      '/t The variable "audienc" is not set: add it under "vars" (variables: audience). Did you mean "audience"?',
    ]);
    expect(messagesOf({ t: `\${vars.a}` })).toEqual([
      '/t The variable "a" is not set: add it under "vars" (the policy sets none).',
    ]);
    expect(messagesOf({ vars: { a: true } })[0]).toMatch(/quote it/);
  });

  it("in a value is reported at each use of the variable, as a mistake of the string", () => {
    expectIssues(`${ISSUER_START}vars: {c: yes please}\nroutes: {r: {access: ‸"\${vars.c}"}}\n`, "invalid_value");
  });
});
