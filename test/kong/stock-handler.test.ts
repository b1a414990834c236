import { describe, expect, it, vi } from "vitest";
import type { CallerIdentity } from "../../plugin/core/model/caller.ts";
import {
  createAllow,
  createAnswer,
  createDeny,
  type Decision,
  type MetadataRequest,
} from "../../plugin/core/model/decision.ts";
import type { StockPdk } from "../../plugin/kong/contract/stock-pdk.ts";
import { handleAccess, type StockHandler } from "../../plugin/kong/stock-handler.ts";
import { createOperatorLog } from "../../plugin/observe/operator-log.ts";
import { row } from "../row.ts";

const NONCE = "0123456789abcdef0123456789abcdef";
const IDENTITY = { pluginId: "3111686f-61fa-57f7-8919-d96abb8e3836", sequence: 12 };
const FACTS = "3 connection authorization\nGET /a HTTP/1.1\nhttps 10.0.0.1 10.0.0.1\n\nBearer x";
const GUARDED = `${FACTS}\n${IDENTITY.pluginId} ${IDENTITY.sequence} ${NONCE}`;
const ALLOW = createAllow({ headers: { "x-user-id": "alice" } }, { policy: "payments" });

const STOCK_ALICE = { id: "1", username: "alice", custom_id: "c", created_at: 3, tags: ["t"] };

type Route = Awaited<ReturnType<StockPdk["router"]["get_route"]>>;

/** Runs the handler with a kong-pdk that answers from a script. Returns the handler's calls in order. */
async function run(facts: string | null | undefined, handler: Partial<StockHandler>, route: Route = {}) {
  const calls: unknown[][] = [];
  const answers: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {
    get_var: (name) => (name === "jwt_facts" ? facts : "GET /a HTTP/1.1"),
    get_forwarded_scheme: () => "https",
    get_headers: () => ({ "x-tenant": "acme" }),
    load_consumer: (name) => (name === "alice" ? STOCK_ALICE : null),
    get_credential: () => null,
    get_route: () => route,
  };
  /** The method for a path such as `kong.log.err`. Calls of `log` and `shared` are recorded under this name. */
  const kongAt = (parent: string, name: string): unknown =>
    new Proxy(
      async (...args: readonly unknown[]) => {
        calls.push([["log", "shared"].includes(parent) ? `${parent}.${name}` : name, ...args]);
        return answers[name]?.(...args);
      },
      { get: (_call, member: string) => kongAt(name, member) },
    );
  const kong = kongAt("", "kong") as StockPdk;
  const logged: string[] = [];
  await handleAccess(kong, {
    instance: { access: async () => ALLOW },
    identity: IDENTITY,
    deadlineMs: 5_000,
    log: createOperatorLog((line) => logged.push(line)),
    ...handler,
  });
  return { calls, logged };
}

const METADATA_REQUEST: MetadataRequest = {
  asks: "text",
  resource: { metadataUrl: "https://x/y", metadataPath: "/y", metadata: '{"resource":"x"}' },
};

/** The text that the guard gets in the last call. */
function refusalIn(calls: unknown[][]): { line: string; status: number } {
  const [method, headers] = calls.at(-1) ?? [];
  expect(method).toBe("set_headers");
  const [word, text = "", nonce] = String((headers as Record<string, string>)["x-jwt-policy-verdict"]).split(" ");
  expect([nonce, word]).toEqual([NONCE, "answered"]);
  return JSON.parse(Buffer.from(text, "base64").toString());
}

describe("the handler in the stock server", () => {
  it.each<[what: string, facts: string | null | undefined]>([
    ["facts without the guard's mark", `${FACTS}\n${NONCE}`],
    ["no facts variable", ""],
    ["a variable that Kong does not know", null],
    ["a variable without a value", undefined],
    ["a mark that a client could send", `${FACTS} ${IDENTITY.pluginId} 12 ${NONCE}\n${NONCE}`],
  ])("refuses with 503 and makes no call: %s", async (_what, facts) => {
    const access = vi.fn(async () => ALLOW);
    const { calls } = await run(facts, { instance: { access } });
    expect(access).not.toHaveBeenCalled();
    expect(calls.map(([method]) => method)).toEqual(["get_var", "log.err", "exit"]);
    expect(calls[2]?.[1]).toBe(503);
    expect(calls[1]?.[1]).toContain("unless jwt-policy-guard is loaded");
  });

  it("writes warnings for the operator to Kong's log, before the verdict", async () => {
    const log = createOperatorLog(() => {});
    log.warn("a.yaml is refused");
    const { calls } = await run(GUARDED, { log });
    expect(calls.slice(1)).toEqual([
      ["log.warn", "jwt-policy: a.yaml is refused"],
      ["set_headers", { "x-user-id": "alice" }],
    ]);
  });

  it("allows by the last call, after one call that reads all facts", async () => {
    const { calls } = await run(GUARDED, {});
    expect(calls).toEqual([
      ["get_var", "jwt_facts"],
      ["set_headers", { "x-user-id": "alice" }],
    ]);
  });

  it("logs kind and place of an error, without its message", async () => {
    const access = (): Promise<Decision> => Promise.reject(new TypeError("Bearer x"));
    const { logged } = await run(GUARDED, { instance: { access } });
    expect(logged).toEqual([expect.stringMatching(/^event failed: TypeError at /)]);
    expect(logged.join()).not.toContain("Bearer");
  });

  it.each<[what: string, access: () => Promise<Decision>]>([
    ["decides", async () => ALLOW],
    ["throws", () => Promise.reject(new Error("x"))],
  ])("leaves no timer behind if the decision %s in time", async (_what, access) => {
    vi.useFakeTimers();
    try {
      await run(GUARDED, { instance: { access } });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each<[what: string, caller: CallerIdentity, calls: unknown[][]]>([
    row(
      "a Consumer and groups",
      {
        consumer: { id: "1", username: "alice", customId: "c", createdAt: 3, tags: ["t"] },
        credentialId: "cred",
        groups: ["a"],
      },
      [
        ["authenticate", STOCK_ALICE, { id: "cred", consumer_id: "1" }],
        ["shared.set", "authenticated_groups", ["a"]],
      ],
    ),
    row("a Consumer without its optional fields", { consumer: { id: "1" }, credentialId: "1", groups: undefined }, [
      ["authenticate", { id: "1" }, { id: "1", consumer_id: "1" }],
      ["shared.set", "authenticated_groups"],
    ]),
  ])("tells Kong of %s before the verdict", async (_what, caller, expected) => {
    const allow = createAllow({ headers: { "x-user-id": "alice" }, caller }, { policy: "payments" });
    const { calls } = await run(GUARDED, { instance: { access: async () => allow } });
    expect(calls.slice(1)).toEqual([...expected, ["set_headers", { "x-user-id": "alice" }]]);
  });

  it("looks up callers by Kong's names", async () => {
    const seen: unknown[] = [];
    const { calls } = await run(GUARDED, {
      instance: {
        async access({ client }) {
          seen.push(await client.loadConsumer("alice", true), await client.loadConsumer("bob", false));
          seen.push(await client.getCredential(), await client.getConsumer());
          return ALLOW;
        },
      },
    });
    expect(seen).toEqual([{ id: "1", username: "alice", customId: "c", createdAt: 3, tags: ["t"] }, ...[{}, {}, {}]]);
    expect(calls.slice(1, -1)).toEqual([
      ["load_consumer", "alice", true],
      ["load_consumer", "bob", false],
      ["get_credential"],
      ["get_consumer"],
    ]);
  });

  it.each<[what: string, identity: StockHandler["identity"]]>([
    ["of an older configuration", { ...IDENTITY, sequence: 11 }],
    ["of another plugin", { ...IDENTITY, pluginId: "32872376-ee0e-5c55-8923-40c6de4bf2f7" }],
    ["that Kong did not name", undefined],
  ])("an instance %s judges no request and says so", async (_what, identity) => {
    const access = vi.fn(async () => ALLOW);
    const { calls } = await run(GUARDED, { identity, instance: { access } });
    expect(access).not.toHaveBeenCalled();
    expect(calls.at(-1)).toEqual(["set_headers", { "x-jwt-policy-verdict": `other-instance ${NONCE}` }]);
  });

  it("passes a refusal to the guard", async () => {
    const deny = createDeny({ reason: "token_missing" }, { policy: "payments", rule: "read" });
    const { calls } = await run(GUARDED, { instance: { access: async () => deny } });
    expect(refusalIn(calls)).toMatchObject({
      level: "warn",
      status: 401,
      headers: { "WWW-Authenticate": 'Bearer realm="payments"' },
    });
  });

  it("passes an answer of the plugin itself to the guard, without a log line", async () => {
    const { calls } = await run(GUARDED, { instance: { access: async () => createAnswer(METADATA_REQUEST) } });
    expect(refusalIn(calls)).toEqual({
      status: 200,
      body: '{"resource":"x"}',
      headers: expect.objectContaining({ "Content-Type": "application/json" }),
      nonce: NONCE,
    });
    expect(calls.map(([method]) => method)).toEqual(["get_var", "set_headers"]);
  });

  it.each<[what: string, access: () => Promise<Decision>, line: string]>([
    ["throws", () => Promise.reject(new Error("Bearer x")), "reason=internal_error status=500"],
    ["never settles", () => new Promise(() => {}), "reason=deadline_exceeded status=503"],
  ])("refuses in time if the decision %s", async (_what, access, line) => {
    const { calls, logged } = await run(GUARDED, { instance: { access }, deadlineMs: 50 });
    expect(refusalIn(calls).line).toContain(line);
    expect(logged.join()).not.toContain("Bearer");
  });

  it.each<[what: string, decision: unknown]>([
    ["a look-alike of an Allow", { ...ALLOW }],
    ["nothing", undefined],
  ])("refuses %s, and never sets its headers", async (_what, decision) => {
    const { calls } = await run(GUARDED, { instance: { access: async () => decision as Decision } });
    expect(refusalIn(calls).line).toContain("reason=internal_error status=500");
    expect(calls.map(([method]) => method)).toEqual(["get_var", "set_headers"]);
  });

  it.each<[what: string, route: Route, expected: object]>([
    ["name and tags", { name: "orders", tags: ["a"] }, { name: "orders", tags: ["a"] }],
    ["neither", {}, {}],
    ["nothing at all", undefined, {}],
  ])("gives the plugin the facts without a further call, and a route with %s", async (_what, route, expected) => {
    const seen: unknown[] = [];
    const { calls } = await run(
      GUARDED,
      {
        instance: {
          async access(pdk) {
            seen.push(await pdk.nginx.getVar("jwt_facts"), await pdk.router.getRoute());
            return ALLOW;
          },
        },
      },
      route,
    );
    expect(seen).toEqual([GUARDED, expected]);
    expect(calls.map(([method]) => method)).toEqual(["get_var", "get_route", "set_headers"]);
  });
});
