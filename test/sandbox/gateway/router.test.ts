import { describe, expect, test } from "vitest";
import type { KongRoute } from "../../../sandbox/config/kong-config.ts";
import { compileRouter } from "../../../sandbox/gateway/router.ts";

const SERVICE = {
  id: "s",
  name: "s",
  protocol: "http" as const,
  host: "h",
  port: 80,
  connectTimeout: 1,
  readTimeout: 1,
};

function route(name: string, criteria: Partial<KongRoute>): KongRoute {
  return { id: name, name, protocols: ["http"], stripPath: true, preserveHost: false, service: SERVICE, ...criteria };
}

function nameOf(routes: KongRoute[], method: string, host: string | undefined, path: string): string | undefined {
  return compileRouter(routes, 8000)(method, host, path)?.route.name;
}

describe("the route with more kinds of criteria wins, then plain hosts, then the longer path, then the greater id", () => {
  const routes = [
    route("short", { paths: ["/a"] }),
    route("long", { paths: ["/a/b"] }),
    route("posts", { paths: ["/a"], methods: ["POST"] }),
    route("host", { hosts: ["api.example.com"] }),
    route("wildcard", { hosts: ["*.example.com"], paths: ["/a"] }),
    route("plain-host", { hosts: ["api.example.com"], paths: ["/a"] }),
    route("twin-1", { paths: ["/twin"] }),
    route("twin-2", { paths: ["/twin"] }),
    route("tail", { hosts: ["internal.*"] }),
    route("port", { hosts: ["port.test:8443"] }),
  ];

  test.each<[method: string, host: string | undefined, path: string, expected: string | undefined]>([
    ["GET", "x", "/a", "short"],
    ["GET", undefined, "/a", "short"],
    ["GET", "x", "/ab", "short"],
    ["GET", "x", "/a/b/c", "long"],
    ["POST", "x", "/a/b", "posts"],
    ["GET", "x", "/other", undefined],
    ["GET", "x", "/A", undefined],
    ["GET", "api.example.com", "/other", "host"],
    ["GET", "api.example.com:8000", "/other", "host"],
    ["GET", "api.example.com", "/a/b", "plain-host"],
    ["GET", "www.example.com", "/a", "wildcard"],
    ["GET", "www.example.com", "/other", undefined],
    ["GET", "API.example.com", "/other", undefined],
    ["GET", "internal.test", "/other", "tail"],
    ["GET", "port.test:8443", "/other", "port"],
    ["GET", "port.test", "/other", undefined],
    ["GET", "x", "/twin", "twin-2"],
  ])("%s %s %s → %s", (method, host, path, expected) => {
    expect(nameOf(routes, method, host, path)).toBe(expected);
  });

  test("a route with paths of several lengths competes with each of them", () => {
    const two = [route("both", { paths: ["/", "/long/one"] }), route("middle", { paths: ["/long"] })];
    expect(nameOf(two, "GET", "x", "/long/one/more")).toBe("both");
    expect(nameOf(two, "GET", "x", "/long/two")).toBe("middle");
    expect(nameOf(two, "GET", "x", "/else")).toBe("both");
  });

  test("the result has the matched path, if the route has paths", () => {
    const match = compileRouter([route("a", { paths: ["/a", "/a/b"] }), route("m", { methods: ["PUT"] })], 8000);
    expect(match("GET", "x", "/a/b/c")?.matchedPath).toBe("/a/b");
    expect(match("PUT", "x", "/z")).not.toHaveProperty("matchedPath");
  });
});

describe("regular expressions and headers", () => {
  const routes = [
    route("plain", { paths: ["/orders/42/items"] }),
    route("regex", { paths: ["~/orders/\\d+"] }),
    route("first", { paths: ["~/orders/\\d+/pay$"], regexPriority: 5 }),
    route("named", { paths: ["~/u/(?<id>[a-zäö]+)$", "/u/x"] }),
    route("header", { paths: ["/orders"], headers: { "X-Version": ["2", "Beta"] } }),
    route("two-headers", { paths: ["/orders"], headers: { "x-version": ["2"], "x-user": ["~*^A.+z$"] } }),
  ];
  const find = (path: string, headers: [string, string][] = []) =>
    compileRouter(routes, 8000)("GET", "x", path, headers);

  test.each<[path: string, headers: [string, string][], name: string | undefined, matched: string | undefined]>([
    ["/orders/42/items", [], "regex", "/orders/42"],
    ["/orders/42/pay", [], "first", "/orders/42/pay"],
    ["/orders/x", [], undefined, undefined],
    ["/x/orders/42", [], undefined, undefined],
    [Buffer.from("/u/bär").toString("latin1"), [], "named", Buffer.from("/u/bär").toString("latin1")],
    ["/u/x1", [], "named", "/u/x"],
    ["/orders/42", [["x-version", "2"]], "header", "/orders"],
    ["/orders", [["X_Version", "bETA"]], "header", "/orders"],
    [
      "/orders",
      [
        ["x-version", "3"],
        ["x-version", "2"],
      ],
      "header",
      "/orders",
    ],
    [
      "/orders",
      [
        ["x-version", "2"],
        ["x-user", "abcZ"],
      ],
      "two-headers",
      "/orders",
    ],
    ["/orders", [["x-version", "3"]], undefined, undefined],
  ])("%s with %j is of %s", (path, headers, name, matched) => {
    const found = find(path, headers);
    expect([found?.route.name, found?.matchedPath]).toEqual([name, matched]);
  });
});
