import { ISSUERS } from "../../attack-policy.ts";
import {
  type AttackClass,
  attacks,
  BAD_CREDENTIALS,
  INVALID,
  NO_TOKEN,
  OTHER_ORIGIN,
  row,
  SEVERAL,
} from "../../forge/attack.ts";

const TWO = { reason: "token_ambiguous", told: SEVERAL } as const;
const UNCLEAR = { reason: "credentials_malformed", told: BAD_CREDENTIALS } as const;
const MISSING = { reason: "token_missing", told: NO_TOKEN } as const;
const FOREIGN = { reason: "origin_not_allowed", told: OTHER_ORIGIN } as const;
const ONE_PLACE = "RFC 6750 2; CWE-436";
const COOKIES = "RFC 6265 5.4, 8.6";
const FORGERY = "RFC 6265 8.2; CWE-352";
const QUERY = "RFC 6750 2.3; CWE-444";

/** Without Authorization. */
const sent = (headers: readonly string[], target = "/anywhere", method = "GET") =>
  ({ rule: "anywhere", authorization: [], headers, target, method }) as const;
const cookie = (text: string, ...more: readonly string[]) => sent(["Cookie", text, ...more]);
const post = (...more: readonly string[]) => sent(["Cookie", "__Host-token={token}", ...more], "/anywhere", "POST");
const query = (text: string) => sent([], `/anywhere?${text}`);

const bound = (headers: readonly string[], authorization: readonly string[] = []) =>
  ({ rule: "anywhere-bound", authorization, headers }) as const;
const PARTNER = { key: "partner", claims: { iss: ISSUERS.partner } } as const;

/**
 * Honest tokens in several sources, or in a source that programs read differently. Also cookies with requests of
 * another site.
 */
export const tokenSource: AttackClass = {
  name: "token source",
  honest: [
    { what: "the token in Authorization", rule: "anywhere" },
    { what: "the token in a header", ...sent(["X-Access-Token", "{token}"]) },
    { what: "the token in a cookie", ...cookie("a=b; __Host-token={token}"), upstream: { cookie: "a=b" } },
    { what: "the token after another scheme that the policy names", rule: "anywhere", authorization: ["JWT {token}"] },
    { what: "an issuer's token in the issuer's own header", ...PARTNER, ...bound(["X-Partner-Token", "{token}"]) },
    { what: "the token in the query", ...query("a=1&access_token={token}") },
    {
      what: "a cookie from an allowed origin",
      ...sent(["Cookie", "a=b; __Host-token={token}", "Origin", "https://app.example.com"], "/anywhere", "POST"),
      upstream: { cookie: "a=b" },
    },
  ],
  attacks: attacks([
    TWO,
    ONE_PLACE,
    row("source-header-and-authorization", "a good token in Authorization, and another in a header", {
      rule: "anywhere",
      headers: ["X-Access-Token", "evil"],
    }),
    row("source-cookie-and-authorization", "a cookie, and other credentials for the upstream", {
      rule: "anywhere",
      authorization: ["Basic YWRtaW46YWRtaW4="],
      headers: ["Cookie", "__Host-token={token}"],
    }),
    "RFC 9700 4.7; CWE-384",
    row("source-query-and-cookie", "a link with another token, for a browser with a cookie", {
      ...sent(["Cookie", "__Host-token={token}"], "/anywhere?access_token={token}"),
    }),
    "RFC 9110 5.3; CWE-444",
    row("header-two-lines", "two lines of one header", sent(["X-Access-Token", "{token}", "X-Access-Token", "evil"])),
    UNCLEAR,
    ONE_PLACE,
    row("header-with-scheme", "a scheme where none belongs", sent(["X-Access-Token", "Bearer {token}"])),
    TWO,
    COOKIES,
    row("cookie-twice", "a cookie twice, as with a second cookie from another path or domain", {
      ...cookie("__Host-token={token}; __Host-token=evil"),
    }),
    row("cookie-two-lines", "a cookie in each of two header lines", {
      ...cookie("__Host-token={token}", "Cookie", "__Host-token=evil"),
    }),
    UNCLEAR,
    row("cookie-quoted", "quotes around a cookie, which some drop", cookie('__Host-token="{token}"')),
    row("cookie-name-space", "a space after a cookie's name, which some servers drop", cookie("__Host-token ={token}")),
    row("cookie-second-in-disguise", "a second cookie that only some servers read as the same cookie", {
      ...cookie("__Host-token={token}; __Host-token\t=evil"),
    }),
    MISSING,
    "RFC 6265bis 4.1.3",
    row("cookie-other-case", "a name in other case, which browsers let any host set", cookie("__host-token={token}")),
    COOKIES,
    row("cookie-in-cookie", "the cookie within the quotes of another", cookie('a="x, __Host-token={token}"')),
    TWO,
    QUERY,
    row("parameter-twice", "a parameter twice", query("access_token={token}&access_token=evil")),
    row("parameter-in-disguise", "a second parameter whose name is escaped", {
      ...query("access_token={token}&acces%73_token=evil"),
    }),
    UNCLEAR,
    row("parameter-broken-escape", "a name that cannot be decoded, which some servers still read", {
      ...query("access_token={token}&access%5token=evil"),
    }),
    row("parameter-semicolon", "a semicolon, at which some part parameters", {
      ...query("access_token={token};access_token=evil"),
    }),
    row("parameter-other-case", "a name in other case", query("ACCESS_TOKEN={token}")),
    "PHP manual, variables from external sources",
    row("parameter-php-dot", "a dot, which PHP reads as an underscore", query("access.token={token}")),
    row("parameter-php-space", "a plus, which PHP reads as an underscore", {
      ...query("access_token={token}&access+token=evil"),
    }),
    "CWE-235",
    row("parameter-list", "a list, as PHP, Rack and qs read it", query("access_token={token}&access_token[]=evil")),
    "CWE-174",
    row("parameter-encoded-twice", "a name that is encoded twice", query("access_token={token}&access%255ftoken=evil")),
    FOREIGN,
    FORGERY,
    row("forgery-no-origin", "POST with a cookie and no Origin", post()),
    row("forgery-other-origin", "POST with a cookie from another site", post("Origin", "https://evil.example.com")),
    row("forgery-sandboxed-frame", "POST with a cookie from a frame without an origin", post("Origin", "null")),
    row("forgery-lookalike-origin", "POST with a cookie from an origin that begins like an allowed one", {
      ...post("Origin", "https://app.example.com.evil.example"),
    }),
    row("forgery-plain-origin", "POST with a cookie from the allowed host without TLS", {
      ...post("Origin", "http://app.example.com"),
    }),
    row("forgery-two-origins", "POST with a cookie and two origins", {
      ...post("Origin", "https://app.example.com", "Origin", "https://evil.example.com"),
    }),
    "RFC 6455 10.2; CWE-1385",
    row(
      "websocket-hijacking",
      "an upgrade with a cookie from another site, which may read all answers",
      cookie(
        "__Host-token={token}",
        "Origin",
        "https://evil.example.com",
        "Connection",
        "close, Upgrade",
        "Upgrade",
        "websocket",
      ),
    ),
    { reason: "issuer_untrusted", told: INVALID },
    "RFC 8725 3.8; CWE-441",
    row("source-of-another-issuer", "a good token of one issuer in the header of another", {
      ...bound(["X-Partner-Token", "{token}"]),
    }),
    row(
      "source-of-own-issuer-avoided",
      "a good token of the partner in Authorization, which accepts only other issuers",
      {
        ...PARTNER,
        ...bound([], ["Bearer {token}"]),
      },
    ),
    row("source-of-own-issuer-avoided-scheme", "the same with another scheme", {
      ...PARTNER,
      ...bound([], ["JWT {token}"]),
    }),
    { reason: "signature_invalid", told: INVALID },
    "RFC 8725 3.8",
    row("source-of-issuer-forged", "a token that names the header's issuer, signed by another issuer", {
      claims: { iss: ISSUERS.partner },
      ...bound(["X-Partner-Token", "{token}"]),
    }),
    MISSING,
    "RFC 9110 11.1",
    row("scheme-of-others", "a good token after a scheme that the policy does not name", bound([], ["Token {token}"])),
    row("scheme-bare", "a good token without a scheme, which the policy does not accept", bound([], ["{token}"])),
    row("scheme-with-proof", "a token that needs a proof of possession", bound([], ["DPoP {token}"])),
    TWO,
    ONE_PLACE,
    row("source-each-issuer", "two good tokens, each in the source of its issuer", {
      ...bound(["X-Partner-Token", "evil"], ["Bearer {token}"]),
    }),
    row("scheme-two", "a token after each of two schemes", bound([], ["JWT {token}, Bearer {token}"])),
    MISSING,
    "RFC 6750 3.1",
    row("optional-empty-cookie", "an empty cookie on an optional rule", {
      rule: "anywhere-optional",
      authorization: [],
      headers: ["Cookie", "__Host-token="],
    }),
    { reason: "token_malformed", told: INVALID },
    row("optional-bad-parameter", "a bad token in the query on an optional rule", {
      rule: "anywhere-optional",
      authorization: [],
      target: "/anywhere-optional?access_token=evil",
    }),
  ]),
};
