import { createHmac } from "node:crypto";
import { encodeSegment, mintToken, signBytes } from "../tokens.ts";
import { AUDIENCE, ISSUERS } from "./attack-policy.ts";
import { at, type Members, type Recipe, type TokenRecipe, writeMembers } from "./forge/attack.ts";
import { forgeSignature } from "./forge/forge-signature.ts";
import { findSecret } from "./forge/hmac-secrets.ts";
import type { AttackKeys, KeyName } from "./forge/keys.ts";

/** The values that recipes can name. */
export interface AttackScene {
  readonly keys: AttackKeys;
  /** Origin of a server that records all requests. */
  readonly trap: string;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** A request as it goes over the network. One character is one byte. */
export interface WireRequest {
  readonly rule: string;
  readonly method: string;
  readonly target: string;
  readonly token: string;
  readonly authorization: readonly string[];
  readonly headers: readonly string[];
}

const HONEST_CLAIMS: Members = {
  iss: ISSUERS.acme,
  aud: AUDIENCE,
  sub: "alice",
  exp: at(300),
  iat: at(-10),
  scope: "read",
};

export function makeRequest(recipe: Recipe, scene: AttackScene): WireRequest {
  const { rule = "read", method = "GET", authorization = ["Bearer {token}"], headers = [] } = recipe;
  const { target = `/${rule}` } = recipe;
  const token = makeToken(recipe, scene);
  const place = (text: string): string => expand(text, scene).replaceAll("{token}", () => token);
  return {
    rule,
    method,
    target: place(target),
    token,
    authorization: authorization.map(place),
    headers: headers.map(place),
  };
}

function makeToken(recipe: TokenRecipe, scene: AttackScene): string {
  const key = scene.keys[recipe.key ?? "es256"];
  const members = { alg: key.alg, kid: key.kid, typ: "at+jwt", ...recipe.header };
  const header = (recipe.headerText ?? "{header}").replace("{header}", () => writeMembers(members));
  const claims = writeMembers({ ...HONEST_CLAIMS, ...recipe.claims });
  const payload = (recipe.payloadText ?? "{claims}").replaceAll("{claims}", () => claims);
  const toSegment = (text: string): string =>
    Buffer.from(expand(text, scene), recipe.charset ?? "utf8")
      .toString(recipe.alphabet ?? "base64url")
      .replace(/=+$/, "");
  const segments = { header: toSegment(header), payload: toSegment(payload) };
  const signed = fill(recipe.signed ?? "{header}.{payload}", segments);
  const signature = encodeSegment(makeSignature(recipe, scene, Buffer.from(signed)));
  return fill(recipe.sent ?? "{signed}.{signature}", {
    ...segments,
    signed,
    signature,
    loose: setLooseBits(signature),
  });
}

function makeSignature(
  { key: name = "es256", signature }: TokenRecipe,
  scene: AttackScene,
  input: Uint8Array,
): Uint8Array {
  const key = scene.keys[name];
  if (signature === undefined) {
    return signBytes(key, input);
  }
  if (typeof signature === "string") {
    return forgeSignature(signature, key, input);
  }
  const { hmac, bytes } = signature;
  return createHmac("sha256", findSecret(hmac, scene.keys)).update(input).digest().subarray(0, bytes);
}

/** The same bytes, but only for decoders that ignore bits after the last full byte. */
function setLooseBits(segment: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) ?? "") + 1];
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

function expand(text: string, { keys, trap, now }: AttackScene): string {
  return text
    .replaceAll(/\{now([+-]\d+)\}/g, (_whole, seconds) => String(Math.floor(now()) + Number(seconds)))
    .replaceAll("{trap}", trap)
    .replaceAll(/\{jwk:(\w+)\}/g, (_whole, name) => JSON.stringify(keys[name as KeyName].publicJwk))
    .replaceAll("{honest}", () => {
      const time = Math.floor(now());
      return mintToken({ key: keys.es256, claims: { ...HONEST_CLAIMS, iat: time - 10, exp: time + 300 } });
    });
}
