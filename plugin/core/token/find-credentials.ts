import { type Denial, deny } from "../model/denial.ts";
import type { CompiledPolicy, TokenSource } from "../model/policy.ts";
import { MAX_TARGET_LENGTH, type RequestFacts } from "../model/request.ts";
import { type Result, succeed } from "../model/result.ts";
import type { Credential } from "../model/token.ts";
import { readCookies } from "../text/cookies.ts";
import { queryOf, readParameters } from "../text/query.ts";

/**
 * Characters that replace lost bytes: bytes that are not valid UTF-8. If the guard read the request, these characters
 * also replace all bytes that are not ASCII.
 */
const LOST_BYTES = /[\ufffd\x7f]/;

/**
 * The plugin counts the characters of the request target and of all places in which the policy looks for a token. The
 * sum may exceed the size of the largest token by this many characters. Reading more characters would take several
 * times as long as handling a request without a token.
 */
const MAX_AROUND_TOKEN = 9_216;
/**
 * A target with fewer characters than this number counts as a target with this number of characters. So the decision
 * never depends on the exact length of a short target. The plugin may reuse one verdict for requests whose short
 * targets differ.
 */
const MIN_COUNTED_TARGET = 2_048;

type TokenPlaces = Pick<CompiledPolicy, "tokenSources" | "maxTokenBytes">;

/** Two strings in one source are already ambiguous, so the plugin collects no more strings. */
const ENOUGH = 2;

/**
 * Finds the credentials in the policy's sources, at most two strings in each source. The plugin always reads all
 * sources, because servers differ in which of two tokens they use.
 */
export function findCredentials(places: TokenPlaces, facts: RequestFacts): Result<readonly Credential[], Denial> {
  const length = countCharacters(places, facts);
  const maxLength = places.maxTokenBytes + MAX_AROUND_TOKEN;
  if (length > maxLength) {
    const detail = `the request target and the token sources together have ${length} characters, at most ${maxLength} are allowed`;
    return deny({ reason: "credentials_malformed", detail });
  }
  const credentials: Credential[] = [];
  for (const source of places.tokenSources) {
    const texts = readTexts(source, facts);
    if (texts === undefined) {
      const detail = `${describeSource(source)}: servers can read it in more than one way, or some of its bytes are not readable`;
      return deny({ reason: "credentials_malformed", detail });
    }
    credentials.push(...texts.slice(0, ENOUGH).map((text) => ({ source, text })));
  }
  return succeed(credentials);
}

/**
 * Counts the characters of the request target and of all places in which the policy looks for a token. If a later stage
 * reads only a limited number of characters of a target or a header, the other characters do not count.
 */
function countCharacters(
  { tokenSources, maxTokenBytes }: TokenPlaces,
  { requestLine, authorization, headers }: RequestFacts,
): number {
  const ofHeader = (text = ""): number => Math.min(text.length, maxTokenBytes);
  const { length = 0 } = requestLine?.target ?? {};
  let total = Math.max(MIN_COUNTED_TARGET, Math.min(length, MAX_TARGET_LENGTH));
  let hasCookies = false;
  for (const source of tokenSources) {
    if (source.from === "authorization") {
      total += ofHeader(authorization);
    } else if (source.from === "header") {
      total += ofHeader(headers.get(source.name));
    } else if (source.from === "cookie" && !hasCookies) {
      hasCookies = true;
      total += headers.get("cookie")?.length ?? 0;
    }
  }
  return total;
}

/** A source's name for the operator, such as `cookie __Host-token`. */
export function describeSource(source: TokenSource): string {
  return source.from === "authorization" ? source.from : `${source.from} ${source.name}`;
}

/**
 * The strings that every server finds in the source. Returns undefined if servers could read the source differently.
 */
function readTexts(source: TokenSource, facts: RequestFacts): readonly string[] | undefined {
  switch (source.from) {
    case "authorization":
      return listOf(facts.authorization);
    case "header":
      return listOf(facts.headers.get(source.name));
    case "cookie":
      return readPlace(facts.headers.get("cookie"), source.name, readCookies);
    case "query":
      return facts.requestLine && readQuery(facts.requestLine.target, source.name);
  }
}

/**
 * Over HTTP/2, a query can be very long. Reading it would take several times as long as handling a request without a
 * token. So the plugin does not read queries that are longer than the limit.
 */
function readQuery(target: string, name: string): readonly string[] | undefined {
  if (target.length > MAX_TARGET_LENGTH && target.includes("?")) {
    return undefined;
  }
  return readPlace(queryOf(target), name, readParameters);
}

function listOf(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}

type ReadValues = (place: string, name: string) => readonly string[] | undefined;

function readPlace(place: string | undefined, name: string, read: ReadValues): readonly string[] | undefined {
  if (place === undefined) {
    return [];
  }
  const values = read(place, name);
  return values && values.length > 0 && LOST_BYTES.test(place) ? undefined : values;
}
