/**
 * The `kid` of a sandbox's own keys starts with this prefix. A sandbox's keys replace the keys of an issuer on one developer's
 * machine. The plugin never imports keys with this prefix from any source. So a gateway refuses every token of a sandbox,
 * even if the sandbox's public key gets into a key set.
 */
export const STAND_IN_PREFIX = "kong-jwt-policy-stand-in-";

/**
 * Whether the key is a sandbox's own key. The comparison ignores upper and lower case, because some key stores change the case.
 */
export function isStandIn(kid: unknown): boolean {
  return typeof kid === "string" && kid.toLowerCase().startsWith(STAND_IN_PREFIX);
}

export const STAND_IN_REFUSED = "this is a sandbox's own key, and the plugin never uses such a key";
