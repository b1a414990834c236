import { renderFacts } from "../../plugin/kong/facts/facts-variable.ts";
import { AUDIENCE, ISSUER, policyDocument } from "../core/fixtures.ts";
import type { Random } from "../random.ts";
import { generateSigningKey, mintToken, type SigningKey } from "../tokens.ts";

/** Requests with few differences. So many of them could wrongly get the stored verdict of another request. */

export const KEYS = { first: generateSigningKey("EdDSA", "1"), second: generateSigningKey("EdDSA", "2") };
const COOKIE = "__Host-t";
const ORIGIN = "https://app.example.com";

/** The keys of this issuer come from a URL, so that the keys can change. */
const JWKS_URI = "https://idp.example.com/jwks";

const issuer = (changes: object = {}): Record<string, unknown> => ({
  issuer: ISSUER,
  audiences: [AUDIENCE],
  algorithms: ["EdDSA"],
  clock_skew: "2s",
  keys: { jwks_uri: JWKS_URI },
  ...changes,
});

/** Together, the policies use every fact on which a decision may depend. */
export const POLICIES: Readonly<Record<string, object>> = {
  plain: policyDocument(issuer()),
  times: policyDocument(issuer({ max_token_age: "60s" }), {
    routes: {
      read: { any_of: [{ required_scopes: ["admin"] }, { authentication: { max_age: "30s" } }] },
      other: { required_scopes: ["read"], authentication: { max_age: "20s" } },
    },
  }),
  operations: policyDocument(issuer(), {
    routes: {
      read: {
        operations: [
          { methods: ["GET"], path: "/users/{id}", required_claims: { sub: { equals_path: "id" } } },
          { methods: ["POST"], path: "/users/{id}", required_scopes: ["write"] },
          { methods: ["GET"], path: "/open", access: "public" },
        ],
      },
      other: { access: "optional", allow_http: true },
    },
  }),
  sources: policyDocument(issuer(), {
    token: {
      sources: ["authorization", { cookie: COOKIE, allowed_origins: [ORIGIN] }, { query: "t" }, { header: "x-token" }],
      forward: false,
    },
  }),
  compared: policyDocument(issuer({ bound_tokens: "accept" }), {
    routes: {
      read: { allow_http: true, required_claims: { sub: { equals_header: "x-tenant" } } },
      other: { access: "public" },
    },
    protected_resource: { resource: "https://api.example.com/users" },
  }),
  report: policyDocument(issuer(), { routes: { read: { required_scopes: ["read"], mode: "report" } } }),
  identity: policyDocument(issuer(), { identity: { credential: "sub", groups: "groups" } }),
  consumer: policyDocument(issuer(), {
    identity: { consumer: { claim: "sub" } },
    routes: { read: {}, other: { other_authentication: "skip" } },
  }),
};

const MORE_HEADERS = ["cookie", "upgrade", "x-token", "x-tenant"];

/**
 * What is special about each token of a key, by the time in seconds. Verdicts about some of the tokens change in the 100 seconds
 * after this time.
 */
const CHANGES: readonly ((now: number) => object)[] = [
  () => ({}),
  () => ({ sub: "bob" }),
  () => ({ scope: "read write", groups: ["a", "b"] }),
  () => ({ scope: "none" }),
  (now) => ({ exp: now + 10.5 }),
  (now) => ({ nbf: now + 5 }),
  (now) => ({ iat: now + 3, exp: now + 50 }),
  (now) => ({ auth_time: now - 15 }),
  (now) => ({ auth_time: now + 4 }),
  () => ({ cnf: { jkt: "x" } }),
  () => ({ aud: "other" }),
];
const TOKENS_OF_A_KEY = CHANGES.length;
const TOKEN_WITH_LOGIN = CHANGES.findIndex((change) => "auth_time" in change(0));

function mintAll(key: SigningKey, now: number): readonly string[] {
  const usual = { iss: ISSUER, aud: AUDIENCE, sub: "alice", scope: "read", exp: now + 100, iat: now - 10 };
  return CHANGES.map((change) => mintToken({ key, claims: { ...usual, ...change(now) } }));
}

/** All tokens, each signed by both keys, for a test run that begins at this time in seconds. */
export const mintTokens = (now: number): readonly string[] => Object.values(KEYS).flatMap((key) => mintAll(key, now));

/** One choice for each property in which requests can differ. */
const CHOICES = {
  policy: Object.keys(POLICIES),
  rule: ["read", "other", undefined],
  /** The facts of the Kong Route. They matter only if the configuration names no rule. */
  route: ["read", "other", "none"],
  method: ["GET", "GET", "POST", "OPTIONS", "HEAD"],
  target: [
    "/users/alice",
    "/users/alice?x=1",
    "/users/bob",
    "/users/../admin",
    "/users/%2e%2e/admin",
    "/users/a.b",
    "/users/.",
    "/users/#x",
    "/open",
    "/.well-known/oauth-protected-resource/users",
    "/users/alice?t=TOKEN",
    "/users/alice?t=TOKEN&t=TOKEN",
  ],
  version: ["1.1", "2.0", "1.1"],
  connection: ["", "keep-alive", "close, x-user-id", "upgrade"],
  addresses: [
    "https 10.0.0.1 10.0.0.1",
    "https 10.0.0.2 10.0.0.3",
    "http 10.0.0.1 10.0.0.1",
    "http 10.0.0.1 10.0.0.9",
    "http 127.0.0.1 127.0.0.1",
  ],
  forwardedProto: ["", "https", "http"],
  origin: ["", ORIGIN, "https://evil.example"],
  requestedMethod: ["", "GET"],
  accept: ["", "application/json"],
  cookie: ["", `${COOKIE}=TOKEN`, `a=b; ${COOKIE}=TOKEN`, "a=b"],
  upgrade: ["", "websocket"],
  xToken: ["", "TOKEN"],
  tenant: ["", "alice", "bob", "alice, bob"],
  authorization: ["Bearer TOKEN", "Bearer TOKEN", "Bearer TOKEN", "", "bearer  TOKEN", "Basic eA==", "Bearer TOKENx"],
  /** The index of the token in {@link mintTokens}. */
  token: Array.from({ length: TOKENS_OF_A_KEY * Object.keys(KEYS).length }, (_, index) => index),
  credential: [undefined, undefined, "key-1"],
} as const;

export type Choice = { readonly [K in keyof typeof CHOICES]: (typeof CHOICES)[K][number] };

const TEMPLATE = renderFacts(MORE_HEADERS).replaceAll("\\n", "\n").split("\n");

/** The value of the facts variable for a request. */
export function writeFacts(choice: Choice, tokens: readonly string[], id: number): string {
  const withToken = (text: string): string => text.replaceAll("TOKEN", tokens[choice.token] ?? "");
  const values: Readonly<Record<string, string>> = {
    $request: `${choice.method} ${withToken(choice.target)} HTTP/${choice.version}`,
    "$scheme $realip_remote_addr $remote_addr": choice.addresses,
    $http_connection: choice.connection,
    $http_authorization: withToken(choice.authorization),
    $http_x_forwarded_proto: choice.forwardedProto,
    $http_origin: choice.origin,
    $http_access_control_request_method: choice.requestedMethod,
    $http_accept: choice.accept,
    $http_cookie: withToken(choice.cookie),
    $http_upgrade: choice.upgrade,
    $http_x_token: withToken(choice.xToken),
    $http_x_tenant: choice.tenant,
    $kong_request_id: id.toString(16).padStart(32, "0"),
  };
  return TEMPLATE.map((line) => values[line] ?? (line.startsWith("$") ? "" : line)).join("\n");
}

const USUAL = Object.fromEntries(
  Object.entries(CHOICES).map(([name, values]) => [name, values[0]]),
) as unknown as Choice;
const REMEMBERED = 30;

/**
 * Chooses requests. Most requests repeat an earlier request. Or they differ from an earlier request in one respect.
 * Other requests differ from the usual request in a few respects.
 */
export class RequestWalk {
  readonly #random: Random;
  readonly #earlier: Choice[] = Array(REMEMBERED).fill(USUAL);

  constructor(random: Random) {
    this.#random = random;
  }

  next(): Choice {
    const random = this.#random;
    const repeated = random.pick(this.#earlier);
    const started = this.#start();
    const choice = random.oneIn(2) ? repeated : random.oneIn(2) ? this.#change(repeated) : started;
    this.#earlier[random.below(REMEMBERED)] = random.oneIn(4) ? choice : started;
    return choice;
  }

  #start(): Choice {
    const policy = this.#random.pick(CHOICES.policy);
    const token = policy === "times" ? TOKEN_WITH_LOGIN : USUAL.token;
    return this.#change(this.#change({ ...USUAL, policy, token, tenant: "alice" }));
  }

  #change(choice: Choice): Choice {
    const name = this.#random.pick(Object.keys(CHOICES)) as keyof Choice;
    return { ...choice, [name]: this.#random.pick(CHOICES[name] as readonly unknown[]) };
  }
}
