import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRouter, type RoutableRequest, type RoutedRoute } from "../../offline/requests/kong-router.ts";
import type { KongRoute } from "../../sandbox/config/kong-config.ts";
import { compileRouter } from "../../sandbox/gateway/router.ts";

const PLAIN: RoutedRoute = {
  name: undefined,
  tags: [],
  methods: [],
  hosts: [],
  paths: [],
  headers: new Map(),
  protocols: ["http", "https"],
  regexPriority: 0,
  createdAt: 0,
  unsupported: undefined,
  plugin: undefined,
};

const REQUEST: RoutableRequest = { method: "GET", host: "a.example", path: "/", headers: new Map(), isTls: true };

function find(routes: readonly Partial<RoutedRoute>[], request: Partial<RoutableRequest>): string | undefined {
  const routed = createRouter(routes.map((route) => ({ ...PLAIN, ...route })))({ ...REQUEST, ...request });
  return routed.ok ? routed.value?.name : routed.failure;
}

describe("a request gets the same Route as in Kong's traditional_compatible router", () => {
  it("agrees with the sandbox's router about methods, hosts and prefixes", () => {
    const lists = (values: readonly string[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 2 });
    const routes = fc.uniqueArray(
      fc.record({
        methods: lists(["GET", "POST"]),
        hosts: lists(["a.example", "*.example", "b.example:8000"]),
        paths: lists(["/", "/a", "/ab", "/a/b"]),
      }),
      { minLength: 1, maxLength: 5, selector: (route) => JSON.stringify(route) },
    );
    const requests = fc.record({
      method: fc.constantFrom("GET", "POST", "PUT"),
      host: fc.constantFrom("a.example", "b.example", "b.example:8000"),
      path: fc.constantFrom("/", "/a", "/abc", "/a/b", "/x"),
    });
    fc.assert(
      fc.property(routes, requests, (criteria, request) => {
        const withoutEmpty = criteria.map((route) =>
          Object.fromEntries(Object.entries(route).filter(([, list]) => list.length > 0)),
        );
        const ours = createRouter(criteria.map((route, index) => ({ ...PLAIN, ...route, name: String(index) })));
        const sandbox = compileRouter(
          withoutEmpty.map(
            (route, index): KongRoute => ({ ...route, id: String(index), name: String(index) }) as never,
          ),
          443,
        );
        const found = ours({ ...REQUEST, ...request });
        // Between equal Routes, Kong chooses by their ids. The ids are not known offline.
        if (found.ok) {
          expect(found.value?.name).toBe(sandbox(request.method, request.host, request.path)?.route.name);
        }
      }),
    );
  });

  const ROUTES: readonly Partial<RoutedRoute>[] = [
    { name: "prefix", paths: ["/things"] },
    { name: "regex", paths: ["~/things/\\d+$"] },
    { name: "important", paths: ["~/things/7.*"], regexPriority: 9 },
    { name: "header", paths: ["/things"], headers: new Map([["x-version", ["2"]]]) },
    { name: "clear", paths: ["/clear"], protocols: ["http"] },
  ];

  it.each([
    ["a prefix", { path: "/things/x" }, "prefix"],
    ["a regular expression before a longer prefix", { path: "/things/12" }, "regex"],
    ["the regular expression with the higher priority", { path: "/things/71" }, "important"],
    ["more criteria first", { path: "/things/71", headers: new Map([["x-version", "2"]]) }, "header"],
    ["nothing", { path: "/other" }, undefined],
    ["no Route over TLS, if the Route accepts only HTTP", { path: "/clear" }, undefined],
    ["the Route for HTTP", { path: "/clear", isTls: false }, "clear"],
  ])("by %s", (_what, request, name) => {
    expect(find(ROUTES, request)).toBe(name);
  });

  it("says why a Route is not known: Kong would change the path, a criterion is not evaluated, two Routes are equal", () => {
    expect(find(ROUTES, { path: "/a/../things" })).toMatch(/^Kong changes this path/);
    expect(find([{ name: "x", unsupported: "expression" }], {})).toMatch(/^Route "x" has expression/);
    expect(
      find(
        [
          { name: "x", paths: ["/a"] },
          { name: "y", paths: ["/b", "/a"] },
        ],
        { path: "/a" },
      ),
    ).toMatch(/equal priority/);
  });
});
