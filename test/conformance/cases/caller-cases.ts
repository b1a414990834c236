import { CONSUMERS } from "../world.ts";
import { type ConformanceCase, GOOD, passes, refusalsOf, type TokenRecipe } from "./case.ts";

const refuses = refusalsOf("consumers");

const [BILLING] = CONSUMERS;
const AS_BILLING = {
  "x-consumer-id": BILLING.id,
  "x-consumer-username": BILLING.username,
  "x-consumer-custom-id": BILLING.custom_id,
  "x-credential-identifier": "user-1",
};
const NO_CALLER = {
  "x-consumer-id": null,
  "x-consumer-username": null,
  "x-consumer-custom-id": null,
  "x-credential-identifier": null,
  "x-anonymous-consumer": null,
  "x-consumer-groups": null,
  "x-authenticated-groups": null,
};
const SPOOFED_CALLER = [
  ...["X-Consumer-ID", "x_consumer_id", "x-consumer_id", "X-CONSUMER-USERNAME", "x_consumer_username"],
  ...["X-Consumer-Custom-ID", "x_consumer-custom_id", "X-Credential-Identifier", "x_credential_identifier"],
  ...["X-Anonymous-Consumer", "x_anonymous_consumer", "X-Consumer-Groups", "x-consumer_groups"],
  ...["X-Authenticated-Groups", "x_authenticated_groups"],
].flatMap((name) => [name, "evil"]);
const SPOOFED_CALLER_GONE = Object.fromEntries(
  SPOOFED_CALLER.filter((_, index) => index % 2 === 0)
    .filter((name) => name.includes("_"))
    .map((name) => [name, null]),
);
const client = (azp: unknown, claims: Readonly<Record<string, unknown>> = {}): TokenRecipe => ({
  key: "rs256",
  claims: { azp, ...claims },
});

/** Kong Consumers, credentials and groups, and the attempts of clients to fake them. */
export const CALLER_CASES: readonly ConformanceCase[] = [
  passes("tells the upstream which Consumer the token names, whatever headers the client sends", "/consumer-required", {
    headers: SPOOFED_CALLER,
    token: client("billing-app"),
    upstream: { ...NO_CALLER, ...SPOOFED_CALLER_GONE, ...AS_BILLING, "x-user-id": "user-1" },
  }),
  passes("knows the Consumer the second time as well", "/consumer-required", {
    token: client("billing-app", { sub: "user-2" }),
    upstream: { ...NO_CALLER, ...AS_BILLING, "x-credential-identifier": "user-2" },
  }),
  ...(["/consumer-optional", "/consumer-public"] as const).map((path) =>
    passes(`removes a made-up Consumer without a token on ${path}`, path, {
      headers: SPOOFED_CALLER,
      upstream: { ...NO_CALLER, ...SPOOFED_CALLER_GONE },
    }),
  ),
  passes("sets the Consumer on an optional rule", "/consumer-optional", {
    headers: SPOOFED_CALLER,
    token: client("billing-app"),
    upstream: { ...NO_CALLER, ...SPOOFED_CALLER_GONE, ...AS_BILLING },
  }),
  ...(
    [
      ["a Consumer that Kong does not have", "nobody"],
      ["a Consumer by its custom_id", "c-17"],
      ["does not find a Consumer by its id if the username is required", BILLING.id],
      ["a Consumer's name in another case", "Billing-App"],
      ["an empty name", ""],
      ["a name with a line feed", "billing-app\n"],
      ["nobody", undefined],
    ] as const
  ).map(([what, azp]) =>
    refuses("consumer_unknown", `refuses a token that names ${what}`, "/consumer-required", {
      token: client(azp),
      message: "Access is not allowed",
    }),
  ),
  refuses(
    "consumer_unknown",
    "refuses a Consumer's name from an issuer that may not name Consumers",
    "/consumer-partner",
    {
      token: { key: "partner", claims: { azp: "billing-app" } },
    },
  ),
  ...(
    [
      ["a credential of other characters", { sub: "Jos\u00e9" }],
      ["a credential that is too long", { sub: "u".repeat(257) }],
      ["a group that would read as two", { realm_access: { roles: ["a,admin"] } }],
    ] as const
  ).map(([what, claims]) =>
    refuses("identity_claim_invalid", `refuses a token with ${what}`, "/consumer-required", {
      token: client("billing-app", claims),
    }),
  ),
  passes("finds a Consumer by its id, which is also the credential's id", "/consumers-by-id", {
    token: client(BILLING.id),
    upstream: { ...AS_BILLING, "x-credential-identifier": BILLING.id },
  }),
  ...(["billing-app", "00000000-0000-4000-8000-000000000000", BILLING.id.toUpperCase(), undefined] as const).map(
    (azp) =>
      passes(`goes on without a Consumer where an unknown one is ignored: ${azp}`, "/consumers-by-id", {
        headers: SPOOFED_CALLER,
        token: client(azp),
        upstream: { ...NO_CALLER, ...SPOOFED_CALLER_GONE, "x-user-id": "user-1" },
      }),
  ),
  passes("sets a credential without a Consumer", "/credentials", {
    headers: SPOOFED_CALLER,
    token: GOOD,
    upstream: { ...NO_CALLER, ...SPOOFED_CALLER_GONE, "x-credential-identifier": "user-1" },
  }),
  refuses("token_missing", "requires a token if no other plugin has authenticated the client", "/other-skip", {
    headers: SPOOFED_CALLER,
  }),
  passes("accepts a token if no other plugin has authenticated the client", "/other-skip", {
    token: client("billing-app"),
    upstream: AS_BILLING,
  }),
  refuses(
    "other_authentication_missing",
    "refuses a good token if the rule also requires another plugin's authentication, and there is none",
    "/other-require",
    { headers: SPOOFED_CALLER, token: client("billing-app") },
  ),
];
