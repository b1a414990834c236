import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { readKey } from "../../sandbox/stand-in/key-directory.ts";
import { row } from "../row.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";

const home = temporaryFolder();
const POLICY = join(home, "p.yaml");
writeFileSync(
  POLICY,
  `jwt_policy: 1
name: shop
issuers:
  acme:
    issuer: https://idp.example.com
    audiences: [https://api.example.com]
    algorithms: [RS256, ES256]
    claims: { roles: /realm_access/roles }
  web:
    issuer: https://web.example.com
    audiences: [web]
    algorithms: [ES256]
    required_claims: { token_use: { equals: access } }
defaults: { accept: [acme] }
routes:
  orders: { required_scopes: [orders:read, orders:list], required_roles: [clerk] }
  both: { accept: [acme, web] }
  refunds:
    operations:
      - { methods: [GET], path: "/refunds/{id}", required_scopes: [refunds:read] }
      - { methods: [POST], path: /refunds, required_scopes: [refunds:write] }
  never: { required_claims: { iss: { equals: nobody } } }
  health: { access: public }
`,
);
const KEYS = join(home, "kong-jwt-policy/stand-in-keys");

function mint(...args: string[]) {
  return runCli(["mint", POLICY, ...args], { XDG_CACHE_HOME: home });
}

/** The output has one line: the token. */
function tokenOf(...args: string[]): string {
  const { stdout, stderr, status } = mint(...args);
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  return stdout.trim();
}

describe("mint", () => {
  it("prints only the token, signed with the user's key and valid for an hour", async () => {
    const token = tokenOf("--rule", "orders");
    const key = readKey(KEYS, "ES256") ?? expect.fail();
    const { payload, protectedHeader } = await jwtVerify(token, key.verifyingKey, {
      issuer: "https://idp.example.com",
      audience: "https://api.example.com",
      typ: "at+jwt",
    });
    expect(protectedHeader.kid).toBe(key.kid);
    expect(payload).toMatchObject({
      scope: "orders:read orders:list",
      realm_access: { roles: ["clerk"] },
      sub: "user-1",
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(3_600);
    expect(readdirSync(KEYS)).toEqual(["ES256.json"]);
  });

  it.each<[title: string, args: string[], claims: Record<string, unknown>]>([
    row("for one operation, whatever the name in braces", ["--rule", "refunds", "--operation", "post /refunds"], {
      scope: "refunds:write",
    }),
    row("for an operation with a placeholder", ["--rule", "refunds", "--operation", "GET /refunds/{refund}"], {
      scope: "refunds:read",
    }),
    row("of one issuer", ["--rule", "both", "--issuer", "web"], {
      iss: "https://web.example.com",
      token_use: "access",
    }),
    row("without a rule, only valid", ["--issuer", "web"], { aud: "web", token_use: "access", scope: undefined }),
    row("without a scope", ["--rule", "orders", "--without", "orders:list"], { scope: "orders:read" }),
    row("without a role", ["--rule", "orders", "--without", "clerk"], { realm_access: { roles: [] } }),
    row(
      "without a role that another option sets",
      ["--rule", "orders", "--set", '/shop/roles=["clerk","buyer"]', "--without", "clerk"],
      { realm_access: { roles: [] }, shop: { roles: ["buyer"] } },
    ),
    row("for another audience", ["--rule", "orders", "--wrong-audience"], { aud: "https://wrong-audience.invalid" }),
    row(
      "with claims of one's own",
      ["--claims", '{"sub":"bob","a":{"b":1}}', "--set", "/a/c=[true]", "--set", "name=x=y"],
      { sub: "bob", a: { b: 1, c: [true] }, name: "x=y" },
    ),
    row("with a string that looks like a number", ["--set", 'id="42"'], { id: "42" }),
    row("with a claim removed", ["--rule", "orders", "--remove", "/realm_access/roles", "--remove", "sub"], {
      realm_access: {},
      sub: undefined,
    }),
  ])("makes a token %s", (_, args, claims) => {
    const decoded = decodeJwt(tokenOf(...args));
    for (const [name, value] of Object.entries(claims)) {
      expect(decoded[name], name).toEqual(value);
    }
  });

  it("makes tokens that are valid at another time", () => {
    const now = Date.now() / 1000;
    expect(decodeJwt(tokenOf("--expired")).exp).toBeLessThan(now - 60);
    expect(decodeJwt(tokenOf("--not-yet-valid")).nbf).toBeGreaterThan(now + 60);
    const { iat = 0, exp = 0 } = decodeJwt(tokenOf("--lifetime", "8h"));
    expect(exp - iat).toBe(8 * 3_600);
  });

  it("signs with a chosen algorithm of the issuer and a chosen typ", () => {
    expect(decodeProtectedHeader(tokenOf("--alg", "RS256", "--typ", "JWT"))).toMatchObject({
      alg: "RS256",
      typ: "JWT",
    });
  });

  it.each<[title: string, status: number, message: RegExp, args: string[]]>([
    row(
      "a rule that no token satisfies",
      1,
      /No token was found that satisfies rule "never".*\n- issuer "acme": no value of claim "iss"/,
      ["--rule", "never"],
    ),
    row("a public rule", 1, /the rule is public: it needs no token/, ["--rule", "health"]),
    row("an issuer that the rule does not accept", 1, /tokens of acme cannot be made here/, [
      "--rule",
      "orders",
      "--issuer",
      "web",
    ]),
    row("a rule that the policy does not have", 2, /has no rule "ordres"\. Did you mean "orders"/, [
      "--rule",
      "ordres",
    ]),
    row("an issuer that the policy does not have", 2, /has no issuer "wep"\. Did you mean "web"/, ["--issuer", "wep"]),
    row("an operation that the rule does not have", 2, /has no operation "PUT \/refunds": it has/, [
      "--rule",
      "refunds",
      "--operation",
      "PUT /refunds",
    ]),
    row("an algorithm that no issuer has", 2, /no issuer of policy "shop" has the algorithm "HS256"/, [
      "--alg",
      "HS256",
    ]),
    row("a claim without a value", 2, /--set sub must be claim=value/, ["--set", "sub"]),
    row("claims that are not an object", 2, /--claims must be a JSON object/, ["--claims", "[1]"]),
    row("a lifetime without a unit", 2, /The value must be a duration such as/, ["--lifetime", "30"]),
  ])("prints no token for %s", (_, status, message, args) => {
    const result = mint(...args);
    expect(result.stdout).toBe("");
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });

  it("says on the error stream where the policy looks for the token, if it is not in Authorization", () => {
    const file = join(home, "cookie.yaml");
    writeFileSync(
      file,
      `jwt_policy: 1
name: cookie
issuers: { acme: { issuer: "https://idp.example.com", audiences: [a] } }
defaults: { accept: [acme] }
token: { sources: [{ cookie: __Host-t }] }
routes: { r: {} }
`,
    );
    const { stdout, stderr } = runCli(["mint", file, "--rule", "r"], { XDG_CACHE_HOME: home });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(stderr).toContain("The policy allows this token in: GET /; cookie: __Host-t=$TOKEN");
  });

  it("shows the mistakes of a policy, and no token", () => {
    const file = join(home, "broken.yaml");
    writeFileSync(file, "jwt_policy: 1\nname: x\nroutes: 1\n");
    const { stdout, stderr, status } = runCli(["mint", file], { XDG_CACHE_HOME: home });
    expect([stdout, status]).toEqual(["", 1]);
    expect(stderr).toContain("broken.yaml:3:9");
  });
});
