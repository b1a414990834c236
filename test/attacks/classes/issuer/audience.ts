import { AUDIENCE } from "../../attack-policy.ts";
import { type AttackClass, OTHER_AUDIENCE } from "../../forge/attack.ts";

const REFUSED = { reason: "audience_mismatch", told: OTHER_AUDIENCE } as const;
const REFERENCE = "RFC 8725 3.9; RFC 7519 4.1.3";

/** Honest tokens for somebody else, and lists that hide it. */
export const audience: AttackClass = {
  name: "audience",
  honest: [
    { what: "one audience" },
    { what: "a list of audiences", token: { claims: { aud: ["https://other.example.com", AUDIENCE] } } },
    {
      what: "the audience of another rule, at that rule",
      token: { claims: { aud: "https://other.example.com" } },
      request: { rule: "other-audience" },
    },
  ],
  attacks: [
    { id: "aud-absent", tries: "no aud", reference: REFERENCE, token: { claims: { aud: undefined } }, ...REFUSED },
    { id: "aud-null", tries: "aud null", reference: REFERENCE, token: { claims: { aud: null } }, ...REFUSED },
    {
      id: "aud-empty-list",
      tries: "an empty list",
      reference: "RFC 8725 3.9; CVE-2020-26160",
      token: { claims: { aud: [] } },
      ...REFUSED,
    },
    {
      id: "aud-empty-text",
      tries: "an empty text",
      reference: "RFC 8725 3.9; CVE-2020-26160",
      token: { claims: { aud: "" } },
      ...REFUSED,
    },
    {
      id: "aud-other",
      tries: "a token for another service",
      reference: "RFC 8725 2.7 and 3.9",
      token: { claims: { aud: "https://other.example.com" } },
      ...REFUSED,
    },
    {
      id: "aud-of-read",
      tries: "a token for the API where the rule wants another audience",
      reference: "RFC 8725 2.7 and 3.9",
      token: {},
      request: { rule: "other-audience" },
      ...REFUSED,
    },
    {
      id: "aud-part",
      tries: "a part of it",
      reference: REFERENCE,
      token: { claims: { aud: "https://api.example" } },
      ...REFUSED,
    },
    {
      id: "aud-longer",
      tries: "more than it",
      reference: REFERENCE,
      token: { claims: { aud: `${AUDIENCE}.evil.example` } },
      ...REFUSED,
    },
    {
      id: "aud-slash",
      tries: "a slash behind it",
      reference: REFERENCE,
      token: { claims: { aud: `${AUDIENCE}/` } },
      ...REFUSED,
    },
    {
      id: "aud-capitals",
      tries: "capitals",
      reference: REFERENCE,
      token: { claims: { aud: AUDIENCE.toUpperCase() } },
      ...REFUSED,
    },
    { id: "aud-star", tries: "a star", reference: REFERENCE, token: { claims: { aud: "*" } }, ...REFUSED },
    {
      id: "aud-several-in-text",
      tries: "two audiences in one text, with a space",
      reference: REFERENCE,
      token: { claims: { aud: `${AUDIENCE} https://other.example.com` } },
      ...REFUSED,
    },
    {
      id: "aud-comma-in-text",
      tries: "two audiences in one text, with a comma",
      reference: REFERENCE,
      token: { claims: { aud: `https://other.example.com,${AUDIENCE}` } },
      ...REFUSED,
    },
    {
      id: "aud-nested",
      tries: "a list in a list",
      reference: REFERENCE,
      token: { claims: { aud: [[AUDIENCE]] } },
      ...REFUSED,
    },
    {
      id: "aud-mixed",
      tries: "a list with something that is no text",
      reference: REFERENCE,
      token: { claims: { aud: [AUDIENCE, { admin: true }] } },
      ...REFUSED,
    },
    {
      id: "aud-object",
      tries: "an object with it as name",
      reference: REFERENCE,
      token: { claims: { aud: { [AUDIENCE]: true } } },
      ...REFUSED,
    },
    {
      id: "aud-like-list",
      tries: "an object like a list",
      reference: REFERENCE,
      token: { claims: { aud: { 0: AUDIENCE, length: 1 } } },
      ...REFUSED,
    },
    { id: "aud-true", tries: "true", reference: REFERENCE, token: { claims: { aud: true } }, ...REFUSED },
    {
      id: "aud-nul",
      tries: "a NUL behind it",
      reference: REFERENCE,
      token: { claims: { aud: `${AUDIENCE}\u0000` } },
      ...REFUSED,
    },
    {
      id: "aud-lookalike",
      tries: "a Cyrillic letter that looks the same",
      reference: "RFC 8725 3.9; UTS 39",
      token: { claims: { aud: "https://\u0430pi.example.com" } },
      ...REFUSED,
    },
    {
      id: "aud-in-header",
      tries: "the audience in the header only",
      reference: "RFC 7519 5.3",
      token: { header: { aud: AUDIENCE }, claims: { aud: undefined } },
      ...REFUSED,
    },
    {
      id: "aud-as-azp",
      tries: "the audience as azp and client_id only",
      reference: "RFC 8725 3.9",
      token: { claims: { aud: "client", azp: AUDIENCE, client_id: AUDIENCE } },
      ...REFUSED,
    },
    {
      id: "aud-as-resource",
      tries: "the audience as resource only",
      reference: "RFC 8707 2; RFC 9068 3",
      token: { claims: { aud: undefined, resource: AUDIENCE } },
      ...REFUSED,
    },
  ],
};
