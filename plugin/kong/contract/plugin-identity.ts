/** The plugin's name in Kong. */
export const NAME = "jwt-policy";

/** The version is equal to the package's version; a test compares them. */
export const VERSION = "0.1.0";

/** The priority of Kong's own `jwt` plugin: lower than cors, and higher than key-auth, acl and rate-limiting. */
export const PRIORITY = 1450;
