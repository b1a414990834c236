import { expect, it } from "vitest";
import { compareTrust } from "../../../offline/compare/compare-trust.ts";
import { compileDocument } from "../../core/fixtures.ts";

function compile(issuers: string) {
  return compileDocument(
    `jwt_policy: 1\nname: shop\nissuers:\n${issuers}\ndefaults: { accept: [acme] }\nroutes: { a: {} }\n`,
  );
}

const TENANTS = (tenants: string, more = "", uri = "https://keys.example/{tenant}/jwks") =>
  `  acme: { issuer: "https://idp.example/{tenant}", tenants: [${tenants}], claims: { tenant: tid }, audiences: [api], keys: { jwks_uri: "${uri}"${more} } }`;
const ENTRIES = (keys: string) =>
  `  acme: { issuer: https://idp.example, audiences: [api], keys: { jwks_uri: ${keys} } }
  ids: { issuer: https://idp.example, audiences: [web], token_type: JWT, keys: { jwks_uri: ${keys} } }`;

it.each<[what: string, before: string, after: string, expected: readonly [string, string, RegExp][]]>([
  [
    "a change of the keys of all tenants is one change, which names the tenants",
    TENANTS("t1, t2, t3"),
    TENANTS("t1, t2, t3", "", "https://other.example/{tenant}/jwks"),
    [
      [
        "looser",
        "acme",
        /other\.example\/t1\/jwks\. Before: .* The same change applies to https:\/\/idp\.example\/t2, https:\/\/idp\.example\/t3\.$/,
      ],
    ],
  ],
  [
    "a new tenant that is not the first",
    TENANTS("t1, t2"),
    TENANTS("t1, t2, t3"),
    [
      [
        "looser",
        "acme",
        /^Issuer https:\/\/idp\.example\/t3 is trusted now\. The issuer's keys: https:\/\/keys\.example\/t3\/jwks/,
      ],
    ],
  ],
  [
    "tenants that are removed and added, the first included",
    TENANTS("t1, t2, t3, t4, t5, t6, t7, t8"),
    TENANTS("t8, t9"),
    [
      ["stricter", "acme", /\/t1 is no longer trusted.*The same change applies to .*t2, .*t6 and 1 more\.$/],
      ["looser", "acme", /\/t9 is trusted now/],
    ],
  ],
  [
    "the keys of several entries with one iss, which names all of them, once",
    ENTRIES("https://idp.example/a"),
    ENTRIES("https://idp.example/b"),
    [["looser", "acme, ids", /^Issuer acme, ids: the keys come from https:\/\/idp\.example\/b/]],
  ],
  [
    "an entry that is removed",
    ENTRIES("https://idp.example/a"),
    ENTRIES("https://idp.example/a").split("\n")[0] ?? "",
    [["changed", "acme", /the issuer's id is acme\. Before: acme, ids\./]],
  ],
  ["nothing, if nothing changes", TENANTS("t1, t2"), TENANTS("t1, t2"), []],
])("compareTrust finds %s", (_what, before, after, expected) => {
  const found = compareTrust(compile(before), compile(after));
  expect(found.map(({ direction, subject, summary }) => [direction, subject, summary])).toEqual(
    expected.map(([direction, subject, summary]) => [direction, subject, expect.stringMatching(summary)]),
  );
});
