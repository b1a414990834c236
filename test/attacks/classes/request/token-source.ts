import { type AttackClass, BAD_CREDENTIALS, INVALID, NO_TOKEN, OTHER_ORIGIN, SEVERAL } from "../../forge/attack.ts";

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
  ({ request: { rule: "anywhere", authorization: [], headers, target, method } }) as const;
const cookie = (text: string, ...more: readonly string[]) => sent(["Cookie", text, ...more]);
const post = (...more: readonly string[]) => sent(["Cookie", "__Host-token={token}", ...more], "/anywhere", "POST");
const query = (text: string) => sent([], `/anywhere?${text}`);

/** Honest tokens, in more places than one or in a place that two readers find differently; and cookies that another site sends along. */
export const tokenSource: AttackClass = {
  name: "token source",
  honest: [
    { what: "the token in Authorization", request: { rule: "anywhere" } },
    { what: "the token in a header", ...sent(["X-Access-Token", "{token}"]) },
    { what: "the token in a cookie", ...cookie("a=b; __Host-token={token}"), upstream: { cookie: "a=b" } },
    { what: "the token in the query", ...query("a=1&access_token={token}") },
    {
      what: "a cookie from an allowed origin",
      ...sent(["Cookie", "a=b; __Host-token={token}", "Origin", "https://app.example.com"], "/anywhere", "POST"),
      upstream: { cookie: "a=b" },
    },
  ],
  attacks: [
    {
      id: "source-header-and-authorization",
      tries: "a good token in Authorization, and another in a header",
      reference: ONE_PLACE,
      request: { rule: "anywhere", headers: ["X-Access-Token", "evil"] },
      ...TWO,
    },
    {
      id: "source-cookie-and-authorization",
      tries: "a cookie, and other credentials for the upstream",
      reference: ONE_PLACE,
      request: {
        rule: "anywhere",
        authorization: ["Basic YWRtaW46YWRtaW4="],
        headers: ["Cookie", "__Host-token={token}"],
      },
      ...TWO,
    },
    {
      id: "source-query-and-cookie",
      tries: "a link that has a token of its own, for a browser with a cookie",
      reference: "RFC 9700 4.7; CWE-384",
      ...sent(["Cookie", "__Host-token={token}"], "/anywhere?access_token={token}"),
      ...TWO,
    },
    {
      id: "header-two-lines",
      tries: "two lines of one header",
      reference: "RFC 9110 5.3; CWE-444",
      ...sent(["X-Access-Token", "{token}", "X-Access-Token", "evil"]),
      ...TWO,
    },
    {
      id: "header-with-scheme",
      tries: "a scheme where none belongs",
      reference: ONE_PLACE,
      ...sent(["X-Access-Token", "Bearer {token}"]),
      ...UNCLEAR,
    },
    {
      id: "cookie-twice",
      tries: "a cookie twice, as one from another path or domain would be",
      reference: COOKIES,
      ...cookie("__Host-token={token}; __Host-token=evil"),
      ...TWO,
    },
    {
      id: "cookie-two-lines",
      tries: "a cookie in each of two header lines",
      reference: COOKIES,
      ...cookie("__Host-token={token}", "Cookie", "__Host-token=evil"),
      ...TWO,
    },
    {
      id: "cookie-quoted",
      tries: "quotes around a cookie, which some drop",
      reference: COOKIES,
      ...cookie('__Host-token="{token}"'),
      ...UNCLEAR,
    },
    {
      id: "cookie-name-space",
      tries: "a space behind a cookie's name, which some drop",
      reference: COOKIES,
      ...cookie("__Host-token ={token}"),
      ...UNCLEAR,
    },
    {
      id: "cookie-second-in-disguise",
      tries: "a second cookie that only some take for the same",
      reference: COOKIES,
      ...cookie("__Host-token={token}; __Host-token\t=evil"),
      ...UNCLEAR,
    },
    {
      id: "cookie-other-case",
      tries: "a name in other case, which browsers let any host set",
      reference: "RFC 6265bis 4.1.3",
      ...cookie("__host-token={token}"),
      ...MISSING,
    },
    {
      id: "cookie-in-cookie",
      tries: "the cookie within the quotes of another",
      reference: COOKIES,
      ...cookie('a="x, __Host-token={token}"'),
      ...MISSING,
    },
    {
      id: "parameter-twice",
      tries: "a parameter twice",
      reference: QUERY,
      ...query("access_token={token}&access_token=evil"),
      ...TWO,
    },
    {
      id: "parameter-in-disguise",
      tries: "a second parameter whose name is escaped",
      reference: QUERY,
      ...query("access_token={token}&acces%73_token=evil"),
      ...TWO,
    },
    {
      id: "parameter-broken-escape",
      tries: "a name that cannot be decoded, which some read all the same",
      reference: QUERY,
      ...query("access_token={token}&access%5token=evil"),
      ...UNCLEAR,
    },
    {
      id: "parameter-semicolon",
      tries: "a semicolon, at which some part parameters",
      reference: QUERY,
      ...query("access_token={token};access_token=evil"),
      ...UNCLEAR,
    },
    {
      id: "parameter-other-case",
      tries: "a name in other case",
      reference: QUERY,
      ...query("ACCESS_TOKEN={token}"),
      ...UNCLEAR,
    },
    {
      id: "parameter-php-dot",
      tries: "a dot, which PHP takes for an underscore",
      reference: "PHP manual, variables from external sources",
      ...query("access.token={token}"),
      ...UNCLEAR,
    },
    {
      id: "parameter-php-space",
      tries: "a plus, which PHP takes for an underscore",
      reference: "PHP manual, variables from external sources",
      ...query("access_token={token}&access+token=evil"),
      ...UNCLEAR,
    },
    {
      id: "parameter-list",
      tries: "a list, as PHP, Rack and qs read it",
      reference: "CWE-235",
      ...query("access_token={token}&access_token[]=evil"),
      ...UNCLEAR,
    },
    {
      id: "parameter-encoded-twice",
      tries: "a name that is encoded twice",
      reference: "CWE-174",
      ...query("access_token={token}&access%255ftoken=evil"),
      ...UNCLEAR,
    },
    {
      id: "forgery-no-origin",
      tries: "POST with a cookie and no Origin",
      reference: FORGERY,
      ...post(),
      ...FOREIGN,
    },
    {
      id: "forgery-other-origin",
      tries: "POST with a cookie from another site",
      reference: FORGERY,
      ...post("Origin", "https://evil.example.com"),
      ...FOREIGN,
    },
    {
      id: "forgery-sandboxed-frame",
      tries: "POST with a cookie from a frame without an origin",
      reference: FORGERY,
      ...post("Origin", "null"),
      ...FOREIGN,
    },
    {
      id: "forgery-lookalike-origin",
      tries: "POST with a cookie from an origin that begins like an allowed one",
      reference: FORGERY,
      ...post("Origin", "https://app.example.com.evil.example"),
      ...FOREIGN,
    },
    {
      id: "forgery-plain-origin",
      tries: "POST with a cookie from the allowed host without TLS",
      reference: FORGERY,
      ...post("Origin", "http://app.example.com"),
      ...FOREIGN,
    },
    {
      id: "forgery-two-origins",
      tries: "POST with a cookie and two origins",
      reference: FORGERY,
      ...post("Origin", "https://app.example.com", "Origin", "https://evil.example.com"),
      ...FOREIGN,
    },
    {
      id: "websocket-hijacking",
      tries: "an upgrade with a cookie from another site, which may read all that comes back",
      reference: "RFC 6455 10.2; CWE-1385",
      ...cookie(
        "__Host-token={token}",
        "Origin",
        "https://evil.example.com",
        "Connection",
        "close, Upgrade",
        "Upgrade",
        "websocket",
      ),
      ...FOREIGN,
    },
    {
      id: "optional-empty-cookie",
      tries: "an empty cookie where no token is needed",
      reference: "RFC 6750 3.1",
      request: { rule: "anywhere-optional", authorization: [], headers: ["Cookie", "__Host-token="] },
      ...MISSING,
    },
    {
      id: "optional-bad-parameter",
      tries: "a bad token in the query where none is needed",
      reference: "RFC 6750 3.1",
      request: { rule: "anywhere-optional", authorization: [], target: "/anywhere-optional?access_token=evil" },
      reason: "token_malformed",
      told: INVALID,
    },
  ],
};
