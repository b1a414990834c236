import type { Operation, TemplateSegment } from "../../plugin/core/model/operation-tree.ts";
import type {
  Alternative,
  CompiledIssuer,
  CompiledPolicy,
  Membership,
  Requirements,
} from "../../plugin/core/model/policy.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import type { JoseHeader } from "../../plugin/core/model/token.ts";
import { parsePathTemplate } from "../../plugin/policy/language/path-template.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import type { SigningKey } from "../tokens.ts";

/** Policies, claims and requests. Each test changes them in one respect. Policies are really compiled from a string. */

/** The fixed time of every test, in seconds. Some tests set another time. */
export const NOW = 1_800_000_000;
export const ISSUER = "https://idp.example.com";
export const AUDIENCE = "https://api.example.com";

type Members = Record<string, unknown>;

/** An issuer of the document with inline keys, so that nothing is fetched. */
export function inlineIssuer(keys: readonly SigningKey[], changes: Members = {}): Members {
  const algorithms = [...new Set(keys.map(({ alg }) => alg))];
  const jwks = { keys: keys.map(({ publicJwk }) => publicJwk) };
  return { issuer: ISSUER, audiences: [AUDIENCE], algorithms, keys: { jwks }, ...changes };
}

/** A document with the issuer `acme` and the rule `read` that requires the scope `read`. */
export function policyDocument(issuer: Members, changes: Members = {}): Members {
  return {
    jwt_policy: 1,
    name: "payments",
    issuers: { acme: issuer },
    routes: { read: { required_scopes: ["read"] } },
    header_mappings: { "x-user-id": "sub" },
    ...changes,
  };
}

/** @throws Error with all issues, if the document has any issue. */
export function compileDocument(document: Members | string): CompiledPolicy {
  const result = readPolicy(typeof document === "string" ? document : JSON.stringify(document), "0".repeat(64));
  if (!result.ok) {
    throw new Error(JSON.stringify(result.failure, undefined, 2));
  }
  return result.value;
}

/** A policy whose issuer fetches its keys. */
export function compilePolicy(changes: Members = {}): CompiledPolicy {
  return compileDocument(policyDocument({ issuer: ISSUER, audiences: [AUDIENCE] }, changes));
}

/** The compiled form of an issuer whose keys do not matter in the test. */
export function compileIssuer(changes: Members = {}): CompiledIssuer {
  const issuer = { issuer: ISSUER, audiences: [AUDIENCE], ...changes };
  const compiled = compileDocument(policyDocument(issuer)).issuers.get(ISSUER);
  if (!compiled) {
    throw new Error("the document has no such issuer");
  }
  return compiled;
}

type AlternativeChanges = Partial<Alternative> & { readonly requiredScopes?: readonly string[] };

/** Requirements of one alternative. By default, any valid token of the issuer `acme` meets them. */
export function requirementsOf(changes: AlternativeChanges = {}): Requirements {
  const alternative = alternativeOf(changes);
  return {
    access: "required",
    mode: "enforce",
    allowsHttp: false,
    otherAuthentication: "ignore",
    passesPreflight: false,
    comparedHeaders: [],
    accept: alternative.accept,
    alternatives: [alternative],
  };
}

export function alternativeOf({ requiredScopes = [], ...changes }: AlternativeChanges = {}): Alternative {
  return {
    accept: new Set(["acme"]),
    audiences: undefined,
    scopes: membershipOf({ allOf: requiredScopes }),
    roles: membershipOf({}),
    groups: membershipOf({}),
    conditions: [],
    authentication: undefined,
    ...changes,
  };
}

export function membershipOf(changes: Partial<Membership>): Membership {
  return { allOf: [], anyOf: [], noneOf: [], ...changes };
}

export function joseHeaderOf(changes: Partial<JoseHeader> = {}): JoseHeader {
  return { alg: "ES256", kid: "1", x5t: undefined, x5tS256: undefined, typ: "at+jwt", ...changes };
}

/** @throws Error if the template cannot be used. */
export function templateOf(path: string): readonly TemplateSegment[] {
  const parsed = parsePathTemplate(path);
  if (!parsed.ok) {
    throw new Error(parsed.failure);
  }
  return parsed.value;
}

/** Makes an operation. The text of the path is also the operation's value. @param methods separated by commas. */
export function operationOf(methods: string, path: string): Operation<string> {
  return { methods: methods.split(","), segments: templateOf(path), value: path };
}

/** Claims that the rule `read` accepts at {@link NOW}. */
export function claimsOf(changes: Members = {}): Members {
  return { iss: ISSUER, aud: AUDIENCE, sub: "alice", exp: NOW + 300, iat: NOW - 10, scope: "read", ...changes };
}

/** A request over TLS, whose headers do not matter. */
export const OVER_TLS: Pick<RequestFacts, "headers" | "transport" | "requestId"> = {
  headers: new Map(),
  transport: "tls",
  requestId: undefined,
};

/** A request bound to the rule `read`. A token goes into the bearer credentials of the request. */
export function requestOf(token: string | undefined, changes: Partial<RequestFacts> = {}): RequestFacts {
  return {
    binding: { by: "rule", rule: "read" },
    requestLine: { method: "GET", target: "/" },
    connection: undefined,
    ...OVER_TLS,
    authorization: token === undefined ? undefined : `Bearer ${token}`,
    ...changes,
  };
}
