import type { CompiledIssuer } from "../../plugin/core/model/policy.ts";
import type { PublicJwk } from "./signing-keys.ts";
import { type Draft, keyIdOf, setClaim } from "./write-draft.ts";

/**
 * The wrong values in tampered tokens. Mutants accept the same values, so that a test with a tampered token notices the
 * mutant.
 */
export const WRONG = {
  issuer: "https://untrusted.example",
  audience: "urn:example:another-audience",
  tenant: "another-tenant",
  type: "another+jwt",
  keyId: "unknown-key",
  origin: "https://another-site.example",
} as const;

/** The parts of a signed token that {@link Tampering.after} may use. */
interface SignedParts {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

/** One way to make a token wrong. */
export interface Tampering {
  /** Changes the token before it is signed. */
  readonly before?: (draft: Draft, stranger: () => PublicJwk) => void;
  /** Changes the signed token. */
  readonly after?: (parts: SignedParts) => string;
  /** Whether the token must have a real signature, because the result depends on the signature. */
  readonly needsSignature?: true;
  /**
   * Returns the reason why an issuer cannot have tokens with this tampering; undefined if it can have such tokens.
   */
  readonly refuse?: (issuer: CompiledIssuer) => string | undefined;
}

const HOUR = 3600;
/** The length of a claim in a token of about 16,000 bytes. This is less than the largest `token.max_bytes`. */
const PADDING = 11_500;
/**
 * Algorithms with public keys, in the order of preference. An issuer with public keys cannot have secrets, so the list
 * has no algorithms that use secrets.
 */
const OTHER_ALGORITHMS = ["ES256", "Ed25519", "EdDSA", "ES384", "ES512", "PS256", "RS256", "RS512", "PS512"];

/** Every way to tamper with a token. The keys are the names in test documents. */
export const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  expired: setting((now) => ({ iat: now - 2 * HOUR, exp: now - HOUR })),
  no_expiry: setting(() => ({ exp: undefined })),
  not_yet_valid: setting((now) => ({ nbf: now + HOUR, exp: now + 2 * HOUR })),
  issued_in_future: setting((now) => ({ iat: now + HOUR, exp: now + 2 * HOUR })),
  times_in_milliseconds: {
    before: ({ claims }) => {
      for (const name of ["exp", "iat", "nbf"]) {
        claims[name] = typeof claims[name] === "number" ? claims[name] * 1000 : claims[name];
      }
    },
  },
  wrong_issuer: setting(() => ({ iss: WRONG.issuer })),
  no_issuer: setting(() => ({ iss: undefined })),
  wrong_audience: { before: ({ claims, issuer }) => setClaim(claims, issuer.audience, WRONG.audience) },
  no_audience: { before: ({ claims, issuer }) => setClaim(claims, issuer.audience, undefined) },
  wrong_tenant: {
    before: ({ claims, issuer }) => {
      const segment = issuer.template?.segment ?? 0;
      claims.iss = issuer.issuer.split("/").with(segment, WRONG.tenant).join("/");
      setClaim(claims, issuer.tenant, WRONG.tenant);
    },
    refuse: ({ id, template }) => (template ? undefined : `issuer "${id}" has no tenants`),
  },
  wrong_type: heading({ typ: WRONG.type }),
  no_type: heading({ typ: undefined }),
  bound_to_key: setting(() => ({ cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } })),
  wrong_key_id: heading({ kid: WRONG.keyId }),
  no_key_id: heading({ kid: undefined }),
  other_key: {
    needsSignature: true,
    before: (draft) => {
      draft.signer = "stranger";
    },
  },
  other_algorithm: {
    before: (draft) => {
      const { issuer, header } = draft;
      draft.algorithm = OTHER_ALGORITHMS.find((name) => !issuer.algorithms.has(name)) ?? "ES256";
      Object.assign(header, { alg: draft.algorithm, kid: keyIdOf(issuer, draft.algorithm) });
    },
  },
  algorithm_none: { ...heading({ alg: "none" }), after: ({ header, payload }) => `${header}.${payload}.` },
  hmac_with_public_key: {
    needsSignature: true,
    before: (draft) => {
      draft.signer = "public_key";
      draft.header.alg = "HS256";
    },
  },
  embedded_key: {
    needsSignature: true,
    before: (draft, stranger) => {
      draft.signer = "stranger";
      draft.header.jwk = stranger();
    },
  },
  key_url: {
    needsSignature: true,
    before: (draft) => {
      draft.signer = "stranger";
      draft.header.jku = "https://attacker.example/keys";
    },
  },
  critical_extension: heading({ crit: ["exp"] }),
  payload_changed: {
    needsSignature: true,
    after: ({ header, payload, signature }) => `${header}.${addMember(payload)}.${signature}`,
  },
  header_changed: {
    needsSignature: true,
    after: ({ header, payload, signature }) => `${addMember(header)}.${payload}.${signature}`,
  },
  signature_changed: {
    needsSignature: true,
    after: ({ header, payload, signature }) => {
      const bytes = Buffer.from(signature, "base64url");
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      return `${header}.${payload}.${bytes.toString("base64url")}`;
    },
  },
  signature_zero: {
    needsSignature: true,
    after: ({ header, payload, signature }) => {
      const zeros = Buffer.alloc(Buffer.from(signature, "base64url").byteLength);
      return `${header}.${payload}.${zeros.toString("base64url")}`;
    },
  },
  no_signature: { after: ({ header, payload }) => `${header}.${payload}.` },
  truncated: {
    needsSignature: true,
    after: ({ header, payload, signature }) =>
      `${header}.${payload}.${signature.slice(0, 4 * Math.floor(signature.length / 8))}`,
  },
  padded: {
    needsSignature: true,
    after: ({ header, payload, signature }) => `${header}.${payload}.${signature}==`,
  },
  duplicate_claim: {
    before: (draft) => {
      draft.changePayload = (text) => text.replace("{", '{"sub":"one","sub":"two",');
    },
  },
  duplicate_header: {
    before: (draft) => {
      draft.changeHeader = (text) => text.replace("{", '{"typ":"one","typ":"two",');
    },
  },
  not_json: {
    before: (draft) => {
      draft.changePayload = () => "not JSON";
    },
  },
  encrypted: { after: ({ header, payload, signature }) => `${header}.${payload}.${signature}.${payload}.${signature}` },
  too_large: setting(() => ({ padding: "x".repeat(PADDING) })),
};

/** Creates a tampering that sets claims. A value of undefined removes the claim. */
function setting(claimsAt: (nowSeconds: number) => Readonly<Record<string, unknown>>): Tampering {
  return { before: ({ claims, nowSeconds }) => replaceMembers(claims, claimsAt(nowSeconds)) };
}

/** Creates a tampering that sets header parameters. A value of undefined removes the parameter. */
function heading(parameters: Readonly<Record<string, unknown>>): Tampering {
  return { before: ({ header }) => replaceMembers(header, parameters) };
}

function replaceMembers(members: Record<string, unknown>, changes: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) {
      delete members[name];
    } else {
      members[name] = value;
    }
  }
}

/** Adds a member to the JSON object of a segment. If the segment is not an object, an object replaces it. */
function addMember(segment: string): string {
  const text = Buffer.from(segment, "base64url").toString();
  const changed =
    text.startsWith("{}") || !text.startsWith("{") ? '{"changed":true}' : text.replace("{", '{"changed":true,');
  return Buffer.from(changed).toString("base64url");
}
