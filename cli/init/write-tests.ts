import type { Reason } from "../../plugin/core/model/denial.ts";
import { topOf } from "./model/claim-steps.ts";
import type { Applications, Membership, Permissions, RecipePart, TokenShape } from "./model/provider.ts";
import { type Api, ruleNames } from "./write-policy.ts";
import { flow, indent } from "./yaml-text.ts";

type Claims = Readonly<Record<string, unknown>>;
type Expected = "allow" | Reason;

/** A token for the tests, and what it permits. */
interface TokenRow {
  readonly id: string;
  readonly recipe: RecipePart & { readonly extends?: string };
  readonly read: Expected;
  readonly write?: Expected;
  readonly note?: string;
}

/** Scopes of OpenID Connect (Core section 5.4), which give no permission for the API. */
const OPENID_SCOPES = ["openid", "profile", "email"];

/**
 * Writes tests of every kind of decision that the policy makes. Therefore even a small change of the policy makes a
 * test fail.
 */
export function writeTests(api: Api): string {
  const { name, provider, shape, schemas } = api;
  const { permissions } = shape;
  const rules = ruleNames(name, permissions);
  const rows = listRows(shape);
  const [valid] = rows;
  const good = valid?.id ?? "";
  const isSplit = rules.write !== undefined;
  const first = isSplit ? "read" : "call";
  return [
    `# yaml-language-server: $schema=${schemas}/policy-test.schema.json`,
    `# What ${name}.yaml decides about tokens of ${provider}. The tests sign their tokens with throw-away keys, so they need no provider and no network.`,
    "jwt_policy_test: 1",
    "",
    "tokens: # issuer, audience, times and sub are filled in from the policy",
    ...rows.map(({ id, recipe, note }) => `  ${id}: ${flow(recipe)}${note === undefined ? "" : ` # ${note}`}`),
    ...shape.otherTokens.map(
      ({ id, recipe }) => `  ${id}: ${flow(recipe.text === undefined ? { extends: good, ...recipe } : recipe)}`,
    ),
    "",
    "requests:",
    `  ${first}: ${flow({ rule: rules.read })}`,
    ...(rules.write === undefined ? [] : [`  write: ${flow({ rule: rules.write, method: "POST" })}`]),
    "",
    "tests:",
    `  - name: ${isSplit ? "Readers only read, and writers also write" : "Every user who is signed in may use the API"}`,
    "    matrix:",
    ...rows.map(
      ({ id, read, write }) => `      ${id}: ${flow({ [first]: read, ...(write !== undefined && { write }) })}`,
    ),
    `      none: ${flow({ [first]: "token_missing", ...(isSplit && { write: "token_missing" }) })}`,
    "",
    `  - group: Only valid tokens of ${provider} for this API`,
    `    request: ${first}`,
    "    tests:",
    ...indent(writeRefusals(shape, good), 6),
    "",
    "  - group: Clocks may differ by 30 seconds, the default of clock_skew",
    `    request: ${first}`,
    "    tests:",
    `      - ${flow({ token: { extends: good, claims: { exp: "-29s" } }, expect: "allow" })}`,
    `      - ${flow({ token: { extends: good, claims: { exp: "-31s" } }, expect: "token_expired" })}`,
    "",
    "  - name: A token that is sent in clear text can be stolen, so the policy refuses it",
    `    token: ${good}`,
    `    request: ${first}`,
    "    transport: plain",
    "    expect: insecure_transport",
    "",
    "  - name: A preflight needs a token, unless Kong's cors plugin answers it first",
    `    request: ${first}`,
    "    method: OPTIONS",
    "    headers: { origin: https://shop.example, access-control-request-method: GET }",
    "    expect: token_missing",
    "",
    "  - name: The upstream learns the caller from the token, not from the client",
    `    token: ${good}`,
    `    request: ${first}`,
    "    headers: { x-user-id: admin }",
    `    expect: { headers: { x-user-id: ${flow(shape.claims[shape.subject] ?? good)} }, cleared: [x_user_id] }`,
    "",
  ].join("\n");
}

/** The first row is the basic token, and all other tests use variants of this token. */
function listRows({ claims, permissions }: TokenShape): readonly TokenRow[] {
  if (permissions.by === "token") {
    return [{ id: "user", recipe: { claims }, read: "allow" }];
  }
  const { read, write, grant, member, applications } = permissions;
  const [other = "", another = ""] = OPENID_SCOPES.filter((scope) => scope !== read && scope !== write);
  const withScopes = (...scopes: readonly string[]): Claims => grant([other, ...scopes]);
  const reader: TokenRow = {
    id: "reader",
    recipe: { claims: merge(claims, withScopes(read)) },
    read: "allow",
    write: "scope_insufficient",
  };
  const guest: TokenRow = {
    id: "guest",
    recipe: { extends: "reader", claims: withScopes(another) },
    read: "scope_insufficient",
    write: "scope_insufficient",
    note: "a valid token without a scope of this API",
  };
  const writer: TokenRow = {
    id: "writer",
    recipe: { extends: "reader", claims: withScopes(read, write) },
    read: "allow",
    write: "allow",
  };
  return [
    reader,
    ...(member === undefined ? [writer] : listMembers(member, withScopes(read, write), withScopes(read))),
    guest,
    ...(applications === undefined ? [] : listApplications(applications, permissions, withScopes(another))),
  ];
}

/** Writers need both the scope and the role or group. */
function listMembers({ kind, ways }: Membership, allScopes: Claims, readScope: Claims): readonly TokenRow[] {
  const [first] = ways;
  return [
    ...ways.map(
      ({ id, claims }): TokenRow => ({
        id,
        recipe: { extends: "reader", claims: merge(allScopes, claims) },
        read: "allow",
        write: "allow",
      }),
    ),
    {
      id: `no-${kind}`,
      recipe: { extends: "reader", claims: allScopes },
      read: "allow",
      write: "condition_unmet",
      note: `the scope alone is not enough to write`,
    },
    {
      id: `only-${kind}`,
      recipe: { extends: "reader", claims: merge(readScope, first?.claims ?? {}) },
      read: "allow",
      write: "scope_insufficient",
      note: `the ${kind} alone is not enough to write`,
    },
  ];
}

function listApplications(
  { read, write, mark, grant }: Applications,
  { grant: grantScopes }: Extract<Permissions, { by: "scopes" }>,
  noScope: Claims,
): readonly TokenRow[] {
  const without = Object.keys(grantScopes([]));
  const app = (id: string, ...roles: readonly string[]): TokenRow => ({
    id,
    recipe: { extends: "reader", claims: { ...grant(roles), [mark.claim]: mark.equals }, without },
    read: roles.includes(read) ? "allow" : "scope_insufficient",
    write: roles.includes(write) ? "allow" : "scope_insufficient",
  });
  const users = { read: "scope_insufficient", write: "scope_insufficient" } as const;
  return [
    app("app-reader", read),
    app("app-writer", read, write),
    { ...app("app-guest"), note: "an application without a role of this API" },
    {
      id: "user-with-app-roles",
      recipe: { extends: "guest", claims: { ...noScope, ...grant([read, write]), [mark.claim]: mark.ofUser } },
      ...users,
      note: "a role for applications gives users no permission",
    },
    {
      id: "unmarked-app",
      recipe: { extends: "guest", claims: grant([read, write]) },
      ...users,
      note: `without ${mark.claim}, a token of an application looks like a token of a user`,
    },
  ];
}

function writeRefusals(shape: TokenShape, good: string): readonly string[] {
  const { conditions, subject, otherTokens, tokenType } = shape;
  const line = (name: string, token: unknown, expect: Reason): string => `- ${flow({ name, token, expect })}`;
  const tampered = (name: string, tamper: string, expect: Reason): string =>
    line(name, { extends: good, tamper }, expect);
  return [
    tampered("An expired token", "expired", "token_expired"),
    tampered("A token for another API", "wrong_audience", "audience_mismatch"),
    tampered("A token of another issuer", "wrong_issuer", "issuer_untrusted"),
    ...otherTokens.map(({ id, name, expect }) => line(name, id, expect)),
    ...conditions.flatMap(({ claim, wrong, absent }) => [
      ...(wrong === undefined
        ? []
        : [line(wrong.name, { extends: good, claims: { [claim]: wrong.value } }, "claim_invalid")]),
      line(absent, { extends: good, without: [topOf(claim)] }, "claim_missing"),
    ]),
    line("A token without a user id", { extends: good, without: [subject] }, "claim_missing"),
    ...(tokenType.is === "any" ? [] : [tampered("A token of another type", "wrong_type", "token_type_mismatch")]),
    tampered("Claims that were changed after signing", "payload_changed", "signature_invalid"),
    tampered("A changed signature", "signature_changed", "signature_invalid"),
    tampered("A signature by another key", "other_key", "signature_invalid"),
    tampered("No signature, with the algorithm none", "algorithm_none", "token_malformed"),
    tampered("An algorithm that the policy does not accept", "other_algorithm", "algorithm_not_allowed"),
    tampered("A token that is bound to a key, without a proof of the key", "bound_to_key", "claim_invalid"),
  ];
}

/** Merges the claims of two tokens. If a claim is an object in both tokens, merges the two objects in the same way. */
function merge(one: Claims, two: Claims): Claims {
  const merged = Object.entries(two).map(([name, value]) => {
    const before = one[name];
    return [name, isObject(before) && isObject(value) ? merge(before, value) : value];
  });
  return { ...one, ...Object.fromEntries(merged) };
}

function isObject(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
