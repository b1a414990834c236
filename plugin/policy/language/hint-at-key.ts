import { didYouMean } from "./suggest-name.ts";

const REQUIREMENT_KEYS = [
  "accept",
  "audiences",
  "required_scopes",
  "required_roles",
  "required_groups",
  "required_claims",
  "authentication",
] as const;
const OF_RULES = "a rule or an operation";

/**
 * For each part of a policy, the keys that only this part may contain. A test in test/policy/language compares this
 * table with the schema.
 */
export const LOCATIONS: Readonly<Record<string, readonly string[]>> = {
  "the top of the policy": [
    "extends",
    "defaults",
    "routes",
    "token",
    "identity",
    "header_mappings",
    "protected_resource",
  ],
  "an issuer": [
    "algorithms",
    "clock_skew",
    "token_type",
    "max_token_age",
    "max_token_lifetime",
    "bound_tokens",
    "tokens_without_kid",
    "claims",
    "keys",
    "key_refresh",
  ],
  "the keys of an issuer": ["discovery", "metadata_uri", "jwks_uri", "jwks", "jwks_files", "pem_files", "secret_files"],
  '"defaults", a rule or an operation': ["mode", "cors_preflight", "other_authentication", ...REQUIREMENT_KEYS],
  [OF_RULES]: ["access", "any_of"],
  "a rule": ["operations"],
  "an operation": ["methods", "path"],
  '"token"': ["max_bytes", "sources", "client_authorization", "forward"],
};

/** Words from other products and from the guides. For each word, the list has the key that policies use. */
const SYNONYMS: Readonly<Record<string, string>> = {
  rules: "routes",
  paths: "operations",
  headers: "header_mappings",
  upstream_headers: "header_mappings",
  consumer: "identity",
  method: "methods",
  aud: "audiences",
  iss: "issuer",
  leeway: "clock_skew",
  audience: "audiences",
  jwks_url: "jwks_uri",
};

/** Returns the end of a message: what to write instead of an unknown key. */
export function hintAtKey(key: string, known: readonly string[]): string {
  const colon = key.indexOf(":");
  if (colon > 0 && known.includes(key.slice(0, colon))) {
    return ` A colon needs a space after it: write "${key.slice(0, colon)}: ".`;
  }
  const synonym = SYNONYMS[key];
  if (synonym !== undefined && known.includes(synonym)) {
    return ` Did you mean "${synonym}"?`;
  }
  const location = Object.entries(LOCATIONS).find(([, keys]) => keys.includes(key))?.[0];
  if (location !== undefined) {
    return ` This key belongs to ${location}.`;
  }
  const longer = known.filter((name) => name.endsWith(`_${key}`));
  const [only] = longer;
  if (only !== undefined && longer.length === 1) {
    return ` Did you mean "${only}"?`;
  }
  return didYouMean(key, known) || ` Known here: ${known.join(", ")}.`;
}
