import { readCookies } from "./cookies.ts";
import type { Denial } from "./denial.ts";
import type { TokenSource } from "./policy.ts";
import { queryOf, readParameters } from "./query.ts";
import type { RequestFacts } from "./request.ts";

/** What the client put where tokens may be: not looked into yet. */
export interface Credential {
  readonly source: TokenSource;
  readonly text: string;
}

/** Stand for bytes that are no UTF-8, and behind the guard for all beyond ASCII: what holds them can not be written back as it was. */
const LOST_BYTES = /[\ufffd\x7f]/;

/** Two texts of one source are ambiguous, and so are two thousand. */
const ENOUGH = 2;

/**
 * What the sources of a policy carry, at most two texts of each. Every source is looked at, whatever is found first: which of two tokens counts must not
 * depend on who reads them.
 */
export function findCredentials(sources: readonly TokenSource[], facts: RequestFacts): readonly Credential[] | Denial {
  const credentials: Credential[] = [];
  for (const source of sources) {
    const texts = readTexts(source, facts);
    if (texts === undefined) {
      return { reason: "credentials_malformed", detail: describeSource(source) };
    }
    credentials.push(...texts.slice(0, ENOUGH).map((text) => ({ source, text })));
  }
  return credentials;
}

/** In the operator's words, such as `cookie __Host-token`. */
export function describeSource(source: TokenSource): string {
  return source.from === "authorization" ? source.from : `${source.from} ${source.name}`;
}

/** Undefined where readers could differ. */
function readTexts(source: TokenSource, facts: RequestFacts): readonly string[] | undefined {
  switch (source.from) {
    case "authorization":
      return listOf(facts.authorization);
    case "header":
      return listOf(facts.headers.get(source.name));
    case "cookie":
      return readPlace(facts.headers.get("cookie"), source.name, readCookies);
    case "query":
      return facts.requestLine && readPlace(queryOf(facts.requestLine.target), source.name, readParameters);
  }
}

function listOf(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}

type ReadValues = (place: string, name: string) => readonly string[] | undefined;

function readPlace(place: string | undefined, name: string, read: ReadValues): readonly string[] | undefined {
  const values = place === undefined ? [] : read(place, name);
  return values && values.length > 0 && LOST_BYTES.test(place ?? "") ? undefined : values;
}
