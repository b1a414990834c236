import { describe, expect, it } from "vitest";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";
import { compilePolicy, policyDocument } from "../../core/fixtures.ts";
import { issuesOf as allIssuesOf } from "../read/marked-text.ts";

const ISSUER = { issuer: "https://idp.example.com", audiences: ["api"] };
const PARTNER = { issuer: "https://partner.example", audiences: ["api"] };
const BOTH = { issuers: { acme: ISSUER, partner: PARTNER }, defaults: { accept: ["acme", "partner"] } };

type Members = Record<string, unknown>;

const issuesOf = (document: Members): unknown =>
  allIssuesOf(JSON.stringify(policyDocument(ISSUER, document))).map(({ code, pointer }) => `${code} ${pointer}`);

describe("identity", () => {
  it("applies to every token of the only issuer, with the strict default of each key", () => {
    const { identity } = compilePolicy({ identity: { consumer: { claim: "azp" } } });
    expect(identity).toEqual({
      issuers: new Set(["acme"]),
      consumer: { claims: [parseClaimReference("azp")], by: "username", refusesUnknown: true, maxAgeSeconds: 60 },
      credential: undefined,
      groups: undefined,
    });
  });

  it("keeps explicit values", () => {
    const consumer = { claim: "/client/id", by: "id", unknown: "ignore", cache: "1h" };
    const named = { issuers: ["partner"], consumer, credential: "sub", groups: "/realm_access/roles" };
    expect(compilePolicy({ identity: named, ...BOTH }).identity).toEqual({
      issuers: new Set(["partner"]),
      consumer: { claims: [parseClaimReference("/client/id")], by: "id", refusesUnknown: false, maxAgeSeconds: 3600 },
      credential: [parseClaimReference("sub")],
      groups: [{ claim: parseClaimReference("/realm_access/roles"), separator: undefined }],
    });
  });

  it("removes Kong's headers from every request, and only where it is used", () => {
    const [without, using] = [compilePolicy(), compilePolicy({ identity: { credential: "sub" } })];
    expect([without.identity, without.clearedHeaders.length]).toEqual([undefined, 4]);
    expect(using.clearedHeaders).toHaveLength(4 + 6 * 4 + 8);
    const some = ["x-consumer-id", "x_consumer_custom_id", "x-authenticated_groups", "x_user_id"];
    expect(using.clearedHeaders).toEqual(expect.arrayContaining(some));
  });

  const bySub = { credential: "sub" };
  const compared = { read: { required_claims: { sub: { equals_header: "x-consumer-username" } } } };
  const mapped = { "x-consumer-id": "sub", "x-user-id": "sub" };
  it.each<[what: string, identity: Members, issue: string, changes?: Members]>([
    ["nothing", {}, "identity_invalid /identity"],
    ["issuers alone", { issuers: ["acme"] }, "identity_invalid /identity"],
    ["an issuer that is not there", { issuers: ["acne"], ...bySub }, "issuer_unknown /identity/issuers/0"],
    ["no issuers, although the policy has several", bySub, "identity_invalid /identity", BOTH],
    ["a Consumer for long", { consumer: { claim: "azp", cache: "61m" } }, "duration_invalid /identity/consumer/cache"],
    ["a Consumer without a claim", { consumer: {} }, "missing_key /identity/consumer"],
    ["a Consumer by custom_id", { consumer: { claim: "azp", by: "custom_id" } }, "invalid_value /identity/consumer/by"],
    ["mapped headers", bySub, "mapping_invalid /header_mappings/x-consumer-id", { header_mappings: mapped }],
    [
      "compared headers",
      bySub,
      "condition_invalid /routes/read/required_claims/sub/equals_header",
      { routes: compared },
    ],
  ])("cannot be %s", (_what, identity, issue, changes) => {
    expect(issuesOf({ identity, ...changes })).toEqual([issue]);
  });

  it("lets mappings and conditions use Kong's headers if there is no identity", () => {
    expect(issuesOf({ header_mappings: { "x-consumer-id": "sub" }, routes: compared })).toEqual([]);
  });
});

describe("other_authentication", () => {
  it("comes from the most specific place: operation, rule, defaults, built-in value", () => {
    const operations = [{ methods: ["GET"], path: "/", other_authentication: "ignore" }];
    const own = { other_authentication: "require" };
    const routes = { inherits: {}, own, mixed: { ...own, operations } };
    const { rules } = compilePolicy({ defaults: { other_authentication: "skip" }, routes });
    const of = (id: string): unknown => rules.get(id)?.requirements.otherAuthentication;
    expect([of("inherits"), of("own"), of("mixed")]).toEqual(["skip", "require", "require"]);
    expect(rules.get("mixed")?.operations?.values.map((value) => value.otherAuthentication)).toEqual(["ignore"]);
    expect(compilePolicy().rules.get("read")?.requirements.otherAuthentication).toBe("ignore");
  });

  it.each([
    ["maybe", "required", "invalid_value"],
    ["skip", "public", "requirement_contradiction"],
  ])("cannot be %s with access %s", (other_authentication, access, code) => {
    const issues = issuesOf({ routes: { read: { access, other_authentication } } });
    expect(issues).toEqual([`${code} /routes/read/other_authentication`]);
  });
});
