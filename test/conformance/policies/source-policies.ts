type Members = Readonly<Record<string, unknown>>;

/** Policies whose tokens are in other places than Authorization. The key is the file name. */
export function createSourcePolicies(main: Members, partner: Members): Readonly<Record<string, Members>> {
  const policy = (name: string, token: Members, rules: Members): Members => ({
    jwt_policy: 1,
    name,
    issuers: { main },
    routes: rules,
    token,
    header_mappings: { "x-user-id": "sub" },
  });
  const cookie = { cookie: "__Host-token", allowed_origins: ["https://app.example", "https://app.example:8443"] };
  return {
    sources: policy(
      "sources",
      {
        sources: [
          "authorization",
          { header: "x-access-token" },
          { header: "x-auth", prefix: "Token" },
          cookie,
          { query: "access_token" },
        ],
      },
      {
        any: {},
        "any-optional": { access: "optional" },
        "any-public": { access: "public" },
        "any-preflight": { cors_preflight: "pass" },
      },
    ),
    "no-authorization": policy(
      "no-authorization",
      { sources: [cookie], forward: { header: "x-token" } },
      { moved: {}, "moved-optional": { access: "optional" }, "moved-public": { access: "public" } },
    ),
    kept: policy(
      "kept",
      { sources: [{ header: "x-access-jwt" }], forward: { header: "x-access-jwt" }, client_authorization: "keep" },
      { kept: {}, "kept-optional": { access: "optional" }, "kept-report": { mode: "report" } },
    ),
    schemes: policy("schemes", { sources: [{ authorization: ["Bearer", "JWT"], bare: true }] }, { schemes: {} }),
    bound: {
      ...policy(
        "bound",
        {
          sources: [
            { authorization: ["Bearer"], issuers: ["main"] },
            { header: "x-partner-token", issuers: ["partner"] },
          ],
        },
        { bound: { accept: ["main", "partner"] } },
      ),
      issuers: { main, partner },
    },
    "no-forward": policy(
      "no-forward",
      { sources: ["authorization", cookie, { query: "access_token" }], forward: false },
      { withheld: {}, "withheld-report": { mode: "report" } },
    ),
  };
}

/** Kong Routes, each bound to the rule with the same name. Also the policies that contain these rules. */
export const SOURCE_ROUTES = [
  ...["any", "any-optional", "any-public", "any-preflight"].map((name) => [name, "sources"] as const),
  ...["moved", "moved-optional", "moved-public"].map((name) => [name, "no-authorization"] as const),
  ...["kept", "kept-optional", "kept-report"].map((name) => [name, "kept"] as const),
  ["schemes", "schemes"] as const,
  ["bound", "bound"] as const,
  ...["withheld", "withheld-report"].map((name) => [name, "no-forward"] as const),
];
