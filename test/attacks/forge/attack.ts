import type { Reason } from "../../../plugin/core/model/denial.ts";
import type { ForgedSignature } from "./forge-signature.ts";
import type { HmacSecret } from "./hmac-secrets.ts";
import type { KeyName } from "./keys.ts";

/** Attacks as data: what the attacker tries, how the token is made, and the expected result. */

/** A class of attacks, with similar honest requests, which the defence must let pass. */
export interface AttackClass {
  readonly name: string;
  readonly honest: readonly Honest[];
  readonly attacks: readonly Attack[];
}

export interface Attack extends Row, Outcome {
  /** The document that describes the weakness: an RFC's section, or a CVE of another library or gateway. */
  readonly reference: string;
}

interface Row extends Recipe {
  /** The id of an attack is unique. SECURITY.md names attacks by their ids. */
  readonly id: string;
  /** What the attack tries. */
  readonly tries: string;
}

interface Outcome {
  /** The text that the operator's log must contain. */
  readonly reason: Reason;
  /** The answer to the client. */
  readonly told: Told;
  /** The status of Kong's own answer, if Kong answers before it asks any plugin. */
  readonly kong?: number;
}

export const row = (id: string, tries: string, recipe: Recipe = {}): Row => ({ id, tries, ...recipe });

/**
 * Makes attacks from rows. An outcome applies to the rows below it. A string names the source of the rows below it.
 */
export function attacks(entries: readonly (Outcome | string | Row)[]): readonly Attack[] {
  let above = { reference: "" } as Outcome & { reference: string };
  return entries.flatMap((entry) => {
    if (typeof entry === "object" && "id" in entry) {
      return [{ ...entry, ...above }];
    }
    above = typeof entry === "string" ? { ...above, reference: entry } : { reference: above.reference, ...entry };
    return [];
  });
}

/** A request that passes. The upstream gets the identity of the client. */
export interface Honest extends Recipe {
  readonly what: string;
  /** The headers for the upstream. By default, they are those of alice, without a tenant. */
  readonly upstream?: Readonly<Record<string, string>>;
}

export interface Recipe extends TokenRecipe, RequestRecipe {}

/**
 * How to make a token: an honest token with the named changes. In every text, `{now+5}` is a time, `{trap}` is an address that must
 * get no request, `{jwk:NAME}` is a public key, and `{honest}` is an honest token.
 */
export interface TokenRecipe {
  /** The name of the signing key; by default `es256` of the issuer acme. */
  readonly key?: KeyName;
  /** Members that are merged into `alg`, `kid` and `typ`. A member that is undefined removes its parameter. */
  readonly header?: Members;
  /** Members that are merged into honest claims. A member that is undefined removes its claim. */
  readonly claims?: Members;
  /** The header's text, in which the members replace `{header}`. */
  readonly headerText?: string;
  /** The payload's text, in which the members replace `{claims}`. */
  readonly payloadText?: string;
  /** How texts become bytes; by default as UTF-8. */
  readonly charset?: "utf16le" | "latin1";
  /** How bytes become segments; by default as base64url. */
  readonly alphabet?: "base64";
  /** The signed text, in which the segments replace `{header}` and `{payload}`. */
  readonly signed?: string;
  /** A forged signature, or the first `bytes` of an HMAC with SHA-256. */
  readonly signature?: ForgedSignature | { readonly hmac: HmacSecret; readonly bytes?: number };
  /**
   * The sent text, with `{header}`, `{payload}`, `{signed}`, `{signature}` and `{loose}`. `{loose}` is the signature
   * whose unused bits at the end are not zero.
   */
  readonly sent?: string;
}

export type Members = Readonly<Record<string, unknown>>;

interface RequestRecipe {
  /** The rule to which the Kong Route is bound; by default `read`. */
  readonly rule?: string;
  readonly method?: string;
  /** The path and the query; by default `/` and the rule's name. */
  readonly target?: string;
  /**
   * The Authorization headers, with `{token}` in place of the token; by default `Bearer {token}`. One character is one
   * byte.
   */
  readonly authorization?: readonly string[];
  /** Other headers: names and values in turn, with `{token}` for the token. */
  readonly headers?: readonly string[];
}

/** The whole answer to the client, without the headers that every answer has. */
export interface Told {
  readonly status: number;
  readonly message: string;
  /** The challenge without its realm; null if there is no challenge. */
  readonly challenge: string | null;
}

const withError = (status: number, error: string, message: string): Told => ({
  status,
  message,
  challenge: `error="${error}", error_description="${message}"`,
});

/** The challenge of every invalid token, which does not tell the client the reason. */
export const INVALID = withError(401, "invalid_token", "The access token is invalid");
export const EXPIRED = withError(401, "invalid_token", "The access token expired");
export const OTHER_AUDIENCE = withError(401, "invalid_token", "The access token is not meant for this audience");
export const MALFORMED = withError(400, "invalid_request", "The Authorization header is malformed");
export const SEVERAL = withError(400, "invalid_request", "More than one access token was sent");
export const BAD_CREDENTIALS = withError(400, "invalid_request", "The request's credentials are malformed");
export const NO_TOKEN: Told = { status: 401, message: "Authentication is required", challenge: "" };
export const NO_ACCESS: Told = { status: 403, message: "Access is not allowed", challenge: null };
export const OTHER_ORIGIN: Told = { status: 403, message: "The origin of the request is not allowed", challenge: null };
export const AMBIGUOUS_PATH: Told = { status: 400, message: "The request path is ambiguous", challenge: null };
export const BAD_CONNECTION: Told = {
  status: 400,
  message: "The Connection header is not acceptable",
  challenge: null,
};

export const lacksScope = (scopes: string): Told => {
  const told = withError(403, "insufficient_scope", "The access token lacks a required scope");
  return { ...told, challenge: `${told.challenge}, scope="${scopes}"` };
};

const RAW = "raw-json:";

/** @param asked the values in the challenge that the client must request. */
export const needsLogin = (asked: string): Told => {
  const message = "A different or more recent authentication is required";
  const told = withError(401, "insufficient_user_authentication", message);
  return { ...told, challenge: `${told.challenge}, ${asked}` };
};

/**
 * A member whose value in the token is exactly this text. The text need not be JSON. More members can
 * follow the text.
 */
export const raw = (text: string): string => `${RAW}${text}`;

/** A time, in seconds from the moment of the request. */
export const at = (seconds: number): string => raw(`{now${seconds < 0 ? seconds : `+${seconds}`}}`);

/** Writes members as JSON. Values from {@link raw} are written unchanged. */
export function writeMembers(members: Members): string {
  const pairs = Object.entries(members).filter(([, value]) => value !== undefined);
  return `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${writeValue(value)}`).join(",")}}`;
}

function writeValue(value: unknown): string {
  return typeof value === "string" && value.startsWith(RAW) ? value.slice(RAW.length) : JSON.stringify(value);
}
