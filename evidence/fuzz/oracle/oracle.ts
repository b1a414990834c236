import { isUtf8 } from "node:buffer";
import { createVerify, verify as verifyOnce } from "node:crypto";
import type { RequestFacts } from "../../../plugin/core/model/request.ts";
import { NOW } from "../../../test/core/fixtures.ts";
import { type Json, type JsonMembers, readExactly, readSlowly } from "../../../test/core/json/slow-json.ts";
import type { Signer } from "../seeds/signers.ts";
import type { IssuerData, PolicyData, World } from "../seeds/worlds.ts";
import type { SignedTexts } from "../token-input.ts";
import { mayPass } from "./oracle-authorize.ts";
import { areClaimsGood, expectHeaders, type HeadersWanted } from "./oracle-claims.ts";
import { findRequirements, type Matched } from "./oracle-rules.ts";

/**
 * A second implementation of the promises in the documentation. This oracle reads the policy's plain data, uses no code of
 * the plugin, and may be slow. The oracle decides whether a request passes and which headers are set. It knows no
 * reasons.
 */

/** The headers to set if the request must be allowed; if not, undefined. */
export function judgeSlowly(
  world: World,
  facts: RequestFacts,
  signers: ReadonlyMap<string, Signer>,
  signed: SignedTexts,
  later: number,
): HeadersWanted | undefined {
  const { data } = world;
  const requirements = findRequirements(data, facts);
  if (!requirements) {
    return undefined;
  }
  const { access = "required" } = requirements;
  if (access === "public") {
    return expectHeaders(data, {});
  }
  if (access === "optional" && facts.authorization === undefined) {
    return { ...expectHeaders(data, {}), authorization: [] };
  }
  const claims = readGoodClaims(world, requirements, facts.authorization ?? "", signers, signed, NOW + later);
  const headers = claims && expectHeaders(data, claims);
  const forwarded = data.token?.forward === false ? undefined : facts.authorization;
  return headers && { ...headers, authorization: forwarded ?? [] };
}

/** The claims of a token that meets all requirements; undefined for any other token. */
function readGoodClaims(
  { data }: World,
  requirements: Matched,
  authorization: string,
  signers: ReadonlyMap<string, Signer>,
  signed: SignedTexts,
  now: number,
): JsonMembers | undefined {
  const [, token = "", head = "", body = "", signature = ""] =
    /^bearer +(([\w-]+)\.([\w-]+)\.([\w-]+))$/i.exec(authorization) ?? [];
  const header = readSegment(head);
  const claims = readSegment(body);
  if (token === "" || token.length > (data.token?.max_bytes ?? 7168) || !header || !claims || !isHeaderGood(header)) {
    return undefined;
  }
  const issuer = findIssuer(data, claims.iss);
  const name = issuer && findKeyName(issuer, header);
  const signer = name === undefined ? undefined : signers.get(name);
  const isGenuine =
    issuer &&
    name !== undefined &&
    signer &&
    signed.get(name)?.has(`${head}.${body}`) &&
    isCanonical(signature) &&
    holds(signer, `${head}.${body}`, Buffer.from(signature, "base64url"));
  const isGood =
    isGenuine &&
    areClaimsGood(issuer, header, claims, now) &&
    mayPass(data, issuer, requirements, readExactly(decodeText(body)), requirements.captures, now);
  return isGood ? readExactly(decodeText(body)) : undefined;
}

/**
 * The issuer with exactly this name. If there is none, the issuer whose template the name fits, with a tenant that the
 * policy names.
 */
function findIssuer({ issuers }: PolicyData, iss: Json | undefined): IssuerData | undefined {
  const all = Object.values(issuers);
  const byTemplate = all.find(({ issuer, tenants = [] }) =>
    tenants.some((tenant) => issuer.replace("{tenant}", tenant) === iss),
  );
  return all.find(({ issuer }) => issuer === iss) ?? byTemplate;
}

function isCanonical(segment: string): boolean {
  return Buffer.from(segment, "base64url").toString("base64url") === segment;
}

const decodeText = (segment: string): string => Buffer.from(segment, "base64url").toString();

function readSegment(segment: string): JsonMembers | undefined {
  const bytes = Buffer.from(segment, "base64url");
  return isCanonical(segment) && isUtf8(bytes) ? readSlowly(bytes.toString()) : undefined;
}

function isHeaderGood(header: JsonMembers): boolean {
  const isText = (value: Json | undefined): boolean => value === undefined || typeof value === "string";
  const has = (name: string): boolean => Object.hasOwn(header, name);
  return has("alg") && isText(header.kid) && isText(header.typ) && !has("crit") && !has("b64") && !has("enc");
}

/**
 * The name of the only key for `kid` and `alg`. In this folder, names and kids are the same, except for the key without
 * kid.
 */
function findKeyName({ algorithms, keys }: IssuerData, { alg, kid }: JsonMembers): string | undefined {
  if (!algorithms.some((algorithm) => algorithm === alg)) {
    return undefined;
  }
  const secret = keys.secret_files?.find((file) => file.alg === alg);
  if (keys.secret_files) {
    return kid === secret?.kid || kid === undefined ? secret?.kid : undefined;
  }
  const fitting = (keys.jwks?.keys ?? []).filter((key) => key.alg === undefined || key.alg === alg);
  const named = fitting.filter((key) => key.kid !== undefined);
  const exact = named.find((key) => key.kid === kid);
  const [only, ...others] = kid === undefined || named.length === 0 ? fitting : [];
  const found = exact ?? (others.length === 0 ? only : undefined);
  return found && (found.kid ?? "lone");
}

/**
 * Verifies with Node's streaming verification, if Node has it for the algorithm. Also checks the length that a
 * signature of the algorithm has.
 */
function holds({ alg, key, sign }: Signer, text: string, signature: Buffer): boolean {
  if (alg === "EdDSA" || alg === "Ed25519") {
    return signature.length === 64 && verifyOnce(null, Buffer.from(text), key, signature);
  }
  if (key.type === "secret") {
    return signature.equals(sign(Buffer.from(text)));
  }
  const lengths: Readonly<Record<string, number>> = { ES256: 64, ES384: 96, ES512: 132 };
  const verifier = createVerify(`sha${alg.slice(2)}`).update(text);
  return signature.length === (lengths[alg] ?? 256) && verifier.verify({ key, ...optionsOf(alg) }, signature);
}

function optionsOf(alg: string): { dsaEncoding?: "ieee-p1363"; padding?: number; saltLength?: number } {
  if (alg.startsWith("ES")) {
    return { dsaEncoding: "ieee-p1363" };
  }
  return alg.startsWith("PS") ? { padding: 6, saltLength: Number(alg.slice(2)) / 8 } : { padding: 1 };
}
