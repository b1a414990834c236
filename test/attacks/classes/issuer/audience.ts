import { AUDIENCE } from "../../attack-policy.ts";
import { type AttackClass, attacks, OTHER_AUDIENCE } from "../../forge/attack.ts";

const REFUSED = { reason: "audience_mismatch", told: OTHER_AUDIENCE } as const;
const REFERENCE = "RFC 8725 3.9; RFC 7519 4.1.3";

/** Honest tokens for another audience, and lists that hide this. */
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
    ...attacks(REFUSED, REFERENCE, [
      ["aud-absent", "no aud", { token: { claims: { aud: undefined } } }],
      ["aud-null", "aud null", { token: { claims: { aud: null } } }],
      ["aud-part", "a part of it", { token: { claims: { aud: "https://api.example" } } }],
      ["aud-longer", "more than it", { token: { claims: { aud: `${AUDIENCE}.evil.example` } } }],
      ["aud-slash", "a slash behind it", { token: { claims: { aud: `${AUDIENCE}/` } } }],
      ["aud-capitals", "capitals", { token: { claims: { aud: AUDIENCE.toUpperCase() } } }],
      ["aud-star", "a star", { token: { claims: { aud: "*" } } }],
      [
        "aud-several-in-text",
        "two audiences in one string, with a space",
        { token: { claims: { aud: `${AUDIENCE} https://other.example.com` } } },
      ],
      [
        "aud-comma-in-text",
        "two audiences in one string, with a comma",
        { token: { claims: { aud: `https://other.example.com,${AUDIENCE}` } } },
      ],
      ["aud-nested", "a list in a list", { token: { claims: { aud: [[AUDIENCE]] } } }],
      [
        "aud-mixed",
        "a list with something that is not a string",
        { token: { claims: { aud: [AUDIENCE, { admin: true }] } } },
      ],
      ["aud-object", "an object with it as name", { token: { claims: { aud: { [AUDIENCE]: true } } } }],
      ["aud-like-list", "an object like a list", { token: { claims: { aud: { 0: AUDIENCE, length: 1 } } } }],
      ["aud-true", "true", { token: { claims: { aud: true } } }],
      ["aud-nul", "a NUL behind it", { token: { claims: { aud: `${AUDIENCE}\u0000` } } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.9; CVE-2020-26160", [
      ["aud-empty-list", "an empty list", { token: { claims: { aud: [] } } }],
      ["aud-empty-text", "an empty string", { token: { claims: { aud: "" } } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.7 and 3.9", [
      ["aud-other", "a token for another service", { token: { claims: { aud: "https://other.example.com" } } }],
      [
        "aud-of-read",
        "a token for the API where the rule wants another audience",
        { token: {}, request: { rule: "other-audience" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.9; UTS 39", [
      [
        "aud-lookalike",
        "a Cyrillic letter that looks the same",
        { token: { claims: { aud: "https://\u0430pi.example.com" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7519 5.3", [
      [
        "aud-in-header",
        "the audience in the header only",
        { token: { header: { aud: AUDIENCE }, claims: { aud: undefined } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.9", [
      [
        "aud-as-azp",
        "the audience as azp and client_id only",
        { token: { claims: { aud: "client", azp: AUDIENCE, client_id: AUDIENCE } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8707 2; RFC 9068 3", [
      [
        "aud-as-resource",
        "the audience as resource only",
        { token: { claims: { aud: undefined, resource: AUDIENCE } } },
      ],
    ]),
  ],
};
