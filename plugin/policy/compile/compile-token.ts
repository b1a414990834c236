import type { TokenSource as MapOrName, PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { CompiledPolicy, CompiledRule, TokenSource } from "../../core/model/policy.ts";
import { describeSource } from "../../core/token/find-credentials.ts";
import { IDENTITY_HEADERS } from "../../core/upstream/identify-caller.ts";
import { isFetchAllowed } from "../../keys/rules/fetch-url.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { headerSpellings } from "../language/header-spellings.ts";
import { listRequirements } from "../requirements/list-requirements.ts";

type SourceMap = Exclude<MapOrName, string>;

interface CompiledToken
  extends Pick<CompiledPolicy, "maxTokenBytes" | "tokenSources" | "credentialHeaders" | "forwardHeader"> {
  /** Headers that only the policy may set, because they carry the token. */
  readonly ownHeaders: readonly string[];
}

const SOURCES_PATH: DocumentPath = ["token", "sources"];
const PLACES = ["header", "cookie", "query"] as const;
/** Each of these keys is only for the source beside it. */
const COMPANIONS = [
  ["prefix", "header"],
  ["allowed_origins", "cookie"],
  ["allow_unprefixed", "cookie"],
] as const;

/** Compiles where tokens are read and how they are forwarded, and reports mistakes that the schema cannot find. */
export function compileToken(
  document: PolicyDocument,
  rules: readonly CompiledRule[],
): { readonly token: CompiledToken; readonly findings: readonly Finding[] } {
  const { max_bytes: maxTokenBytes, sources, forward } = document.token;
  const tokenSources = sources.map(compileSource);
  const sourceHeaders = tokenSources.flatMap((source) => (source.from === "header" ? [source.name] : []));
  const forwardHeader = typeof forward === "object" ? forward.header : undefined;
  const taken = findTakenHeaders(document, rules);
  const findings = [
    ...sources.flatMap((source, index) => checkSource(source, [...SOURCES_PATH, index])),
    ...checkDuplicates(tokenSources),
    ...sources.flatMap((source, index) =>
      typeof source === "string" ? [] : checkTaken(source.header, taken, [...SOURCES_PATH, index, "header"]),
    ),
    ...checkTaken(forwardHeader, taken, ["token", "forward", "header"]),
  ];
  const token: CompiledToken = {
    maxTokenBytes,
    tokenSources,
    credentialHeaders: ["authorization", ...sourceHeaders.flatMap(headerSpellings)],
    forwardHeader: forward === true ? "authorization" : forwardHeader,
    ownHeaders: forwardHeader === undefined || sourceHeaders.includes(forwardHeader) ? [] : [forwardHeader],
  };
  return { token, findings };
}

function compileSource(source: MapOrName): TokenSource {
  if (typeof source === "string") {
    return { from: "authorization" };
  }
  const { header, prefix, cookie, allowed_origins: origins, query } = source;
  if (header !== undefined) {
    // Needs no escaping: the schema allows only letters, digits and dashes in a prefix.
    return { from: "header", name: header, scheme: prefix === undefined ? undefined : new RegExp(`^${prefix} +`, "i") };
  }
  return cookie === undefined
    ? { from: "query", name: query ?? "" }
    : { from: "cookie", name: cookie, allowedOrigins: new Set(origins) };
}

function refuse(path: DocumentPath, message: string): Finding[] {
  return [{ code: "token_source_invalid", path, message }];
}

function checkSource(source: MapOrName, path: DocumentPath): Finding[] {
  if (typeof source === "string") {
    return [];
  }
  if (PLACES.filter((place) => source[place] !== undefined).length !== 1) {
    return refuse(
      path,
      `A source is in one part of the request: name "header", "cookie" or "query", and only one of them.`,
    );
  }
  const stray = COMPANIONS.find(([key, place]) => source[key] !== undefined && source[place] === undefined);
  return [
    ...(stray ? refuse([...path, stray[0]], `"${stray[0]}" goes with "${stray[1]}".`) : []),
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
  return refuse([...path, "cookie"], `${why}: call it "__Host-${cookie}", or say "allow_unprefixed: true".`);
}

/** The origin must be spelled as browsers spell it (RFC 6454 section 6.2), because it is compared byte for byte. */
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

/** Headers that the policy uses already, each with the key that uses it. */
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
  return by === undefined ? [] : refuse(path, `"${by}" uses ${header} as well; a header has one meaning.`);
}
