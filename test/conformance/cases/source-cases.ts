import { type ConformanceCase, GOOD } from "./case.ts";

/** Tokens in headers, cookies and queries; the policies are in source-policies.ts. */

const carried = GOOD;
const BEARER = "Bearer {token}";
const BARE = 'Bearer realm="sources"';
const withError = (text: string): string =>
  `Bearer realm="sources", error="invalid_request", error_description="${text}"`;

/** No part of a token stays in its source; the upstream gets the token as Authorization. */
const ARRIVED = {
  authorization: BEARER,
  "x-user-id": "user-1",
  "x-access-token": null,
  x_access_token: null,
  "x-auth": null,
  x_auth: null,
};
const ORIGIN = ["Origin", "https://app.example"];
const cookie = (text: string): string[] => ["Cookie", text];
const COOKIE = cookie("__Host-token={token}");
const PREFLIGHT = ["Origin", "https://app.example", "Access-Control-Request-Method", "PUT"];

type Place = readonly [what: string, path: string, headers: readonly string[]];

/** One token in each place. */
const PLACES: readonly Place[] = [
  ["Authorization", "", ["Authorization", BEARER]],
  ["a header", "", ["X-Access-Token", "{token}"]],
  ["a header with a prefix", "", ["X-Auth", "Token {token}"]],
  ["a cookie", "", COOKIE],
  ["a parameter", "?access_token={token}", []],
];

const accepted: readonly ConformanceCase[] = [
  ...PLACES,
  ["a header with `_`", "", ["x_access_token", "{token}"]] as const,
  ["a header with its prefix in capitals", "", ["X-AUTH", "TOKEN   {token}"]] as const,
].flatMap(([what, query, headers]) => [
  {
    title: `takes the token from ${what}, and removes it there`,
    path: `/any${query}`,
    headers,
    carried,
    status: 200,
    upstream: { ...ARRIVED, cookie: null },
    upstreamUrl: "/",
  },
  {
    title: `takes the token from ${what} on an optional rule`,
    path: `/any-optional${query}`,
    headers,
    carried,
    status: 200,
    upstream: ARRIVED,
  },
]);

/** Any two places, and any place twice. */
const ambiguous: readonly ConformanceCase[] = PLACES.flatMap(([what, query, headers], index) =>
  PLACES.slice(index + 1).map(([other, otherQuery, otherHeaders]) => ({
    title: `refuses a token in ${what} and one in ${other}`,
    path: `/any${query}${otherQuery}`,
    headers: [...headers, ...otherHeaders],
    carried,
    status: 400,
    reason: "token_ambiguous" as const,
    challenge: withError("More than one access token was sent"),
  })),
);

const several = (what: string, path: string, headers: readonly string[]): ConformanceCase => ({
  title: `refuses ${what}`,
  path,
  headers,
  carried,
  status: 400,
  reason: "token_ambiguous",
  challenge: withError("More than one access token was sent"),
});
const malformed = (what: string, path: string, headers: readonly string[]): ConformanceCase => ({
  title: `refuses ${what}`,
  path,
  headers,
  carried,
  status: 400,
  reason: "credentials_malformed",
  challenge: withError("The request's credentials are malformed"),
});

const readings: readonly ConformanceCase[] = [
  several("two header lines with tokens", "/any", ["X-Access-Token", "{token}", "X-Access-Token", "{token}"]),
  several("two spellings of a header", "/any", ["X-Access-Token", "{token}", "x_access_token", "evil"]),
  several("a cookie twice", "/any", cookie("__Host-token={token}; a=b; __Host-token=evil")),
  several("a cookie twice, in two lines", "/any", [...COOKIE, ...cookie("__Host-token=evil")]),
  several("a parameter twice", "/any?access_token={token}&access_token=evil", []),
  several("a parameter twice, once in disguise", "/any?access_token={token}&access%5Ftoken=evil", []),
  several("another scheme beside a cookie", "/any", ["Authorization", "Basic YTpi", ...COOKIE]),
  malformed("a cookie in quotes", "/any", cookie('__Host-token="{token}"')),
  malformed("white space before a cookie's equals sign", "/any", cookie("__Host-token ={token}")),
  malformed("a space of latin1 before a cookie's name", "/any-optional", cookie("a=b; \u00a0__Host-token={token}")),
  malformed("a cookie without an equals sign", "/any", cookie("a=b; __Host-token")),
  ...["access.token", "access+token", "access%5Btoken", "access_token[]", "Access_Token", "access%255Ftoken"].map(
    (name) => malformed(`${name} in the query beside a good token`, `/any?access_token={token}&${name}=evil`, []),
  ),
  malformed("a parameter that only some servers read as the token, beside Authorization", "/any?access.token=evil", [
    "Authorization",
    "Bearer {token}",
  ]),
  malformed("a parameter behind a semicolon", "/any?a=1;access_token=evil", ["Authorization", "Bearer {token}"]),
  malformed("a broken escape in a parameter's name", "/any?access%5token=x&access_token={token}", []),
  malformed("an empty parameter", "/any?access_token=", []),
  malformed("an empty parameter on an optional rule", "/any-optional?access_token=&a=1", []),
  malformed("a parameter without a value", "/any-optional?access_token", []),
  {
    ...malformed("a query that is too long to read", `/any?a=${"x".repeat(8_192)}`, []),
    only: ["h2"],
    cutsLogLine: true,
  },
  malformed("a broken escape in the token", "/any?access_token={token}%zz", []),
  malformed("other credentials behind the token", "/any", ["X-Access-Token", "{token} x"]),
  malformed("bytes that no UTF-8 has beside the cookie", "/any", cookie("a=\u00ff; __Host-token={token}")),
  ...(
    [
      ["an empty cookie", "", cookie("__Host-token=")],
      ["a header without its prefix", "", ["X-Auth", "{token}"]],
    ] as const
  ).map(
    ([what, query, headers]): ConformanceCase => ({
      title: `lets nobody through as nobody with ${what}`,
      path: `/any-optional${query}`,
      headers,
      carried,
      status: 401,
      reason: "token_missing",
      challenge: BARE,
    }),
  ),
  {
    title: "asks for a token where no source has one, however much it looks like it",
    path: "/any?access-token={token}&x=access_token={token}",
    headers: ["X-Token", "{token}", ...cookie("__host-token={token}; x__Host-token={token}")],
    carried,
    status: 401,
    reason: "token_missing",
    challenge: BARE,
  },
  {
    title: "lets nobody through as nobody where no source has anything",
    path: "/any-optional?a=1",
    headers: cookie("a=b"),
    status: 200,
    upstream: { authorization: null, "x-user-id": null, cookie: "a=b" },
    upstreamUrl: "/?a=1",
  },
];

const removal: readonly ConformanceCase[] = [
  ...(
    [
      ["a=1; __Host-token={token}; b=2", "a=1; b=2"],
      ["__Host-token={token}; b=2", "b=2"],
      ["a=1;__Host-token={token}", "a=1"],
      ['a="x y";  b=%zz,{"c":1}; __Host-token={token};d', 'a="x y";  b=%zz,{"c":1};d'],
    ] as const
  ).map(
    ([sent, kept]): ConformanceCase => ({
      title: `leaves the other cookies as they were: ${kept}`,
      path: "/any",
      headers: cookie(sent),
      carried,
      status: 200,
      upstream: { ...ARRIVED, cookie: kept },
    }),
  ),
  {
    title: "removes cookies that PHP or ASP.NET read as the token's",
    path: "/any",
    headers: cookie(
      "a=1; ..Host-token=evil; __HOST-TOKEN=evil; %5F_Host-token=evil; __Host-token[]=evil; __Host-token={token}",
    ),
    carried,
    status: 200,
    upstream: { ...ARRIVED, cookie: "a=1" },
  },
  {
    title: "refuses a token in what some servers take for a fragment",
    path: "/any#x?access_token={token}",
    carried,
    status: 400,
    reason: "path_ambiguous",
  },
  ...(
    [
      ["?a=1&access_token={token}&b=2", "/?a=1&b=2"],
      ["?access_token={token}&a=%2f+%zz&&b", "/?a=%2f+%zz&&b"],
      ["?%61ccess_token={token}", "/"],
      ["?a='%22<>`{}|\\^[]&access_token={token}", "/?a='%22<>`{}|\\^[]"],
    ] as const
  ).map(
    ([sent, kept]): ConformanceCase => ({
      title: `leaves the rest of the query as it was: ${kept}`,
      path: `/any${sent}`,
      carried,
      status: 200,
      upstream: ARRIVED,
      upstreamUrl: kept,
    }),
  ),
  {
    title: "looks at no source on a public rule, and leaves all as it is",
    path: "/any-public?access_token=a",
    headers: ["Authorization", "Bearer b", "X-Access-Token", "c", ...cookie("__Host-token=d"), "X-User-Id", "evil"],
    status: 200,
    upstream: { authorization: "Bearer b", "x-access-token": "c", cookie: "__Host-token=d", "x-user-id": null },
    upstreamUrl: "/?access_token=a",
  },
  {
    title: "moves the token to the header that the policy names, and drops Authorization",
    path: "/moved",
    headers: ["Authorization", "Bearer evil", "X-Token", "evil", "x_token", "evil", ...COOKIE],
    carried,
    status: 200,
    upstream: { authorization: null, "x-token": "{token}", x_token: null, cookie: null, "x-user-id": "user-1" },
  },
  {
    title: "reads no Authorization where it is no source, and drops it for nobody",
    path: "/moved-optional",
    headers: ["Authorization", BEARER, "X-Token", "evil"],
    carried,
    status: 200,
    upstream: { authorization: null, "x-token": null, "x-user-id": null },
  },
  {
    title: "clears the header with the token on a public rule",
    path: "/moved-public",
    headers: ["X-Token", "evil", "x_token", "evil"],
    status: 200,
    upstream: { "x-token": null, x_token: null },
  },
  {
    title: "keeps a token in a cookie from the upstream",
    path: "/withheld",
    headers: cookie("a=1; __Host-token={token}"),
    carried,
    status: 200,
    upstream: { authorization: null, cookie: "a=1", "x-user-id": "user-1" },
  },
  {
    title: "keeps tokens that are refused from the upstream in report mode as well",
    path: "/withheld-report?access_token=a&b=1",
    headers: ["Authorization", "Bearer a", ...cookie("a=1; __Host-token=b")],
    status: 200,
    upstream: { authorization: null, cookie: "a=1", "x-user-id": null },
    upstreamUrl: "/?b=1",
  },
];

const foreign = (what: string, method: string, headers: readonly string[]): ConformanceCase => ({
  title: `refuses a cookie ${what}`,
  method,
  path: "/any",
  headers: [...COOKIE, ...headers],
  carried,
  status: 403,
  reason: "origin_not_allowed",
});
const welcome = (what: string, method: string, headers: readonly string[]): ConformanceCase => ({
  title: `takes a cookie ${what}`,
  method,
  path: "/any",
  headers: [...COOKIE, ...headers],
  carried,
  status: 200,
});
const UPGRADE = ["Connection", "Upgrade", "Upgrade", "websocket"];

const origins: readonly ConformanceCase[] = [
  ...["GET", "HEAD", "OPTIONS"].map((method) => welcome(`with ${method} and no Origin`, method, [])),
  welcome("with GET from any origin", "GET", ["Origin", "https://evil.example"]),
  ...["POST", "PUT", "PATCH", "DELETE", "PROPFIND"].flatMap((method) => [
    foreign(`with ${method} and no Origin`, method, []),
    welcome(`with ${method} from an allowed origin`, method, ORIGIN),
  ]),
  welcome("from an allowed origin with a port", "POST", ["Origin", "https://app.example:8443"]),
  ...[
    "https://evil.example",
    "null",
    "http://app.example",
    "https://app.example:444",
    "https://app.example/",
    "https://APP.example",
    "https://app.example.evil",
    "https://app.example, https://evil.example",
  ].map((origin) => foreign(`with POST from ${origin}`, "POST", ["Origin", origin])),
  ...[
    foreign("with GET and an upgrade from another origin", "GET", ["Origin", "https://evil.example", ...UPGRADE]),
    foreign("with GET and an upgrade without Origin", "GET", UPGRADE),
    foreign("with GET and an upgrade that Connection does not name", "GET", ["Upgrade", "websocket"]),
  ].map((each): ConformanceCase => ({ ...each, only: ["http/1.1"] })),
  {
    title: "asks for no Origin where the token is not in a cookie",
    method: "POST",
    path: "/any",
    headers: ["X-Access-Token", "{token}", ...cookie("a=b")],
    carried,
    status: 200,
  },
  {
    title: "refuses a cookie from another origin on an optional rule",
    method: "POST",
    path: "/any-optional",
    headers: [...COOKIE, "Origin", "https://evil.example"],
    carried,
    status: 403,
    reason: "origin_not_allowed",
  },
  {
    title: "passes a CORS preflight with cookies that are no source",
    method: "OPTIONS",
    path: "/any-preflight",
    headers: [...PREFLIGHT, ...cookie("a=b")],
    status: 200,
  },
  ...(
    [
      ["Authorization", "", ["Authorization", "Bearer x"]],
      ["a header", "", ["X-Access-Token", "x"]],
      ["a cookie", "", cookie("__Host-token=x")],
      ["a parameter", "?access_token=x", []],
    ] as const
  ).map(
    ([what, query, headers]): ConformanceCase => ({
      title: `judges a CORS preflight that carries ${what}`,
      method: "OPTIONS",
      path: `/any-preflight${query}`,
      headers: [...PREFLIGHT, ...headers],
      status: 401,
      reason: "token_malformed",
      challenge: `${BARE}, error="invalid_token", error_description="The access token is invalid"`,
    }),
  ),
];

const OF_PARTNER = { key: "partner" } as const;
const INVALID_BOUND = 'Bearer realm="bound", error="invalid_token", error_description="The access token is invalid"';

/** Sources for the tokens of one issuer. */
const bound: readonly ConformanceCase[] = [
  {
    title: "takes the token of an issuer in the issuer's own header",
    path: "/bound",
    headers: ["X-Partner-Token", "{token}"],
    carried: OF_PARTNER,
    status: 200,
    upstream: { authorization: BEARER, "x-partner-token": null },
  },
  {
    title: "takes the token of another issuer in Authorization",
    path: "/bound",
    headers: ["Authorization", BEARER],
    carried,
    status: 200,
    upstream: { authorization: BEARER, "x-user-id": "user-1" },
  },
  ...(
    [
      ["an issuer's token in another issuer's header", ["X-Partner-Token", "{token}"], carried],
      ["an issuer's token in another spelling of the header", ["x_partner_token", "{token}"], carried],
      ["an issuer's token outside its own header", ["Authorization", BEARER], OF_PARTNER],
    ] as const
  ).map(
    ([what, headers, recipe]): ConformanceCase => ({
      title: `refuses ${what}`,
      path: "/bound",
      headers,
      carried: recipe,
      status: 401,
      reason: "issuer_untrusted",
      challenge: INVALID_BOUND,
    }),
  ),
  {
    title: "refuses two tokens, each in the source of its issuer",
    path: "/bound",
    headers: ["X-Partner-Token", "evil", "Authorization", BEARER],
    carried,
    status: 400,
    reason: "token_ambiguous",
    challenge: withError("More than one access token was sent").replace("sources", "bound"),
  },
];

/** Schemes besides Bearer. */
const schemes: readonly ConformanceCase[] = [
  ...["Bearer {token}", "JWT {token}", "jwt   {token}", "{token}"].map(
    (authorization): ConformanceCase => ({
      title: `takes Authorization: ${authorization}, and forwards the scheme Bearer`,
      path: "/schemes",
      headers: ["Authorization", authorization],
      carried,
      status: 200,
      upstream: { authorization: BEARER, "x-user-id": "user-1" },
    }),
  ),
  ...["Token {token}", "DPoP {token}", "Basic YTpi", "JWT", "Basic"].map(
    (authorization): ConformanceCase => ({
      title: `finds no token in Authorization: ${authorization}, and asks for the scheme Bearer`,
      path: "/schemes",
      headers: ["Authorization", authorization],
      carried,
      status: 401,
      reason: "token_missing",
      challenge: 'Bearer realm="schemes"',
    }),
  ),
  ...["JWT {token}", "{token}"].map(
    (authorization): ConformanceCase => ({
      title: `finds no token in Authorization: ${authorization} if the policy does not name the scheme`,
      path: "/any",
      headers: ["Authorization", authorization],
      carried,
      status: 401,
      reason: "token_missing",
      challenge: BARE,
    }),
  ),
];

/** Policies that keep the client's own Authorization. */
const kept: readonly ConformanceCase[] = [
  ...["Basic YTpi", "Bearer evil", "Bearer {token}", "Custom a=b, c=d"].map(
    (authorization): ConformanceCase => ({
      title: `keeps the client's own Authorization: ${authorization}`,
      path: "/kept",
      headers: ["Authorization", authorization, "X-Access-Jwt", "{token}"],
      carried,
      status: 200,
      upstream: { authorization, "x-access-jwt": "{token}", x_access_jwt: null, "x-user-id": "user-1" },
    }),
  ),
  {
    title: "adds no Authorization if it keeps the client's own and the client sends none",
    path: "/kept",
    headers: ["X-Access-Jwt", "{token}"],
    carried,
    status: 200,
    upstream: { authorization: null, "x-access-jwt": "{token}" },
  },
  {
    title: "does not take a kept Authorization for a token",
    path: "/kept",
    headers: ["Authorization", BEARER],
    carried,
    status: 401,
    reason: "token_missing",
    challenge: 'Bearer realm="kept"',
  },
  {
    title: "keeps an Authorization that proves nothing on an optional rule",
    path: "/kept-optional",
    headers: ["Authorization", BEARER, "X-User-Id", "admin"],
    carried,
    status: 200,
    upstream: { authorization: BEARER, "x-user-id": null },
  },
  {
    title: "keeps the client's own Authorization in report mode as well",
    path: "/kept-report",
    headers: ["Authorization", "Basic YTpi", "X-Access-Jwt", "evil"],
    status: 200,
    reported: "token_malformed",
    upstream: { authorization: "Basic YTpi", "x-user-id": null },
  },
];

export const SOURCE_CASES: readonly ConformanceCase[] = [
  ...bound,
  ...schemes,
  ...kept,
  ...accepted,
  ...ambiguous,
  ...readings,
  ...removal,
  ...origins,
];
