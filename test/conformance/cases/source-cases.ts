import { type ConformanceCase, GOOD, passes, refusalsOf } from "./case.ts";

const refuses = refusalsOf("sources");

/** Tokens in headers, cookies and queries; the policies are in source-policies.ts. */

const BEARER = "Bearer {token}";
/** No part of a token stays in its source. The upstream gets the token as Authorization. */
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
  passes(`takes the token from ${what}, and removes it there`, `/any${query}`, {
    headers,
    upstream: { ...ARRIVED, cookie: null },
    upstreamUrl: "/",
  }),
  passes(`takes the token from ${what} on an optional rule`, `/any-optional${query}`, { headers, upstream: ARRIVED }),
]);

/** Any two places, and each place twice. */
const ambiguous: readonly ConformanceCase[] = PLACES.flatMap(([what, query, headers], index) =>
  PLACES.slice(index + 1).map(([other, otherQuery, otherHeaders]) =>
    refuses("token_ambiguous", `refuses a token in ${what} and one in ${other}`, `/any${query}${otherQuery}`, {
      headers: [...headers, ...otherHeaders],
    }),
  ),
);

const several = (what: string, path: string, headers: readonly string[]) =>
  refuses("token_ambiguous", `refuses ${what}`, path, { headers });
const malformed = (what: string, path: string, headers: readonly string[]) =>
  refuses("credentials_malformed", `refuses ${what}`, path, { headers });

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
  malformed("bytes that are not UTF-8 beside the cookie", "/any", cookie("a=\u00ff; __Host-token={token}")),
  ...(
    [
      ["an empty cookie", "", cookie("__Host-token=")],
      ["a header without its prefix", "", ["X-Auth", "{token}"]],
    ] as const
  ).map(([what, query, headers]) =>
    refuses("token_missing", `lets no request pass as anonymous with ${what}`, `/any-optional${query}`, { headers }),
  ),
  refuses(
    "token_missing",
    "requires a token if no source has one, even if a text looks like a token",
    "/any?access-token={token}&x=access_token={token}",
    { headers: ["X-Token", "{token}", ...cookie("__host-token={token}; x__Host-token={token}")] },
  ),
  passes("lets an anonymous request pass if all sources are empty", "/any-optional?a=1", {
    headers: cookie("a=b"),
    upstream: { authorization: null, "x-user-id": null, cookie: "a=b" },
    upstreamUrl: "/?a=1",
  }),
];

const removal: readonly ConformanceCase[] = [
  ...(
    [
      ["a=1; __Host-token={token}; b=2", "a=1; b=2"],
      ["__Host-token={token}; b=2", "b=2"],
      ["a=1;__Host-token={token}", "a=1"],
      ['a="x y";  b=%zz,{"c":1}; __Host-token={token};d', 'a="x y";  b=%zz,{"c":1};d'],
    ] as const
  ).map(([sent, kept]) =>
    passes(`leaves the other cookies as they were: ${kept}`, "/any", {
      headers: cookie(sent),
      upstream: { ...ARRIVED, cookie: kept },
    }),
  ),
  passes("removes cookies that PHP or ASP.NET read as the token's", "/any", {
    headers: cookie(
      "a=1; ..Host-token=evil; __HOST-TOKEN=evil; %5F_Host-token=evil; __Host-token[]=evil; __Host-token={token}",
    ),
    upstream: { ...ARRIVED, cookie: "a=1" },
  }),
  refuses(
    "path_ambiguous",
    "refuses a token in a part that some servers read as a fragment",
    "/any#x?access_token={token}",
  ),
  ...(
    [
      ["?a=1&access_token={token}&b=2", "/?a=1&b=2"],
      ["?access_token={token}&a=%2f+%zz&&b", "/?a=%2f+%zz&&b"],
      ["?%61ccess_token={token}", "/"],
      ["?a='%22<>`{}|\\^[]&access_token={token}", "/?a='%22<>`{}|\\^[]"],
    ] as const
  ).map(([sent, kept]) =>
    passes(`leaves the rest of the query as it was: ${kept}`, `/any${sent}`, { upstream: ARRIVED, upstreamUrl: kept }),
  ),
  passes("reads no source on a public rule, and leaves all sources unchanged", "/any-public?access_token=a", {
    headers: ["Authorization", "Bearer b", "X-Access-Token", "c", ...cookie("__Host-token=d"), "X-User-Id", "evil"],
    upstream: { authorization: "Bearer b", "x-access-token": "c", cookie: "__Host-token=d", "x-user-id": null },
    upstreamUrl: "/?access_token=a",
  }),
  passes("moves the token to the header that the policy names, and removes Authorization", "/moved", {
    headers: ["Authorization", "Bearer evil", "X-Token", "evil", "x_token", "evil", ...COOKIE],
    upstream: { authorization: null, "x-token": "{token}", x_token: null, cookie: null, "x-user-id": "user-1" },
  }),
  passes(
    "does not read Authorization if it is not a source, and removes it for anonymous requests",
    "/moved-optional",
    {
      headers: ["Authorization", BEARER, "X-Token", "evil"],
      upstream: { authorization: null, "x-token": null, "x-user-id": null },
    },
  ),
  passes("clears the header with the token on a public rule", "/moved-public", {
    headers: ["X-Token", "evil", "x_token", "evil"],
    upstream: { "x-token": null, x_token: null },
  }),
  passes("keeps a token in a cookie from the upstream", "/withheld", {
    headers: cookie("a=1; __Host-token={token}"),
    upstream: { authorization: null, cookie: "a=1", "x-user-id": "user-1" },
  }),
  passes("keeps refused tokens from the upstream, also in report mode", "/withheld-report?access_token=a&b=1", {
    headers: ["Authorization", "Bearer a", ...cookie("a=1; __Host-token=b")],
    upstream: { authorization: null, cookie: "a=1", "x-user-id": null },
    upstreamUrl: "/?b=1",
  }),
];

const foreign = (what: string, method: string, headers: readonly string[]) =>
  refuses("origin_not_allowed", `refuses a cookie ${what}`, "/any", { method, headers: [...COOKIE, ...headers] });
const welcome = (what: string, method: string, headers: readonly string[]) =>
  passes(`takes a cookie ${what}`, "/any", { method, headers: [...COOKIE, ...headers] });
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
  passes("requires no Origin if the token is not in a cookie", "/any", {
    method: "POST",
    headers: ["X-Access-Token", "{token}", ...cookie("a=b")],
  }),
  refuses("origin_not_allowed", "refuses a cookie from another origin on an optional rule", "/any-optional", {
    method: "POST",
    headers: [...COOKIE, "Origin", "https://evil.example"],
  }),
  passes("passes a CORS preflight with cookies that are not a source", "/any-preflight", {
    method: "OPTIONS",
    headers: [...PREFLIGHT, ...cookie("a=b")],
  }),
  ...(
    [
      ["Authorization", "", ["Authorization", "Bearer x"]],
      ["a header", "", ["X-Access-Token", "x"]],
      ["a cookie", "", cookie("__Host-token=x")],
      ["a parameter", "?access_token=x", []],
    ] as const
  ).map(([what, query, headers]) =>
    refuses("token_malformed", `judges a CORS preflight that carries ${what}`, `/any-preflight${query}`, {
      method: "OPTIONS",
      headers: [...PREFLIGHT, ...headers],
    }),
  ),
];

const OF_PARTNER = { key: "partner" } as const;

/** Sources for the tokens of one issuer. */
const bound: readonly ConformanceCase[] = [
  passes("accepts the token of an issuer in the issuer's own header", "/bound", {
    headers: ["X-Partner-Token", "{token}"],
    carried: OF_PARTNER,
    upstream: { authorization: BEARER, "x-partner-token": null },
  }),
  passes("accepts the token of another issuer in Authorization", "/bound", {
    headers: ["Authorization", BEARER],
    upstream: { authorization: BEARER, "x-user-id": "user-1" },
  }),
  ...(
    [
      ["an issuer's token in another issuer's header", ["X-Partner-Token", "{token}"], GOOD],
      ["an issuer's token in another spelling of the header", ["x_partner_token", "{token}"], GOOD],
      ["an issuer's token outside its own header", ["Authorization", BEARER], OF_PARTNER],
    ] as const
  ).map(([what, headers, recipe]) =>
    refuses("issuer_untrusted", `refuses ${what}`, "/bound", { headers, carried: recipe, realm: "bound" }),
  ),
  refuses("token_ambiguous", "refuses two tokens, each in the source of its issuer", "/bound", {
    headers: ["X-Partner-Token", "evil", "Authorization", BEARER],
    realm: "bound",
  }),
];

/** Schemes other than Bearer. */
const schemes: readonly ConformanceCase[] = [
  ...["Bearer {token}", "JWT {token}", "jwt   {token}", "{token}"].map((authorization) =>
    passes(`takes Authorization: ${authorization}, and forwards the scheme Bearer`, "/schemes", {
      headers: ["Authorization", authorization],
      upstream: { authorization: BEARER, "x-user-id": "user-1" },
    }),
  ),
  ...["Token {token}", "DPoP {token}", "Basic YTpi", "JWT", "Basic"].map((authorization) =>
    refuses(
      "token_missing",
      `finds no token in Authorization: ${authorization}, and asks for the scheme Bearer`,
      "/schemes",
      { headers: ["Authorization", authorization], realm: "schemes" },
    ),
  ),
  ...["JWT {token}", "{token}"].map((authorization) =>
    refuses(
      "token_missing",
      `finds no token in Authorization: ${authorization} if the policy does not name the scheme`,
      "/any",
      { headers: ["Authorization", authorization] },
    ),
  ),
];

/** Policies that keep the client's own Authorization. */
const kept: readonly ConformanceCase[] = [
  ...["Basic YTpi", "Bearer evil", "Bearer {token}", "Custom a=b, c=d"].map((authorization) =>
    passes(`keeps the client's own Authorization: ${authorization}`, "/kept", {
      headers: ["Authorization", authorization, "X-Access-Jwt", "{token}"],
      upstream: { authorization, "x-access-jwt": "{token}", x_access_jwt: null, "x-user-id": "user-1" },
    }),
  ),
  passes("adds no Authorization if it keeps the client's own and the client sends none", "/kept", {
    headers: ["X-Access-Jwt", "{token}"],
    upstream: { authorization: null, "x-access-jwt": "{token}" },
  }),
  refuses("token_missing", "does not read a kept Authorization as a token", "/kept", {
    headers: ["Authorization", BEARER],
    realm: "kept",
  }),
  passes("keeps an unchecked Authorization on an optional rule", "/kept-optional", {
    headers: ["Authorization", BEARER, "X-User-Id", "admin"],
    upstream: { authorization: BEARER, "x-user-id": null },
  }),
  passes("keeps the client's own Authorization in report mode as well", "/kept-report", {
    headers: ["Authorization", "Basic YTpi", "X-Access-Jwt", "evil"],
    reported: "token_malformed",
    upstream: { authorization: "Basic YTpi", "x-user-id": null },
  }),
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
