import { AUDIENCE } from "../../attack-policy.ts";
import { type AttackClass, attacks, OTHER_AUDIENCE, row } from "../../forge/attack.ts";

const REFUSED = { reason: "audience_mismatch", told: OTHER_AUDIENCE } as const;
const REFERENCE = "RFC 8725 3.9; RFC 7519 4.1.3";

/** Honest tokens for another audience, and lists that hide this. */
export const audience: AttackClass = {
  name: "audience",
  honest: [
    { what: "one audience" },
    { what: "a list of audiences", claims: { aud: ["https://other.example.com", AUDIENCE] } },
    {
      what: "the audience of another rule, at that rule",
      claims: { aud: "https://other.example.com" },
      rule: "other-audience",
    },
  ],
  attacks: attacks([
    REFUSED,
    REFERENCE,
    row("aud-absent", "no aud", { claims: { aud: undefined } }),
    row("aud-null", "aud null", { claims: { aud: null } }),
    row("aud-part", "a part of it", { claims: { aud: "https://api.example" } }),
    row("aud-longer", "more than it", { claims: { aud: `${AUDIENCE}.evil.example` } }),
    row("aud-slash", "a slash behind it", { claims: { aud: `${AUDIENCE}/` } }),
    row("aud-capitals", "capitals", { claims: { aud: AUDIENCE.toUpperCase() } }),
    row("aud-star", "a star", { claims: { aud: "*" } }),
    row("aud-several-in-text", "two audiences in one string, with a space", {
      claims: { aud: `${AUDIENCE} https://other.example.com` },
    }),
    row("aud-comma-in-text", "two audiences in one string, with a comma", {
      claims: { aud: `https://other.example.com,${AUDIENCE}` },
    }),
    row("aud-nested", "a list in a list", { claims: { aud: [[AUDIENCE]] } }),
    row("aud-mixed", "a list with something that is not a string", { claims: { aud: [AUDIENCE, { admin: true }] } }),
    row("aud-object", "an object with the audience as a name", { claims: { aud: { [AUDIENCE]: true } } }),
    row("aud-like-list", "an object like a list", { claims: { aud: { 0: AUDIENCE, length: 1 } } }),
    row("aud-true", "true", { claims: { aud: true } }),
    row("aud-nul", "a NUL behind it", { claims: { aud: `${AUDIENCE}\u0000` } }),
    "RFC 8725 3.9; CVE-2020-26160",
    row("aud-empty-list", "an empty list", { claims: { aud: [] } }),
    row("aud-empty-text", "an empty string", { claims: { aud: "" } }),
    "RFC 8725 2.7 and 3.9",
    row("aud-other", "a token for another service", { claims: { aud: "https://other.example.com" } }),
    row("aud-of-read", "a token for the API, if the rule requires another audience", { rule: "other-audience" }),
    "RFC 8725 3.9; UTS 39",
    row("aud-lookalike", "a Cyrillic letter that looks the same", {
      claims: { aud: "https://\u0430pi.example.com" },
    }),
    "RFC 7519 5.3",
    row("aud-in-header", "the audience in the header only", { header: { aud: AUDIENCE }, claims: { aud: undefined } }),
    "RFC 8725 3.9",
    row("aud-as-azp", "the audience as azp and client_id only", {
      claims: { aud: "client", azp: AUDIENCE, client_id: AUDIENCE },
    }),
    "RFC 8707 2; RFC 9068 3",
    row("aud-as-resource", "the audience as resource only", { claims: { aud: undefined, resource: AUDIENCE } }),
  ]),
};
