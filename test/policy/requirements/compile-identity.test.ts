import { describe, expect, it } from "vitest";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";
import { readPolicy } from "../../../plugin/policy/read-policy.ts";
import { compileDocument, policyDocument } from "../../core/fixtures.ts";

const ISSUER = { issuer: "https://idp.example.com", audiences: ["api"] };
const PARTNER = { issuer: "https://partner.example", audiences: ["api"] };

type Members = Record<string, unknown>;

const documentWith = (identity: unknown, changes: Members = {}): Members =>
  policyDocument(ISSUER, { identity, ...changes });

function issuesOf(document: Members): unknown {
  const result = readPolicy(JSON.stringify(document), "0".repeat(64));
  return !result.ok ? result.failure.map(({ code, pointer }) => [code, pointer]) : [];
}

describe("identity", () => {
  it("applies to every token of the only issuer, with the strict default of each key", () => {
    const { identity } = compileDocument(documentWith({ consumer: { claim: "azp" } }));
    expect(identity).toEqual({
      issuers: new Set(["acme"]),
      consumer: { claims: [parseClaimReference("azp")], by: "username", refusesUnknown: true, maxAgeSeconds: 60 },
      credential: undefined,
      groups: undefined,
    });
  });

  it("keeps explicit values", () => {
    const { identity } = compileDocument(
      documentWith(
        {
          issuers: ["partner"],
          consumer: { claim: "/client/id", by: "id", unknown: "ignore", cache: "1h" },
          credential: "sub",
          groups: "/realm_access/roles",
        },
        { issuers: { acme: ISSUER, partner: PARTNER }, defaults: { accept: ["acme", "partner"] } },
      ),
    );
    expect(identity).toEqual({
      issuers: new Set(["partner"]),
      consumer: { claims: [parseClaimReference("/client/id")], by: "id", refusesUnknown: false, maxAgeSeconds: 3600 },
      credential: [parseClaimReference("sub")],
      groups: [{ claim: parseClaimReference("/realm_access/roles"), separator: undefined }],
    });
  });

  it("removes Kong's headers from every request, and only where it is used", () => {
    const without = compileDocument(policyDocument(ISSUER));
    const using = compileDocument(documentWith({ credential: "sub" }));
    expect([without.identity, without.clearedHeaders.length]).toEqual([undefined, 4]);
    expect(using.clearedHeaders).toHaveLength(4 + 6 * 4 + 8);
    expect(using.clearedHeaders).toEqual(
      expect.arrayContaining(["x-consumer-id", "x_consumer_custom_id", "x-authenticated_groups", "x_user_id"]),
    );
  });

  it.each<[what: string, document: Members, issues: unknown]>([
    ["nothing", documentWith({}), [["identity_invalid", "/identity"]]],
    ["issuers alone", documentWith({ issuers: ["acme"] }), [["identity_invalid", "/identity"]]],
    [
      "an issuer that is not there",
      documentWith({ issuers: ["acne"], credential: "sub" }),
      [["issuer_unknown", "/identity/issuers/0"]],
    ],
    [
      "nobody's tokens in particular, of several issuers",
      documentWith(
        { credential: "sub" },
        { issuers: { acme: ISSUER, partner: PARTNER }, defaults: { accept: ["acme"] } },
      ),
      [["identity_invalid", "/identity"]],
    ],
    [
      "a Consumer for more than an hour",
      documentWith({ consumer: { claim: "azp", cache: "61m" } }),
      [["duration_invalid", "/identity/consumer/cache"]],
    ],
    ["a Consumer without a claim", documentWith({ consumer: {} }), [["missing_key", "/identity/consumer"]]],
    [
      "a Consumer by custom_id",
      documentWith({ consumer: { claim: "azp", by: "custom_id" } }),
      [["invalid_value", "/identity/consumer/by"]],
    ],
    [
      "headers that are mapped as well",
      documentWith({ credential: "sub" }, { header_mappings: { "x-consumer-id": "sub", "x-user-id": "sub" } }),
      [["mapping_invalid", "/header_mappings/x-consumer-id"]],
    ],
    [
      "headers that claims are compared with",
      documentWith(
        { credential: "sub" },
        { routes: { read: { required_claims: { sub: { equals_header: "x-consumer-username" } } } } },
      ),
      [["condition_invalid", "/routes/read/required_claims/sub/equals_header"]],
    ],
  ])("cannot be %s", (_what, document, issues) => {
    expect(issuesOf(document)).toEqual(issues);
  });

  it("lets mappings and conditions use Kong's headers if there is no identity", () => {
    const routes = { read: { required_claims: { sub: { equals_header: "x-consumer-username" } } } };
    expect(issuesOf(policyDocument(ISSUER, { header_mappings: { "x-consumer-id": "sub" }, routes }))).toEqual([]);
  });
});

describe("other_authentication", () => {
  it("comes from the most specific place: operation, rule, defaults, built-in value", () => {
    const { rules } = compileDocument(
      policyDocument(ISSUER, {
        defaults: { other_authentication: "skip" },
        routes: {
          inherits: {},
          own: { other_authentication: "require" },
          mixed: {
            other_authentication: "require",
            operations: [{ methods: ["GET"], path: "/", other_authentication: "ignore" }],
          },
        },
      }),
    );
    const of = (id: string): unknown => rules.get(id)?.requirements.otherAuthentication;
    expect([of("inherits"), of("own"), of("mixed")]).toEqual(["skip", "require", "require"]);
    expect(rules.get("mixed")?.operations?.values.map((value) => value.otherAuthentication)).toEqual(["ignore"]);
    const plain = compileDocument(policyDocument(ISSUER));
    expect(plain.rules.get("read")?.requirements.otherAuthentication).toBe("ignore");
  });

  it.each<[value: string, access: string, issues: unknown]>([
    ["maybe", "required", [["invalid_value", "/routes/read/other_authentication"]]],
    ["skip", "public", [["requirement_contradiction", "/routes/read/other_authentication"]]],
  ])("cannot be %s with access %s", (value, access, issues) => {
    const document = policyDocument(ISSUER, { routes: { read: { access, other_authentication: value } } });
    expect(issuesOf(document)).toEqual(issues);
  });
});
