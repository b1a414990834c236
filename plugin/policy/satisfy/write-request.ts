import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { KeySource } from "../../core/model/key.ts";
import type { TemplateSegment } from "../../core/model/operation-tree.ts";
import type { CompiledIssuer, CompiledPolicy, TokenSource } from "../../core/model/policy.ts";
import type { RequestFacts } from "../../core/model/request.ts";
import { PASSED, succeed } from "../../core/model/result.ts";
import { splitPath } from "../../core/request/request-path.ts";
import { encodeBase64url } from "../../core/text/base64url.ts";
import type { ChosenValue } from "./choose-values.ts";
import { fillSegment, type Operation } from "./list-operations.ts";
import type { Slot } from "./slot.ts";

/** The content of a token that is not signed yet. */
interface UnsignedToken {
  readonly issuer: CompiledIssuer;
  readonly algorithm: string;
  /** The header parameter `typ`. */
  readonly typ: string;
  readonly claims: JsonObject;
}

/** A request that a rule allows. The request has no token yet: see {@link placeToken}. */
export interface SatisfyingRequest {
  readonly method: string;
  /** The path, percent-encoded, without a query. */
  readonly path: string;
  /** Headers that the rule needs, in addition to the token. Names are in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** The token to sign and send; undefined if the request needs no token. */
  readonly token: UnsignedToken | undefined;
  /** The source in which the token is sent; undefined if the request needs no token. */
  readonly source: TokenSource | undefined;
}

const EXAMPLE_PATH = "/";
/** Values for segments that may have any value. */
export const EXAMPLE_SEGMENTS = ["1", "example", "11111111-2222-4333-8444-555555555555"];
/** Algorithms with short signatures come first, because people paste tokens into terminals. */
const PREFERRED_ALGORITHMS = ["ES256", "EdDSA", "Ed25519", "ES384", "ES512", "RS256", "PS256"];
const SIGNATURE_BYTES: Readonly<Record<string, number>> = {
  ES256: 64,
  ES384: 96,
  ES512: 132,
  EdDSA: 64,
  Ed25519: 64,
  HS256: 32,
  HS384: 48,
  HS512: 64,
};
const RSA_BYTES = 256;
const HEADER_TEXT = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];
const utf8 = new TextEncoder();

/** Whether a value can be in a slot of the request. Claims can have any value. */
export function fitsRequest(slot: Slot, value: JsonValue): boolean {
  switch (slot.in) {
    case "claim":
      return true;
    case "header":
      return typeof value === "string" && HEADER_TEXT.test(value);
    case "segment":
      return typeof value === "string" && value !== "" && splitPath(`/${encodeSegment(value)}`)?.[0] === value;
  }
}

/** The requests to try: each combination of a method, a path and a token source. */
export function* draftRequests(
  {
    policy,
    operation,
    methods = ["GET"],
    paths = [EXAMPLE_PATH],
  }: {
    readonly policy: CompiledPolicy;
    readonly operation: Operation;
    readonly methods?: readonly string[];
    readonly paths?: readonly string[];
  },
  chosen: readonly ChosenValue[],
  content: { readonly issuer: CompiledIssuer; readonly claims: JsonObject } | undefined,
): Iterable<SatisfyingRequest> {
  const token = content && describeToken(content);
  const headers = new Map(
    chosen.flatMap(({ slot, value }) => (slot.in === "header" ? [[slot.name, String(value)] as const] : [])),
  );
  const sources: readonly (TokenSource | undefined)[] = token === undefined ? [undefined] : policy.tokenSources;
  for (const method of sortMethods(operation.methods ?? methods)) {
    for (const path of operation.segments === undefined ? paths : writePaths(operation.segments, chosen)) {
      for (const source of sources) {
        yield { method, path, headers: addOrigin(headers, method, source), token, source };
      }
    }
  }
}

/** GET comes first, because it is the easiest method to try. HEAD comes last, because it has no body to look at. */
function sortMethods(methods: readonly string[]): readonly string[] {
  const rank = (method: string): number => (method === "GET" ? 0 : method === "HEAD" ? 2 : 1);
  return methods.toSorted((one, other) => rank(one) - rank(other));
}

function describeToken({
  issuer,
  claims,
}: {
  readonly issuer: CompiledIssuer;
  readonly claims: JsonObject;
}): UnsignedToken {
  const preferred = PREFERRED_ALGORITHMS.find((algorithm) => issuer.algorithms.has(algorithm));
  const [first = ""] = issuer.algorithms;
  return { issuer, algorithm: preferred ?? first, typ: preferredType(issuer), claims };
}

function preferredType({ tokenTypes }: CompiledIssuer): string {
  const [first = "JWT"] = tokenTypes ?? [];
  return first;
}

function writePaths(segments: readonly TemplateSegment[], chosen: readonly ChosenValue[]): readonly string[] {
  const bySegment = new Map(
    chosen.flatMap(({ slot, value }) => (slot.in === "segment" ? [[slot.index, String(value)] as const] : [])),
  );
  const paths = EXAMPLE_SEGMENTS.map((example) => {
    const parts = segments.map((segment, index) =>
      encodeSegment(fillSegment(segment, bySegment.get(index) ?? example)),
    );
    return `/${parts.join("/")}`;
  });
  return [...new Set(paths)];
}

/**
 * Encodes the text of a segment. Characters that a path may contain unencoded stay readable (RFC 3986 section 3.3).
 */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(/%(?:24|26|2B|2C|3A|3D|40)/g, decodeURIComponent);
}

/** A token in a cookie needs an accepted Origin, unless the request's method is safe. */
function addOrigin(
  headers: ReadonlyMap<string, string>,
  method: string,
  source: TokenSource | undefined,
): ReadonlyMap<string, string> {
  const [origin] = source?.from === "cookie" && !SAFE_METHODS.includes(method) ? source.allowedOrigins : [];
  return origin === undefined ? headers : new Map([...headers, ["origin", origin]]);
}

/** Puts the token where the policy looks for it. */
export function placeToken(
  { path, headers, source }: Pick<SatisfyingRequest, "path" | "headers" | "source">,
  token: string,
): { readonly target: string; readonly headers: ReadonlyMap<string, string> } {
  switch (source?.from) {
    case "authorization":
      return { target: path, headers: new Map([["authorization", `Bearer ${token}`], ...headers]) };
    case "header":
      return { target: path, headers: new Map([[source.name, `${readScheme(source.scheme)}${token}`], ...headers]) };
    case "cookie":
      return { target: path, headers: new Map([["cookie", `${source.name}=${token}`], ...headers]) };
    case "query":
      return { target: `${path}?${encodeURIComponent(source.name)}=${token}`, headers };
    case undefined:
      return { target: path, headers };
  }
}

/** Reads the text that comes before a token in a header. The text comes from the pattern that compile-token.ts made. */
export function readScheme(scheme: RegExp | undefined): string {
  return scheme === undefined ? "" : `${scheme.source.replace(/^\^/, "").replace(/ \+$/, "")} `;
}

/**
 * Returns the facts of the request, as if the request came from this machine. The request's path and method match the
 * rule.
 */
export function factsOf(rule: string, request: SatisfyingRequest): RequestFacts {
  const token = request.token === undefined ? "" : writeTrialToken(request.token);
  const { target, headers } = placeToken(request, token);
  return {
    binding: { by: "rule", rule },
    requestLine: { method: request.method, target },
    connection: undefined,
    authorization: headers.get("authorization"),
    headers,
    transport: "loopback",
    requestId: undefined,
  };
}

/** A token with a meaningless signature of the usual length. Only {@link TRIAL_KEYS} accept this token. */
function writeTrialToken({ algorithm, typ, claims }: UnsignedToken): string {
  const parts = [{ alg: algorithm, kid: "trial", typ }, claims].map((part) => utf8.encode(JSON.stringify(part)));
  const signature = new Uint8Array(SIGNATURE_BYTES[algorithm] ?? RSA_BYTES);
  return [...parts, signature].map(encodeBase64url).join(".");
}

/**
 * A source of keys that accept every signature. With this source, the code in this folder can try a request whose token
 * is not signed yet. No code outside this folder uses this source.
 */
export const TRIAL_KEYS: KeySource = {
  find: (issuer, { alg, kid }) => succeed({ issuer: issuer.issuer, kid, algorithm: alg, verify: () => PASSED }),
};
