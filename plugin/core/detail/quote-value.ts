/**
 * Shows values of tokens and requests in the operator's log. Any client can send a long value, so the plugin shortens
 * each value before escaping it. A value that may be a credential is described instead of shown.
 */

const MAX_SHOWN = 80;
const ELLIPSIS = "...";
/** Escapes make a string longer, so this second limit applies after escaping. */
const MAX_ESCAPED = 160;
const NOT_ASCII = /[^\x20-\x7e]/gu;
/** A longer string is described, not shown. All identifiers in policies are shorter. */
const MAX_READ = 1_024;
const MAX_NAMES = 5;
/** Matches strings that need no quotes. */
const PLAIN = /^[A-Za-z0-9._~:/+=@{}*-]+$/;
/** Matches the beginnings of common credentials: JSON in base64 (tokens), PEM, and keys of well-known services. */
const CREDENTIAL =
  /(?:^|[^A-Za-z0-9])(?:eyJ[A-Za-z0-9_-]{4}|ey[A-Za-z0-9_-]{8,}\.|-----BEGIN|[sprw]k_(?:live|test)_|gh[opsur]_|github_pat_|glpat-|xox[a-z]-|AKIA|ASIA|AIza|ya29\.|npm_|pypi-|hv[sb]\.|whsec_|dop_v1_|SG\.)/;
/**
 * Match long runs of characters, which are typical of random values. UUIDs, client ids, host names and key ids have
 * shorter runs, or runs without capitals.
 */
const LONG_RUNS: readonly (readonly [run: RegExp, has: readonly RegExp[]])[] = [
  [/[A-Za-z0-9]{41}/, [/[0-9]/]],
  [/[A-Za-z0-9+_=-]{41}/, [/[0-9]/, /[A-Z]/, /[a-z]/]],
  [/[A-Za-z0-9+/]{30,1024}={1,2}$/, [/[0-9]/, /[A-Z]/, /[a-z]/]],
];
/** Names of claims and fields whose values are secrets. */
const SECRET_NAME =
  /(?:secret|password|passwd|pwd|csrf|xsrf|nonce|otp|pin|api[_-]?key|private[_-]?key|access[_-]?token|refresh[_-]?token|id[_-]?token|session|credential)$/i;

/**
 * Shortens and escapes a string from a token or a request. If the string is a URL, removes the URL's user, password and
 * query.
 */
export function quoteValue(text: string): string {
  if (text.length > MAX_READ) {
    return describeLength(text);
  }
  const shown = withoutSecretParts(text);
  return mayBeCredential(shown) ? hide(text) : quoteShort(shown);
}

/**
 * Shows the path of a request. The function hides segments that look like random values, because they may be secrets,
 * such as the code in an email link.
 */
export function quotePath(target: string): string {
  return quoteShort(showPath(target));
}

/**
 * Returns the beginning of a path, without quotes and without escaping. Segments that look like random values are not
 * shown.
 */
export function showPath(target: string): string {
  const end = target.slice(0, MAX_READ).search(/[?#]/);
  const path = target.slice(0, end === -1 ? MAX_READ : end);
  return path.split("/").map(hideRandom).join("/");
}

function hideRandom(segment: string): string {
  const isRandom = segment.length >= 12 && /[0-9+=]/.test(segment) && /[A-Z]/.test(segment) && /[a-z]/.test(segment);
  return isRandom || mayBeCredential(segment) ? ELLIPSIS : segment;
}

/** Shows the `kid` of a key or a token. Many issuers use a hash as `kid`, so long random values are shown. */
export function quoteKid(kid: string): string {
  return quoteShort(showKid(kid, MAX_SHOWN));
}

/** Returns the beginning of a `kid`, not yet escaped. A `kid` that may be a credential is not shown. */
export function showKid(kid: string, length: number): string {
  const start = withoutSecretParts(kid.slice(0, length));
  return CREDENTIAL.test(start) ? "hidden" : start;
}

function quoteShort(text: string): string {
  const short = text.length > MAX_SHOWN + ELLIPSIS.length ? `${text.slice(0, MAX_SHOWN)}${ELLIPSIS}` : text;
  return PLAIN.test(short) ? short : limitText(toAscii(JSON.stringify(short)), MAX_ESCAPED);
}

function hide(text: string): string {
  return `${describeLength(text)} that may be a credential`;
}

/** In a string, replaces each word that may be a credential by the length of the word. */
export function hideCredentials(text: string): string {
  return text.replaceAll(/[^\s"',;&?()<>[\]{}]+/g, (word) => (mayBeCredential(word) ? hide(word) : word));
}

/**
 * Shows the text of a claim or a field that has a name. If the name says that the value is a secret, only the length of
 * the value is shown.
 */
export function quoteNamed(name: string, text: string): string {
  return SECRET_NAME.test(name) ? describeLength(text) : quoteValue(text);
}

/**
 * Lists the first few names of the list, and says how many other names the list has. Returns `none` if the list is
 * empty.
 */
export function listValues(values: Iterable<string>, quote: (value: string) => string = quoteValue): string {
  const shown: string[] = [];
  let more = 0;
  for (const value of values) {
    if (shown.length < MAX_NAMES) {
      shown.push(quote(value));
    } else {
      more += 1;
    }
  }
  return `${shown.join(", ") || "none"}${more === 0 ? "" : ` and ${more} more`}`;
}

/** Escapes everything but visible ASCII, because letters of other alphabets can look like ASCII letters. */
function toAscii(text: string): string {
  return text.replaceAll(NOT_ASCII, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Shortens a description that is made of several parts. */
export function limitText(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}${ELLIPSIS}` : text;
}

function describeLength({ length }: string): string {
  return `a string of ${length} ${length === 1 ? "character" : "characters"}`;
}

function mayBeCredential(text: string): boolean {
  if (CREDENTIAL.test(text)) {
    return true;
  }
  return LONG_RUNS.some(([long, has]) => {
    const found = long.exec(text);
    return found !== null && has.every((kind) => kind.test(found[0]));
  });
}

/**
 * Removes the user, the password and the query from a URL. The function searches for single characters, because a
 * regular expression could take quadratic time.
 */
function withoutSecretParts(text: string): string {
  const slashes = text.indexOf("//");
  if (slashes === -1) {
    return text;
  }
  const at = text.lastIndexOf("@");
  const host = at > slashes ? `${text.slice(0, slashes + 2)}...@${text.slice(at + 1)}` : text;
  const query = host.search(/[?#]/);
  return query === -1 ? host : `${host.slice(0, query + 1)}...`;
}
