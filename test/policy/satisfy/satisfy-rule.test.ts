import { createPublicKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../../plugin/core/decide.ts";
import type { JsonObject } from "../../../plugin/core/json/json.ts";
import { NO_CALLERS } from "../../../plugin/core/model/caller.ts";
import type { KeySource } from "../../../plugin/core/model/key.ts";
import type { CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { createVerificationKey } from "../../../plugin/keys/verify/verification-key.ts";
import { readPolicy } from "../../../plugin/policy/read-policy.ts";
import { describePath, listOperations } from "../../../plugin/policy/satisfy/list-operations.ts";
import { satisfyRule } from "../../../plugin/policy/satisfy/satisfy-rule.ts";
import { placeToken, type SatisfyingRequest } from "../../../plugin/policy/satisfy/write-request.ts";
import { AUDIENCE, compileDocument, ISSUER, NOW, requestOf } from "../../core/fixtures.ts";
import { unwrap } from "../../results.ts";
import { row } from "../../row.ts";
import { runsOf } from "../../runs.ts";
import { generateSigningKey, mintToken } from "../../tokens.ts";

const KEY = generateSigningKey("ES256", "k");
const KEYS: KeySource = {
  find: (issuer, { alg }) =>
    succeed(createVerificationKey(issuer.issuer, KEY.kid, alg, createPublicKey(KEY.privateKey))),
};

/** Signs the token, puts it into the request, and asks the pipeline. */
async function judge(policy: CompiledPolicy, rule: string, request: SatisfyingRequest) {
  const { token, method } = request;
  const signed = token && mintToken({ key: KEY, header: { typ: token.typ }, claims: token.claims });
  const { target, headers } = placeToken(request, signed ?? "");
  const authorization = headers.get("authorization");
  const binding = { by: "rule", rule } as const;
  const facts = requestOf(undefined, { binding, requestLine: { method, target }, headers, authorization });
  return decide(facts, policy, KEYS, () => NOW, NO_CALLERS);
}

type Members = Record<string, unknown>;

const UUID = "11111111-2222-4333-8444-555555555555";
const BASE = { issuer: ISSUER, audiences: [AUDIENCE], algorithms: ["ES256"] };

const compile = (rule: Members, issuer: Members = {}, others: Members = {}): CompiledPolicy =>
  compileDocument({
    ...{ jwt_policy: 1, name: "p", issuers: { acme: { ...BASE, ...issuer } }, routes: { r: rule }, ...others },
  });

/** The requests that satisfy each operation of the rule `r`. The real pipeline has allowed each of them. */
async function satisfyAll(policy: CompiledPolicy, more: Members = {}) {
  const rule = policy.rules.get("r");
  const found = (rule ? listOperations(rule) : []).map(async (operation) => {
    const satisfied = await satisfyRule({ policy, rule: "r", operation, nowSeconds: NOW, ...more });
    if (satisfied.ok) {
      expect(await judge(policy, "r", satisfied.value)).toMatchObject({ verdict: "allow", reported: undefined });
    }
    return satisfied;
  });
  return Promise.all(found);
}

const satisfyOne = async (policy: CompiledPolicy, more: Members = {}): Promise<SatisfyingRequest> => {
  const [satisfied = expect.fail()] = await satisfyAll(policy, more);
  return unwrap(satisfied);
};
const claimsFor = async (...parts: Parameters<typeof compile>): Promise<JsonObject> =>
  (await satisfyOne(compile(...parts))).token?.claims ?? {};

describe("the claims that satisfy a rule", () => {
  const scopes = { all_of: ["a"], any_of: ["b", "c"], none_of: ["b"] };
  const separated = { claims: { roles: { claim: "roles", separator: ";" } } };
  const byClient = { claims: { audience: "client_id" }, required_claims: { token_use: { equals: "access" } } };
  const lists = { "/orgs/0/id": { equals: "acme" }, "/orgs/1": {}, "/tags/1": { equals: "t" } };
  const login = { acr_values: ["gold"], amr: ["pwd", "otp"], max_age: "5m" };
  const negated = {
    s: { not: { one_of: ["example", "other", 0, 1] } },
    l: { not: { contains_any: ["example"] }, absent: "allowed" },
    ...{ n: { not: { min: -3 } }, x: { absent: true } },
  };
  const requiring = (required_claims: Members) => ({ required_claims });
  const existing = {
    act: {},
    may_act: {},
    azp: {},
    client_id: {},
    email: {},
    email_verified: {},
    plan: {},
    toString: {},
  };
  const real = {
    ...{ act: { sub: "service-1" }, may_act: { sub: "service-1" }, azp: "client-1", client_id: "client-1" },
    ...{ email: "user@example.com", email_verified: true, plan: "example", toString: "example" },
  };
  it.each<[title: string, rule: Members, claims: Members, issuer?: Members]>([
    ["scopes are one string", { required_scopes: ["a", "b"] }, { scope: "a b" }],
    ["the first allowed name of any_of counts, beside all_of", { required_scopes: scopes }, { scope: "a c" }],
    [
      "roles are in the issuer's claim",
      { required_roles: { any_of: ["admin", "root"] } },
      { realm_access: { roles: ["admin"] } },
      { claims: { roles: "/realm_access/roles" } },
    ],
    ["an audience may be in another claim", {}, { aud: undefined, client_id: AUDIENCE, token_use: "access" }, byClient],
    ["a rule's audiences replace the issuer's", { audiences: ["other"] }, { aud: "other" }],
    [
      "two conditions on one claim are met together",
      requiring({ n: { min: 5 } }),
      { n: 7 },
      requiring({ n: { one_of: [3, 7] } }),
    ],
    [
      "a list meets contains_all and contains_any",
      requiring({ l: { contains_all: ["a", 1], contains_any: [true, "b"] } }),
      { l: ["a", 1, true] },
    ],
    ["a pattern is matched", requiring({ p: { matches: "\\d{3}-[x-z]+" } }), { p: "111-x" }],
    [
      "all roles are in the first of several claims",
      { required_roles: { all_of: ["a", "b"], none_of: ["c"] } },
      { realm_access: { roles: ["a", "b"] } },
      { claims: { roles: ["/realm_access/roles", "roles"] } },
    ],
    [
      "roles are in one string if the issuer has a separator",
      { required_roles: ["a", "b"] },
      { roles: "a;b" },
      separated,
    ],
    [
      "a value differs from the negated ones, also if it may be absent",
      requiring(negated),
      { s: "1", l: ["other"], n: -4 },
    ],
    ["elements of lists are in lists", requiring(lists), { orgs: [{ id: "acme" }, "example"], tags: { "1": "t" } }],
    ["a claim inside another one", requiring({ "/a/b~1c": { equals: 1 }, a: {} }), { a: { "b/c": 1 } }],
    [
      "the way in which the user signed in",
      { authentication: login },
      { acr: "gold", amr: ["pwd", "otp"], auth_time: NOW },
    ],
    ["only the kind of sign-in", { authentication: { acr_values: ["gold"] } }, { acr: "gold" }],
    ["only the methods of sign-in", { authentication: { amr: ["otp"] } }, { amr: ["otp"] }],
    ["only the time of sign-in", { authentication: { max_age: "5m" } }, { auth_time: NOW }],
    ["claims that only have to exist look real", requiring(existing), real],
    [
      "a number below or above a negated bound",
      requiring({ n: { not: { min: 1 } }, m: { not: { max: 5 } } }),
      { n: 0, m: 6 },
    ],
    ["a time that differs from a negated one", requiring({ auth_time: { not: { one_of: [1, 0] } } }), { auth_time: 2 }],
    ["an hour, even if a token may be valid for longer", {}, {}, { max_token_lifetime: "2h", max_token_age: "3h" }],
    ["a short lifetime", {}, { iat: NOW, exp: NOW + 30 }, { max_token_lifetime: "1m", max_token_age: "30s" }],
  ])("%s", async (_, rule, claims, issuer) => {
    const usual = { iss: ISSUER, aud: AUDIENCE, iat: NOW, exp: NOW + 3_600, sub: "user-1" };
    expect(await claimsFor(rule, issuer)).toEqual({ ...usual, ...claims });
  });

  it("have a tenant that the issuer's template accepts, in iss and in its claim", async () => {
    const keys = { jwks_uri: "https://login.example.com/keys" };
    const named = {
      issuer: "https://login.example.com/{tid}/v2.0",
      tenants: ["t-1", "t-2"],
      claims: { tenant: "tid" },
    };
    const of = (tid: string) => ({ iss: `https://login.example.com/${tid}/v2.0`, tid });
    expect(await claimsFor({}, { ...named, keys })).toMatchObject(of("t-1"));
    const wanting = (tenant: string) => requiring({ tid: { equals: tenant } });
    expect(await claimsFor(wanting("t-2"), { ...named, keys })).toMatchObject(of("t-2"));
    const any = { ...named, tenants: ["*"], keys };
    expect(await claimsFor({}, any)).toMatchObject(of(UUID));
    expect(await claimsFor(wanting("t-9"), any)).toMatchObject(of("t-9"));
    expect(await claimsFor({}, { ...any, ...wanting("t-8") })).toMatchObject(of("t-8"));
    expect(await claimsFor(requiring({ tid: { not: { equals: UUID } } }), any)).toMatchObject(of("tenant-1"));
  });

  it("have no text that a mapped header cannot contain", async () => {
    const mapped = { header_mappings: { "x-name": "name" } };
    expect(await claimsFor(requiring({ name: { one_of: ["é", "e"] } }), {}, mapped)).toMatchObject({ name: "e" });
  });

  it.each<[by: string, azp: string]>([
    ["username", "shop"],
    ["id", UUID],
  ])("name a Consumer that Kong has, by its %s, if the policy refuses unknown ones", async (by, azp) => {
    const policy = compile({}, {}, { identity: { consumer: { claim: ["azp", "sub"], by, unknown: "refuse" } } });
    const [none] = await satisfyAll(policy);
    expect(none).toMatchObject({ ok: false, failure: { isCertain: true } });
    const [operation] = listOperations(policy.rules.get("r") ?? expect.fail());
    const consumers = [{ id: UUID }, { id: "2", username: "shop" }];
    const found = operation && (await satisfyRule({ policy, rule: "r", operation, consumers, nowSeconds: NOW }));
    expect(found).toMatchObject({ ok: true, value: { token: { claims: { azp } } } });
  });

  it("name no Consumer if the policy lets unknown ones pass, and have a text for the credential", async () => {
    const identity = { consumer: { claim: "azp", by: "username", unknown: "ignore" }, credential: "kid" };
    const claims = await claimsFor({}, {}, { identity });
    expect(claims).toMatchObject({ kid: "example" });
    expect(claims).not.toHaveProperty("azp");
  });
});

it("the claims of an issuer that does not identify callers have no text for the credential", async () => {
  const other = { ...BASE, issuer: "https://other.example.com" };
  const issuers = { acme: BASE, other };
  const identity = { issuers: ["other"], credential: "kid" };
  const named = (accept: string) => claimsFor({ accept: [accept] }, {}, { issuers, identity });
  expect([(await named("acme")).kid, (await named("other")).kid]).toEqual([undefined, "example"]);
});

it.each([
  row(["RS384", "ES384"], undefined, "ES384", "at+jwt"),
  row(["RS384", "RS512"], "JWT", "RS384", "jwt"),
  row(["RS256", "PS256"], "any", "RS256", "JWT"),
])("with the algorithms %j and the type %j, the token has %s and %s", async (algorithms, type, algorithm, typ) => {
  const policy = compile({}, { algorithms, ...(type && { token_type: type }) });
  const [operation = expect.fail()] = listOperations(policy.rules.get("r") ?? expect.fail());
  const { token } = unwrap(await satisfyRule({ policy, rule: "r", operation, nowSeconds: NOW }));
  expect(token).toMatchObject({ algorithm, typ });
});

it("the token has an algorithm with short signatures, whatever the order of algorithms in the policy", async () => {
  const policy = compile({}, { algorithms: ["RS256", "ES256", "EdDSA"] });
  expect((await satisfyOne(policy)).token?.algorithm).toBe("ES256");
});

describe("the request around the token", () => {
  it("has a path whose segment equals the claim, encoded, and a header that equals another one", async () => {
    const required_claims = { sub: { equals_path: "id", one_of: ["a b", "c"] }, dep: { equals_header: "x-dep" } };
    const operation = { methods: ["PUT"], path: "/users/{id}/files/{name}", required_claims };
    const { method, path, headers, token } = await satisfyOne(compile({ operations: [operation] }));
    expect([method, path]).toEqual(["PUT", "/users/a%20b/files/1"]);
    expect(headers.get("x-dep")).toBe(token?.claims.dep);
    expect(token?.claims.sub).toBe("a b");
  });

  const allowed_origins = ["https://app.example.com"];
  it.each<[title: string, sources: unknown[], method: string, expected: Members]>([
    ["the Authorization header", ["authorization"], "GET", { authorization: "Bearer T" }],
    ["another header with its scheme", [{ header: "x-token", prefix: "JWT" }], "GET", { "x-token": "JWT T" }],
    ["a bare header", [{ header: "x-token" }], "GET", { "x-token": "T" }],
    [
      "a cookie, with an accepted Origin for a change",
      [{ cookie: "__Host-t", allowed_origins }],
      "POST",
      { cookie: "__Host-t=T", origin: "https://app.example.com" },
    ],
    ["a cookie, without Origin for HEAD", [{ cookie: "__Host-t", allowed_origins }], "HEAD", { cookie: "__Host-t=T" }],
    [
      "a cookie, without Origin for OPTIONS",
      [{ cookie: "__Host-t", allowed_origins }],
      "OPTIONS",
      { cookie: "__Host-t=T" },
    ],
    ["another source if the cookie has no allowed origins", [{ cookie: "__Host-t" }, { query: "q" }], "POST", {}],
  ])("has the token in %s", async (_, sources, method, expected) => {
    const policy = compile({}, {}, { token: { sources } });
    const request = await satisfyOne(policy, { methods: [method] });
    const { target, headers } = placeToken(request, "T");
    expect(Object.fromEntries(headers)).toEqual(expected);
    expect(target).toBe(expected.authorization === undefined && Object.keys(expected).length === 0 ? "/?q=T" : "/");
  });

  it.each<[path: string, target: string]>([
    ["/orders/{id}:cancel", "/orders/a%20b:cancel"],
    ["/v{id}/{rest...}", "/va%20b/1"],
    ["/{id}.json", "/a%20b.json"],
  ])("writes a segment that has text beside a name, and a subtree: %s", async (path, target) => {
    const claims = { sub: { equals_path: "id", equals: "a b" } };
    const operations = [
      { methods: ["GET"], path, required_claims: claims },
      { methods: ["GET"], path: "/x" },
    ];
    const satisfied = await satisfyAll(compile({ operations }));
    expect(satisfied[0]).toMatchObject({ ok: true });
    expect(satisfied.map((one) => one.ok && one.value.path)).toContain(target);
  });

  it("reaches its Kong Route: a segment may have to be a number", async () => {
    const policy = compile({ operations: [{ methods: ["GET"], path: "/orders/{id}" }] });
    const uuid = /^\/orders\/[0-9a-f-]{36}$/;
    const { path } = await satisfyOne(policy, { isRouted: (_: string, path_: string) => uuid.test(path_) });
    expect(path).toMatch(uuid);
    const [nowhere] = await satisfyAll(policy, { isRouted: () => false });
    const reasons = [expect.stringContaining("reaches this Kong Route")];
    expect(nowhere).toMatchObject(fail({ reasons }));
  });

  it("is tried with each method and path, GET first and HEAD last", async () => {
    const tried: string[] = [];
    const isRouted = (method: string, path: string) => {
      tried.push(`${method} ${path}`);
      return false;
    };
    const operation = { methods: ["HEAD", "PUT", "GET"], path: "/a/{id}" };
    const paths = ["1", "example", UUID].map((segment) => `/a/${segment}`);
    await satisfyAll(compile({ access: "public", operations: [operation] }), { isRouted });
    expect(tried).toEqual(["GET", "PUT", "HEAD"].flatMap((method) => paths.map((path) => `${method} ${path}`)));
    tried.length = 0;
    await satisfyAll(compile({ access: "public" }), { isRouted });
    await satisfyAll(compile({ access: "public" }), { isRouted, methods: ["POST"], paths: ["/x", "/y"] });
    expect(tried).toEqual(["GET /", "POST /x", "POST /y"]);
  });

  it("is tried with each example in an open segment, if a token is needed", async () => {
    const tried = new Set<string>();
    const isRouted = (_: string, path: string) => !tried.add(path);
    const required_claims = { x: { equals_path: "id" } };
    await satisfyAll(compile({ operations: [{ methods: ["GET"], path: "/a/{id}", required_claims }] }), { isRouted });
    expect([...tried]).toEqual(["/a/1", "/a/example", `/a/${UUID}`]);
  });

  it("has a token of the wanted alternative", async () => {
    const policy = compile({ any_of: ["a", "b"].map((scope) => ({ required_scopes: [scope] })) });
    const scopeOf = async (more: Members) => (await satisfyOne(policy, more)).token?.claims.scope;
    expect([await scopeOf({}), await scopeOf({ alternative: 0 }), await scopeOf({ alternative: 1 })]).toEqual([
      "a",
      "a",
      "b",
    ]);
  });

  it("needs no token if the rule needs none, unless the caller wants a token", async () => {
    expect((await satisfyOne(compile({ access: "public" }))).token).toBeUndefined();
    expect((await satisfyOne(compile({ access: "optional" }))).token).toBeUndefined();
    const withToken = await satisfyOne(compile({ access: "optional" }), { withToken: true });
    expect(withToken.token?.claims).toMatchObject({ sub: "user-1" });
  });
});

describe("a rule that no token satisfies", () => {
  const requiring = (name: string, equals: unknown) => ({ required_claims: { [name]: { equals } } });
  const unmet = (claim: string, which = "") =>
    `${which}issuer "acme": no value of claim "${claim}" meets all requirements`;
  const other = "another plugin must authenticate the request as well";
  const nowhere = "no request of the operation reaches this Kong Route; tried GET /";
  it.each<[title: string, isCertain: boolean, reasons: string[], rule: Members, issuer?: Members, more?: Members]>([
    ["two values for one claim", true, [unmet("x")], requiring("x", "a"), requiring("x", "b")],
    ["an issuer that is another one", true, [unmet("iss")], requiring("iss", "https://other.example.com")],
    ["a type that the claim cannot have", true, [unmet("sub")], requiring("sub", 5)],
    ["a claim inside another one", true, [unmet("/o/i")], requiring("/o/i", "a"), requiring("/o/i", "b")],
    [
      "a test that may have other values",
      false,
      [unmet("x")],
      { required_claims: { x: { matches: "a+", not: { matches: "a+" } } } },
    ],
    [
      "two alternatives, of which one is uncertain",
      false,
      [unmet("iss", "alternative 1, "), unmet("x", "alternative 2, ")],
      { any_of: [requiring("iss", "b"), { required_claims: { x: { matches: "a+", not: { matches: "a+" } } } }] },
    ],
    [
      "an issuer whose tokens cannot be made",
      false,
      ["tokens of acme cannot be made here"],
      {},
      {},
      { canSign: () => false },
    ],
    ["another plugin's authentication", true, [`issuer "acme": ${other}`], { other_authentication: "require" }],
    [
      "the same for optional tokens",
      true,
      [`issuer "acme": ${other}`],
      { access: "optional", other_authentication: "require" },
    ],
    ["a Route that gets none of the requests", false, [`issuer "acme": ${nowhere}`], {}, {}, { isRouted: () => false }],
    ["the same for a public rule", false, [nowhere], { access: "public" }, {}, { isRouted: () => false }],
  ])(
    "says why there is no such request, and whether this is certain: %s",
    async (_, isCertain, reasons, rule, issuer, more) => {
      expect(await satisfyAll(compile(rule, issuer), more)).toEqual([fail({ isCertain, reasons })]);
    },
  );
});

const NAMES = ["a", "b", "c"];
const someNames = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 });
const names = fc.record({ all_of: someNames, any_of: someNames, none_of: someNames }, { requiredKeys: [] });
const membership = fc.oneof(someNames, names);
const scalar = fc.constantFrom<unknown>("a", "b", "a b", 1, 7, true);
const tests = {
  equals: scalar,
  one_of: fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }),
  contains_any: fc.uniqueArray(scalar, { minLength: 1, maxLength: 2 }),
  contains_all: fc.uniqueArray(scalar, { minLength: 1, maxLength: 2 }),
  matches: fc.constantFrom("[a-c]+", "a.*", "\\d{2}", "x?y"),
  min: fc.constantFrom(1, 2.5, 7),
  max: fc.constantFrom(7, 9),
};
const condition = oneOrTwoOf(tests);
const compared = oneOrTwoOf({ ...tests, equals_header: fc.constantFrom("x-a", "x-b") });

function oneOrTwoOf(members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Members> {
  return fc
    .subarray(Object.keys(members), { minLength: 1, maxLength: 2 })
    .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, members[key] ?? scalar]))));
}

const claimName = fc.constantFrom("sub", "x", "/o/i", "o", "roles", "scope", "exp", "iss", "azp", "acr");
const conditionsWith = (arbitrary: fc.Arbitrary<Members>) => fc.dictionary(claimName, arbitrary, { maxKeys: 3 });
const authentication = fc.record(
  { acr_values: someNames, amr: someNames, max_age: fc.constantFrom("1m", "1h") },
  { requiredKeys: ["amr"] },
);
const requirements = fc.record(
  {
    audiences: fc.constantFrom(["a"], ["a", "b"]),
    ...{ required_scopes: membership, required_roles: membership, required_groups: membership },
    required_claims: conditionsWith(compared),
    authentication,
  },
  { requiredKeys: [] },
);
const operation = fc.record({
  methods: fc.constantFrom(["GET"], ["POST", "PUT"]),
  path: fc.constantFrom("/a/{id}", "/b/{id}/c/{n}"),
  required_claims: fc.constantFrom({}, { sub: { equals_path: "id" } }, { x: { equals_path: "id", equals: "q" } }),
});
const rule = fc.oneof(
  fc.constantFrom({ access: "public" }, { access: "optional" }),
  requirements,
  fc.record({ any_of: fc.array(requirements, { minLength: 2, maxLength: 3 }) }),
  fc.record({ operations: fc.array(operation, { minLength: 1, maxLength: 2 }) }),
);
const issuer = fc.record(
  {
    token_type: fc.constantFrom("JWT", "any", "at+jwt"),
    required_claims: conditionsWith(condition),
    max_token_lifetime: fc.constantFrom("1m", "1d"),
    max_token_age: fc.constantFrom("1m", "1d"),
    claims: fc.record(
      {
        audience: fc.constantFrom("aud", "client_id"),
        roles: fc.constantFrom("roles", "/o/roles", "scope"),
        groups: fc.constantFrom("groups", "/o/i", "roles"),
        scopes: fc.constantFrom("scope", "scp"),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const document = fc.record({
  jwt_policy: fc.constant(1),
  name: fc.constant("p"),
  issuers: fc.tuple(issuer, issuer).map(([acme, umbrella]) => ({
    acme: { ...BASE, ...acme },
    umbrella: { ...BASE, issuer: "https://umbrella.example.com", ...umbrella },
  })),
  defaults: fc.constantFrom({ accept: ["acme"] }, { accept: ["umbrella", "acme"] }),
  routes: fc.record({ r: rule }),
  header_mappings: fc.constantFrom({}, { "x-user": "sub", "x-o": "o" }, { "x-r": "roles", "x-i": "/o/i" }),
});

describe("for any policy", () => {
  it("a request is allowed by the real pipeline, or the rule is called unsatisfiable", async () => {
    let found = 0;
    let missed = 0;
    await fc.assert(
      fc.asyncProperty(document, async (written) => {
        const read = readPolicy(JSON.stringify(written), "0".repeat(64));
        fc.pre(read.ok);
        for (const satisfied of read.ok ? await satisfyAll(read.value) : []) {
          found += satisfied.ok ? 1 : 0;
          missed += satisfied.ok ? 0 : 1;
        }
      }),
      { numRuns: runsOf(2_000) },
    );
    expect(found * 3, "many rules can be satisfied").toBeGreaterThan(missed);
  });

  it("a rule that a known token satisfies is never called unsatisfiable", async () => {
    const some = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 });
    const known = fc.record({
      sub: fc.constantFrom("u", "u 1"),
      x: fc.oneof(scalar, fc.uniqueArray(scalar, { minLength: 1 })),
      n: fc.integer({ min: -5, max: 5 }),
      ...{ roles: some, scopes: some },
    });
    const meets = (value: unknown): fc.Arbitrary<Members> =>
      Array.isArray(value)
        ? fc.constantFrom<Members>({ contains_all: value }, { contains_any: value.slice(0, 1) }, {})
        : fc.constantFrom<Members>(
            { equals: value },
            { one_of: ["zzz", value] },
            ...(typeof value === "number" ? [{ min: value }, { max: value }, { min: value, max: value }] : [{}]),
          );
    const satisfiable = known.chain(({ x, n, sub, roles, scopes }) =>
      fc.record({
        required_claims: fc.record({ x: meets(x), n: meets(n), sub: meets(sub) }, { requiredKeys: [] }),
        required_roles: fc.constantFrom({ all_of: roles }, { any_of: ["zz", ...roles] }),
        required_scopes: fc.constantFrom({ all_of: scopes }, { any_of: [...NAMES, "q"], none_of: ["q"] }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(satisfiable, fc.boolean(), async (written, mapsRoles) => {
        const others = mapsRoles ? { header_mappings: { "x-roles": "roles", "x-user": "sub" } } : {};
        expect(await satisfyAll(compile(written, {}, others))).toMatchObject([{ ok: true }]);
      }),
      { numRuns: runsOf(2_000) },
    );
  });

  it("operations are listed with the path that the policy has", () => {
    const paths = ["/a/{id}", "/a", "/a/{id}:cancel", "/a/{rest...}"];
    const operations = paths.map((path) => ({ methods: path === "/a" ? ["POST", "PUT"] : ["GET"], path }));
    const listed = listOperations(compile({ operations }).rules.get("r") ?? expect.fail());
    expect(listed.map(({ methods, segments }) => `${methods} ${describePath(segments ?? [])}`)).toEqual([
      "POST,PUT /a",
      "GET,HEAD /a/{...}",
      "GET,HEAD /a/{}:cancel",
      "GET,HEAD /a/{}",
    ]);
  });
});
