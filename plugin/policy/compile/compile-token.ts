import type { TokenSource as MapOrName, PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { CompiledPolicy, CompiledRule, TokenSource } from "../../core/model/policy.ts";
import { describeSource } from "../../core/token/find-credentials.ts";
import { IDENTITY_HEADERS } from "../../core/upstream/identify-caller.ts";
import { isFetchAllowed } from "../../keys/rules/fetch-url.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { headerSpellings } from "../language/header-spellings.ts";
import { checkIssuerIds } from "../requirements/check-issuer-ids.ts";
import { listRequirements } from "../requirements/list-requirements.ts";
import { checkSchemes } from "./check-schemes.ts";

type SourceMap = Exclude<MapOrName, string>;

interface CompiledToken
  extends Pick<CompiledPolicy, "maxTokenBytes" | "tokenSources" | "credentialHeaders" | "forwardHeader"> {
  /** Headers that only the policy may set, because they carry the token. */
  readonly ownHeaders: readonly string[];
}

const SOURCES_PATH: DocumentPath = ["token", "sources"];
const PLACES = ["authorization", "header", "cookie", "query"] as const;
/** In each pair, the first key is allowed only in a source with the second key. */
const COMPANIONS = [
  ["bare", "authorization"],
  ["prefix", "header"],
  ["allowed_origins", "cookie"],
  ["allow_unprefixed", "cookie"],
] as const;

/**
 * Compiles the settings for reading and forwarding tokens. Reports mistakes that the schema cannot find.
 */
export function compileToken(
  document: PolicyDocument,
  rules: readonly CompiledRule[],
): { readonly token: CompiledToken; readonly findings: readonly Finding[] } {
  const { max_bytes: maxTokenBytes, sources, forward, client_authorization: own } = document.token;
  const tokenSources = sources.map(compileSource);
  const sourceHeaders = tokenSources.flatMap((source) => (source.from === "header" ? [source.name] : []));
  const forwardHeader = typeof forward === "object" ? forward.header : undefined;
  const taken = findTakenHeaders(document, rules);
  const findings = [
    ...sources.flatMap((source, index) => checkSource(source, document, [...SOURCES_PATH, index])),
    ...checkDuplicates(tokenSources),
    ...checkIssuersAccepted(tokenSources, rules),
    ...checkKept(document, tokenSources),
    ...sources.flatMap((source, index) =>
      typeof source === "string" ? [] : checkTaken(source.header, taken, [...SOURCES_PATH, index, "header"]),
    ),
    ...checkTaken(forwardHeader, taken, ["token", "forward", "header"]),
  ];
  const token: CompiledToken = {
    maxTokenBytes,
    tokenSources,
    credentialHeaders: [...(own === "keep" ? [] : ["authorization"]), ...sourceHeaders.flatMap(headerSpellings)],
    forwardHeader: forward === true ? "authorization" : forwardHeader,
    ownHeaders: forwardHeader === undefined || sourceHeaders.includes(forwardHeader) ? [] : [forwardHeader],
  };
  return { token, findings };
}

function compileSource(source: MapOrName): TokenSource {
  if (typeof source === "string") {
    return { from: "authorization" };
  }
  const { authorization: schemes, bare, header, prefix, cookie, allowed_origins: origins, query } = source;
  const issuers = source.issuers && { issuers: new Set(source.issuers) };
  if (schemes !== undefined) {
    const lowerCase = new Set(schemes.map((scheme) => scheme.toLowerCase()));
    return { from: "authorization", schemes: lowerCase, allowsBare: bare === true, ...issuers };
  }
  if (header !== undefined) {
    // The prefix needs no escaping, because the schema allows only letters, digits and dashes in the prefix.
    const scheme = prefix === undefined ? undefined : new RegExp(`^${prefix} +`, "i");
    return { from: "header", name: header, scheme, ...issuers };
  }
  return cookie === undefined
    ? { from: "query", name: query ?? "", ...issuers }
    : { from: "cookie", name: cookie, allowedOrigins: new Set(origins), ...issuers };
}

function refuse(path: DocumentPath, message: string): Finding[] {
  return [{ code: "token_source_invalid", path, message }];
}

function checkSource(source: MapOrName, document: PolicyDocument, path: DocumentPath): Finding[] {
  if (typeof source === "string") {
    return [];
  }
  if (PLACES.filter((place) => source[place] !== undefined).length !== 1) {
    return refuse(
      path,
      `A source is in one part of the request: write exactly one of the keys "authorization", "header", "cookie" and "query".`,
    );
  }
  const stray = COMPANIONS.find(([key, place]) => source[key] !== undefined && source[place] === undefined);
  return [
    ...(stray ? refuse([...path, stray[0]], `"${stray[0]}" is allowed only together with "${stray[1]}".`) : []),
    ...checkSchemes(source.authorization ?? [], [...path, "authorization"]),
    ...checkIssuerIds(source.issuers ?? [], document, [...path, "issuers"]),
    ...checkCookieName(source, path),
    ...(source.allowed_origins ?? []).flatMap((origin, index) =>
      checkOrigin(origin, [...path, "allowed_origins", index]),
    ),
  ];
}

function checkCookieName({ cookie, allow_unprefixed: isAllowed }: SourceMap, path: DocumentPath): Finding[] {
  if (cookie === undefined || cookie.startsWith("__Host-") || isAllowed) {
    return [];
  }
  const why = "Any host of the domain, and anyone on an http connection, can set a cookie of this name";
  return refuse([...path, "cookie"], `${why}: call it "__Host-${cookie}", or write "allow_unprefixed: true".`);
}

/**
 * The policy must spell the origin as browsers spell it (RFC 6454 section 6.2), because the plugin compares origins
 * byte for byte.
 */
function checkOrigin(origin: string, path: DocumentPath): Finding[] {
  if (!isFetchAllowed(origin)) {
    return refuse(path, "This is not an origin such as https://app.example.com (http is for localhost only).");
  }
  const { origin: written } = new URL(origin);
  return origin === written ? [] : refuse(path, `Browsers never send this as Origin: write ${written}.`);
}

/** With two entries for one source, the plugin would read that source twice. */
function checkDuplicates(sources: readonly TokenSource[]): Finding[] {
  const places = sources.map(describeSource);
  return places.flatMap((place, index) =>
    places.indexOf(place) === index
      ? []
      : refuse([...SOURCES_PATH, index], `The source "${place}" is named here twice.`),
  );
}

/**
 * Reports each issuer that a rule accepts, although no token source accepts it. The plugin would refuse all tokens of
 * such an issuer.
 */
function checkIssuersAccepted(sources: readonly TokenSource[], rules: readonly CompiledRule[]): Finding[] {
  if (sources.some(({ issuers }) => issuers === undefined)) {
    return [];
  }
  const accepted = new Set(listRequirements(rules).flatMap(({ accept }) => [...accept]));
  const lost = [...accepted].filter((id) => !sources.some(({ issuers }) => issuers?.has(id)));
  const names = lost.map((id) => `"${id}"`).join(", ");
  const message = `Rules accept tokens of ${names}, but no token source does: name ${names} under "issuers" of a source.`;
  return lost.length === 0 ? [] : refuse(SOURCES_PATH, message);
}

/**
 * Authorization can have only one of three uses: the plugin reads tokens from it, writes the token into it, or leaves
 * the client's own value there.
 */
function checkKept({ token }: PolicyDocument, sources: readonly TokenSource[]): Finding[] {
  if (token.client_authorization !== "keep") {
    return [];
  }
  const path = ["token", "client_authorization"];
  if (sources.some(({ from }) => from === "authorization")) {
    return refuse(
      path,
      `The policy reads tokens from Authorization ("authorization" is a source): use other sources, or leave this key out.`,
    );
  }
  return token.forward === true
    ? refuse(
        path,
        `"forward: true" writes the token into Authorization: write "forward: false", or name another header.`,
      )
    : [];
}

/** Headers that the policy already uses. The value is the policy key that uses the header. */
function findTakenHeaders({ header_mappings: mappings, identity }: PolicyDocument, rules: readonly CompiledRule[]) {
  const compared = listRequirements(rules).flatMap(({ comparedHeaders }) => comparedHeaders.map(({ name }) => name));
  return new Map<string, string>([
    ...compared.map((name) => [name, "equals_header"] as const),
    ...Object.keys(mappings).map((name) => [name, "header_mappings"] as const),
    ...(identity ? IDENTITY_HEADERS : []).map((name) => [name, "identity"] as const),
  ]);
}

function checkTaken(
  header: string | undefined,
  taken: ReadonlyMap<string, string>,
  path: DocumentPath,
): readonly Finding[] {
  const by = header === undefined ? undefined : taken.get(header);
  return by === undefined ? [] : refuse(path, `"${by}" uses ${header} as well, but a header can have only one use.`);
}
