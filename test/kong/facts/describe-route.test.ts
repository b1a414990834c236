import { describe, expect, it } from "vitest";
import type { KongRoute, KongService } from "../../../plugin/kong/contract/pdk.ts";
import { describeRoute } from "../../../plugin/kong/facts/describe-route.ts";
import { scriptedPdk } from "../contract/scripted-pdk.ts";

const ROUTE = { id: "r", methods: ["GET"], hosts: ["a.example"], paths: ["/a"], protocols: ["http"] };
const SERVICE = { id: "s", protocol: "http", host: "upstream.example", port: 80, path: "/v1" };

const describeAs = (route: KongRoute, service: KongService = {}): Promise<string | undefined> =>
  describeRoute(scriptedPdk({ route, service }).pdk);

const full = { ...ROUTE, service: { id: "s" } };

describe("two Routes with one id are distinguished", () => {
  it.each<[what: string, changes: Partial<KongRoute>]>([
    ["methods", { methods: ["POST"] }],
    ["hosts", { hosts: ["b.example"] }],
    ["paths", { paths: ["/payroll"] }],
    ["protocols", { protocols: ["https"] }],
  ])("by their %s", async (_what, changes) => {
    expect(await describeAs({ ...full, ...changes }, SERVICE)).not.toBe(await describeAs(full, SERVICE));
  });

  it.each<[what: string, changes: Partial<KongService>]>([
    ["host", { host: "payroll.example" }],
    ["port", { port: 8080 }],
    ["path", { path: "/payroll" }],
    ["protocol", { protocol: "https" }],
  ])("by the %s of a Service with the same id", async (_what, changes) => {
    expect(await describeAs(full, { ...SERVICE, ...changes })).not.toBe(await describeAs(full, SERVICE));
  });

  it("but not by name and tags, which do not change where requests go", async () => {
    expect(await describeAs({ ...full, name: "x", tags: ["y"] }, SERVICE)).toBe(await describeAs(full, SERVICE));
  });
});

describe("there is no description", () => {
  it("for a Route that matches by an expression, or without a Route", async () => {
    expect(await describeAs({ id: "r", protocols: ["http"], service: { id: "s" } }, SERVICE)).toBeUndefined();
    expect(await describeAs({})).toBeUndefined();
  });

  it("for a Service whose address Kong does not report", async () => {
    expect(await describeAs(full, {})).toBeUndefined();
  });
});

it("Kong is not asked for the Service of a Route without a Service", async () => {
  const { pdk, calls } = scriptedPdk({ route: ROUTE });
  expect(await describeRoute(pdk)).toBeDefined();
  expect(calls).toEqual(["get_route"]);
});
