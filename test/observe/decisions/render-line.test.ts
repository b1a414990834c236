import { describe, expect, it } from "vitest";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";
import { type Answer, createAllow, createDeny, type Decision } from "../../../plugin/core/model/decision.ts";
import type { JudgedEvent, SeenRequest } from "../../../plugin/observe/decisions/judged-event.ts";
import { Pseudonyms } from "../../../plugin/observe/decisions/pseudonyms.ts";
import { renderDecision } from "../../../plugin/observe/decisions/render-line.ts";
import type { Field } from "../../../schema/generated/decision-log-document.ts";

const NOW_MS = Date.UTC(2026, 10, 30, 12);
const EVIDENCE = { policy: "payments", rule: "read", issuer: "acme", kid: "2026-11" };
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const REQUEST: SeenRequest = {
  requestLine: { method: "GET", target: "/payments/42?access_token=secret" },
  headers: new Map([
    ["traceparent", `00-${TRACE_ID}-00f067aa0ba902b7-01`],
    ["host", "api.example.com:8443"],
    ["x-tenant", "acme"],
    ["cookie", "a=secret"],
  ]),
  requestId: "f811920ab33f697a25ae5c736ec13e7e",
  client: "203.0.113.7",
  transport: "tls",
};
const CLAIMS = { sub: "alice", client_id: "web", realm_access: { roles: ["a", "b"] }, empty: null };
const EVENT: JudgedEvent = {
  mode: "enforce",
  source: { from: "cookie", name: "__Host-t", allowedOrigins: new Set() },
  claims: CLAIMS,
  policy: { name: "payments", hash: "ab".repeat(32), readHeaders: ["cookie", "x-tenant", "x-csrf"] },
  policyFile: "payments.yaml",
  pluginId: "11111111-1111-4111-8111-111111111111",
  route: "payments-read",
  isReused: false,
  readRequestId: () => REQUEST.requestId,
  readRequest: () => REQUEST,
};
const DENY = createDeny({ reason: "token_expired", detail: "exp 1 is secret" }, EVIDENCE);
const ALLOW = createAllow({ headers: { "x-user-id": "secret" } }, EVIDENCE);
const ALL: readonly Field[] = [
  ...(["request_id", "trace_id", "policy", "policy_file", "policy_version", "plugin_id", "rule", "route"] as const),
  ...(["method", "host", "path", "client", "headers", "transport", "mode", "reason", "stage", "status"] as const),
  ...(["issuer", "kid", "token_source", "reused"] as const),
];

interface Written {
  readonly outcome?: Decision | Answer;
  readonly event?: Partial<JudgedEvent>;
  readonly request?: Partial<SeenRequest>;
  readonly fields?: readonly Field[];
  readonly claims?: Readonly<Record<string, "plain" | "hmac">>;
  readonly sampled?: number;
  readonly nowMs?: number;
}

const SECRET = Buffer.alloc(32, 7);

function write({ outcome = DENY, event, request, fields = [], claims = {}, sampled, nowMs = NOW_MS }: Written): object {
  const named = Object.entries(claims).map(([claim, as]) => ({ claim: parseClaimReference(claim), as }));
  const pseudonyms = new Pseudonyms(SECRET, 86_400, () => nowMs);
  const seen = { ...EVENT, readRequest: () => ({ ...REQUEST, ...request }), ...event };
  const line = renderDecision(outcome, seen, { fields, claims: named }, pseudonyms, { nowMs, sampled });
  expect(line).toMatch(/^[ -~]+$/);
  return JSON.parse(line);
}

it("has all fields of a denial, and nothing of the token, the query and the detail", () => {
  expect(write({ fields: ALL })).toEqual({
    decision_log: 1,
    event: "decision",
    time: "2026-11-30T12:00:00.000Z",
    outcome: "deny",
    request_id: "f811920ab33f697a25ae5c736ec13e7e",
    trace_id: TRACE_ID,
    policy: "payments",
    policy_file: "payments.yaml",
    policy_version: "ab".repeat(32),
    plugin_id: "11111111-1111-4111-8111-111111111111",
    rule: "read",
    route: "payments-read",
    method: "GET",
    host: "api.example.com:8443",
    path: "/payments/42",
    client: "203.0.113.7",
    headers: ["cookie", "x-tenant"],
    transport: "tls",
    mode: "enforce",
    reason: "token_expired",
    stage: "claims",
    status: 401,
    issuer: "acme",
    kid: "2026-11",
    token_source: "cookie __Host-t",
  });
});

it("has no field that the settings do not name", () => {
  expect(write({})).toEqual({ decision_log: 1, event: "decision", time: expect.anything(), outcome: "deny" });
  expect(write({ fields: ["rule"] })).toMatchObject({ rule: "read" });
  expect(Object.keys(write({ fields: ["rule"] }))).toHaveLength(5);
});

it.each<[what: string, written: Written, expected: object]>([
  [
    "an allowed request, with the part that is logged",
    { outcome: ALLOW, sampled: 0.01 },
    { outcome: "allow", sampled: 0.01 },
  ],
  [
    "a request that report mode let pass",
    { outcome: createAllow({ headers: {} }, EVIDENCE, DENY), event: { mode: "report" }, fields: ["reason", "mode"] },
    { outcome: "would_deny", reason: "token_expired", mode: "report" },
  ],
  [
    "an answer of the plugin itself",
    { outcome: { verdict: "answer", metadataRequest: {} } as Answer, fields: ["policy", "reason"] },
    { outcome: "answer", policy: "payments" },
  ],
  ["a reused verdict", { outcome: ALLOW, event: { isReused: true }, fields: ["reused"] }, { reused: true }],
])("names %s", (_what, written, expected) => {
  expect(write(written)).toMatchObject(expected);
});

it("leaves out unknown fields, such as the request before the facts are read", () => {
  const unknown = { isReused: false, readRequestId: () => undefined, readRequest: () => undefined };
  const line = renderDecision(
    createDeny({ reason: "policy_unavailable" }, { policy: "jwt-policy" }),
    unknown,
    { fields: ALL, claims: [] },
    new Pseudonyms(undefined, 60, () => NOW_MS),
    { nowMs: NOW_MS, sampled: undefined },
  );
  expect(JSON.parse(line)).toEqual({
    ...{ decision_log: 1, event: "decision", time: expect.anything(), outcome: "deny", policy: "jwt-policy" },
    ...{ reason: "policy_unavailable", stage: "any", status: 503 },
  });
});

describe("values that the client chooses are written only in a checked form", () => {
  const field = (name: Field, request: Partial<SeenRequest>): unknown =>
    (write({ fields: [name], request }) as Record<string, unknown>)[name];
  const headers = (name: string, text: string): Partial<SeenRequest> => ({ headers: new Map([[name, text]]) });
  const target = (text: string): Partial<SeenRequest> => ({ requestLine: { method: "GET", target: text } });

  it.each<[field: Field, what: string, request: Partial<SeenRequest>, expected: unknown]>([
    ["method", "an unknown method", { requestLine: { method: "SECRET", target: "/" } }, "other"],
    ["method", "a malformed request line", { requestLine: undefined }, undefined],
    ["trace_id", "no traceparent", headers("traceparent", ""), undefined],
    ["trace_id", "a trace id of zeros", headers("traceparent", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`), undefined],
    [
      "trace_id",
      "capital letters",
      headers("traceparent", `00-${TRACE_ID.toUpperCase()}-00f067aa0ba902b7-01`),
      undefined,
    ],
    [
      "trace_id",
      "a later version with more parts",
      headers("traceparent", `01-${TRACE_ID}-00f067aa0ba902b7-01-x`),
      TRACE_ID,
    ],
    ["host", "an IPv6 address", headers("host", "[2001:db8::1]:443"), "[2001:db8::1]:443"],
    ["host", "a string that is no host", headers("host", "a b"), undefined],
    ["host", "a secret", headers("host", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"), undefined],
    ["path", "a fragment", target("/a#secret"), "/a"],
    ["path", "a random segment", target("/reset/4eC39HqLyjWDarjtT1zdp7dc/x"), "/reset/.../x"],
    ["path", "a token", target("/eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"), "/..."],
    ["path", "a line separator", target("/a\u2028b"), "/a\u2028b"],
    ["path", "more than 1,024 characters", target(`/${"a/".repeat(2_000)}`), `/${"a/".repeat(511)}a`],
  ])("%s: %s", (name, _what, request, expected) => {
    expect(field(name, request)).toEqual(expected);
  });

  it("the kid of a token without a valid signature is not written", () => {
    expect(write({ fields: ["kid"], event: { claims: undefined } as never })).not.toHaveProperty("kid");
  });
});

describe("claims", () => {
  const claimsOf = (written: Written): Record<string, unknown> =>
    (write(written) as { claims: Record<string, unknown> }).claims;

  it("stay out unless they are named", () => {
    expect(write({})).not.toHaveProperty("claims");
    expect(claimsOf({ claims: { client_id: "plain" } })).toEqual({ client_id: "web" });
  });

  it("stay out if the signature is not valid", () => {
    expect(write({ claims: { sub: "plain" }, event: { claims: undefined } as never })).not.toHaveProperty("claims");
  });

  it("are found by JSON Pointer, and null is not absent", () => {
    const named = { "/realm_access/roles": "plain", empty: "plain", absent: "plain" } as const;
    expect(claimsOf({ claims: named })).toEqual({ "/realm_access/roles": ["a", "b"], empty: null });
  });

  it("that are long are described, because half of a value looks like another value", () => {
    const event = { claims: { sub: "x".repeat(511) } };
    expect(claimsOf({ claims: { sub: "plain" }, event })).toEqual({
      sub: { omitted: "513 characters of JSON, at most 512 are logged" },
    });
  });

  it("have pseudonyms that are equal for equal values on one day, and differ between claims and days", () => {
    const claims = { sub: "hmac", client_id: "hmac" } as const;
    const event = { claims: { sub: "alice", client_id: "alice" } };
    const today = claimsOf({ claims, event });
    expect(today).toEqual({
      sub: { hmac: expect.stringMatching(/^[\w-]{16}$/), key: expect.stringMatching(/^[0-9a-f]{8}$/) },
      client_id: expect.anything(),
    });
    expect(claimsOf({ claims, event, nowMs: NOW_MS + 3_600_000 })).toEqual(today);
    const tomorrow = claimsOf({ claims, event, nowMs: NOW_MS + 86_400_000 });
    const hmacs = [today.sub, today.client_id, tomorrow.sub, tomorrow.client_id].map(
      (one) => (one as { hmac: string }).hmac,
    );
    expect(new Set(hmacs).size).toBe(4);
    expect(JSON.stringify(today)).not.toContain("alice");
  });
});

it("pseudonyms of two processes without a secret cannot be compared", () => {
  const [one, other] = [1, 2].map(() => new Pseudonyms(undefined, 60, () => NOW_MS).of("sub", '"alice"'));
  expect(one?.hmac).not.toBe(other?.hmac);
  expect(one?.key).not.toBe(other?.key);
});
