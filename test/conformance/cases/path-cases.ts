import { type ConformanceCase, passes, refusalsOf } from "./case.ts";

const refuses = refusalsOf("paths");

/** Several operations match one path. The policy is in ../world.ts. */

const WEAK = { claims: { scope: "things:read" } } as const;
const STRONG = { claims: { scope: "things:write" } } as const;
const lacks = (scope: string): string =>
  `Bearer realm="paths", error="insufficient_scope", error_description="The access token lacks a required scope", scope="${scope}"`;

/**
 * Paths whose most specific operation needs `things:write`. Another operation with fewer requirements matches these
 * paths too.
 */
const STRICT = ["/paths/users/me", "/paths/users/7:cancel", "/paths/files/private/a", "/paths/files/private/a/b/"];
/** Paths that only the operations for `things:read` match. */
const LENIENT = [
  ...["/paths/users/7", "/paths/users/mee", "/paths/users/7%3Ax", "/paths/users/alice%40example.com"],
  ...["/paths/files/a", "/paths/files/a/b/c.txt", "/paths/files/privateer/a"],
];
const MISLEADING = [
  ...["/paths/users/ME", "/paths/users/%6de", "/paths/users/me.", "/paths/users/me%20", "/paths/users/me.json"],
  ...["/paths/users/%EF%BD%8De", "/paths/users/m%E2%80%8Be", "/paths/users/7%3Acancel", "/paths/users/7:Cancel"],
  ...["/paths/files/Private/a", "/paths/files/%70rivate/a", "/paths/files/PRIVATE"],
];
const UNREADABLE = ["/paths/users/me;x=y", "/paths/users//me", "/paths/users/%256de", "/paths/users%2Fme"];
const NO_OPERATION = [
  "/paths/files",
  "/paths/files/",
  "/paths/files/private",
  "/paths/files/private/",
  "/paths/users/",
];

export const PATH_CASES: readonly ConformanceCase[] = [
  ...STRICT.map((path) =>
    passes(`takes the most specific operation for ${path}`, path, {
      token: STRONG,
      upstream: { "x-user-id": "user-1" },
    }),
  ),
  ...STRICT.map((path) =>
    refuses("scope_insufficient", `refuses ${path} although a less specific operation would match`, path, {
      token: WEAK,
      challenge: lacks("things:write"),
    }),
  ),
  ...LENIENT.map((path) =>
    passes(`takes the less specific operation for ${path}`, path, { token: WEAK, upstream: { "x-user-id": "user-1" } }),
  ),
  ...[...MISLEADING, ...UNREADABLE].map((path) =>
    refuses("path_ambiguous", `refuses ${path}, which some servers read as the path of a stricter operation`, path, {
      token: WEAK,
      message: "The request path is ambiguous",
    }),
  ),
  ...NO_OPERATION.map((path) => refuses("no_matching_rule", `has no operation for ${path}`, path, { token: STRONG })),
  passes("compares a claim with the part of a segment that matches the name", "/paths/own/user-1.json", {
    token: WEAK,
  }),
  refuses("condition_unmet", "refuses another user's path that has text beside the name", "/paths/own/user-2.json", {
    token: WEAK,
  }),
];
