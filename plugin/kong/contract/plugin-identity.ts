/** The plugin's name in Kong. */
export const NAME = "jwt-policy";

/** The version is equal to the package's version, and a test compares the two versions. */
export const VERSION = "0.1.0";

/**
 * The priority of Kong's own `jwt` plugin. The priority is lower than that of cors, and higher than those of key-auth,
 * acl and rate-limiting.
 */
export const PRIORITY = 1450;
