/**
 * What nginx and Kong do with a request path: which paths nginx refuses, which form the router compares, and which form
 * the upstream gets. Paths are byte strings as received, with one character per byte (latin1).
 */

const RESERVED = new Set("!*'();:@&=+$,/?%#[]");

/**
 * Kong's normal form of a path, which the router compares with routes. Percent-encoding is decoded except for reserved
 * characters. Dot segments are removed. Slashes are merged.
 */
export function normalizePath(path: string): string {
  const decoded = path.replace(/%([\dA-Fa-f]{2})/g, (triplet, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return RESERVED.has(char) ? triplet.toUpperCase() : char;
  });
  if (decoded === "" || decoded === "/") {
    return decoded;
  }
  // "/a/./b//c/.." becomes "/a/b/": a dot segment at the end leaves its slash.
  const segments: string[] = [];
  const parts = decoded.split("/");
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (part === "..") {
      segments.pop();
    } else if (part !== "." && part !== "") {
      segments.push(part);
    }
    if (last && (part === "." || part === ".." || part === "")) {
      segments.push("");
    }
  }
  return `/${segments.join("/")}`;
}

/** Percent-encodes characters that are not allowed in a request line. */
export function escapePath(path: string): string {
  return path.replace(
    /[^!#$&'()*+,/:;=?@[\]A-Za-z\d\-_.~%]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/**
 * Whether nginx accepts this request path. nginx answers 400 to an invalid percent-encoding, to an encoded NUL, and to
 * a path that leads above the root. Before nginx checks whether a path leads above the root, it decodes percent-encoded
 * dots and slashes.
 */
export function isAcceptedPath(path: string): boolean {
  const [uri = ""] = path.split("#", 1);
  if (!uri.startsWith("/") || /%(?![\dA-Fa-f]{2})|%00/.test(uri)) {
    return false;
  }
  const decoded = uri.replace(/%([\dA-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  let depth = 0;
  for (const segment of decoded.split("/")) {
    depth += segment === ".." ? -1 : segment === "" || segment === "." ? 0 : 1;
    if (depth < 0) {
      return false;
    }
  }
  return true;
}

/** Returns the path without the query. As in Kong, a `?` at the start of the target belongs to the path. */
export function stripQuery(target: string): string {
  const query = target.indexOf("?", 1);
  return query < 0 ? target : target.slice(0, query);
}

/**
 * Joins the Service's path and the request's path (Kong's `path_handling` v0).
 *
 * @param base the Service's path, or `/`.
 * @param path the normalised request path.
 */
export function joinUpstreamPath(base: string, path: string): string {
  if (base.endsWith("/")) {
    return base + path.slice(1);
  }
  return path === "/" ? base : base + path;
}

/**
 * Joins the Service's path and the request's path, for a Route with `strip_path`.
 *
 * @param matchedPath the first part of the request path, which matches a path of the Route. If the Route has no paths,
 * the argument is absent, and Kong strips only one `/`.
 */
export function joinStrippedPath(base: string, path: string, matchedPath = "/"): string {
  // After the Route's path is removed, the remaining path may start with a dot segment. The function also removes this
  // dot segment.
  const rest = path.slice(matchedPath.length).replace(/^\.{1,2}(?:\/|$)/, "");
  if (rest === "") {
    return withSlashLike(base, path);
  }
  const stem = base.endsWith("/") ? base.slice(0, -1) : base;
  return rest.startsWith("/") ? stem + rest : `${stem}/${rest}`;
}

/** Adds a final slash to the Service's path if the request's path has a final slash. The Service's path `/` does not change. */
function withSlashLike(base: string, path: string): string {
  const stem = base.endsWith("/") ? base.slice(0, -1) : base;
  const wantsSlash = path.endsWith("/") && (path !== "/" || base.endsWith("/"));
  return base === "/" || wantsSlash ? `${stem}/` : stem;
}
