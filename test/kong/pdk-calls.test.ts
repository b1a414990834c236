import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import type { CallerSource } from "../../plugin/core/model/caller.ts";
import { type Decision, isAllow } from "../../plugin/core/model/decision.ts";
import { createKeySource } from "../../plugin/keys/life/key-source.ts";
import { askCallers } from "../../plugin/kong/facts/callers.ts";
import { renderFacts } from "../../plugin/kong/facts/facts-variable.ts";
import { createFactsReader } from "../../plugin/kong/facts/read-facts.ts";
import { rememberConsumers } from "../../plugin/runtime/known-consumers.ts";
import { encodeOutcome } from "../../plugin/server/protocol/end-event.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument } from "../core/fixtures.ts";
import { noFiles } from "../keys/store/no-files.ts";
import { silentLog } from "../logs.ts";
import { unwrap } from "../results.ts";
import { row } from "../row.ts";
import { splitFrames } from "../server/protocol/split-frames.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { scriptedPdk } from "./contract/scripted-pdk.ts";

/** Every call is a round trip to Kong's worker, so the number of calls decides how fast the plugin is. */

const key = generateSigningKey("ES256", "acme-1");
const TOKEN = mintToken({ key, claims: claimsOf({ tenant: "shop" }) });
const keys = createKeySource({ now: () => NOW * 1000, log: silentLog, files: noFiles });

/** A client's request, and its way to Kong. */
const REQUEST: Readonly<Record<string, string>> = {
  request: "GET /things/7 HTTP/1.1",
  scheme: "https",
  realip_remote_addr: "192.0.2.7",
  remote_addr: "192.0.2.7",
  http_authorization: `Bearer ${TOKEN}`,
  http_x_tenant: "shop",
  kong_request_id: "0123456789abcdef0123456789abcdef",
};

/** The value of nginx's variable for this request. */
function fillIn(setting: string, request: Readonly<Record<string, string>>): string {
  return setting.replaceAll("\\n", "\n").replaceAll(/\$(\w+)/g, (_, name: string) => request[name] ?? "");
}

interface Shape {
  readonly policy?: Record<string, unknown>;
  readonly rule?: Record<string, unknown>;
  readonly request?: Readonly<Record<string, string>>;
  /** Whether Kong's Route names the rule. */
  readonly isBoundByRoute?: true;
  /** Headers that the variable contains in addition to the usual headers. */
  readonly carried?: readonly string[];
  /** Whether the plugin asked for the Consumer before. */
  readonly knowsConsumer?: true;
  /** What another plugin authenticated. */
  readonly credential?: string;
  /** The calls that read facts, with and without the variable. Only needed if they are not the usual calls. */
  readonly reads?: { readonly variable?: readonly string[]; readonly calls?: readonly string[] };
  /** The calls after the calls that read facts; by default `set_headers`. */
  readonly sets?: readonly string[];
}

/** The calls of one request in order. First come the calls that read facts, then the calls of the outcome. */
async function countCalls(shape: Shape, hasVariable: boolean): Promise<{ calls: string[]; decision: Decision }> {
  const routes = { read: { required_scopes: ["read"], ...shape.rule } };
  const policy = compileDocument(policyDocument(inlineIssuer([key]), { routes, ...shape.policy }));
  const request = { ...REQUEST, ...shape.request };
  const headers = Object.entries(request).flatMap(([name, value]) =>
    name.startsWith("http_") && value !== "" ? [[name.slice(5).replaceAll("_", "-"), [value]] as const] : [],
  );
  const { pdk, calls } = scriptedPdk({
    variables: { ...request, jwt_facts: fillIn(renderFacts(shape.carried ?? []), request) },
    headers,
    forwardedScheme: request.http_x_forwarded_proto ?? request.scheme ?? "",
    route: { name: "read" },
    consumers: { shop: { id: "1", username: "shop" } },
    ...(shape.credential !== undefined && { credential: { id: shape.credential } }),
  });
  const readFacts = createFactsReader(hasVariable, () => {});
  const facts = unwrap(await readFacts(pdk, policy, shape.isBoundByRoute ? undefined : "read"));
  const { loadConsumer, ...kong } = askCallers(pdk, "");
  const known = rememberConsumers(() => NOW);
  const findConsumer: CallerSource["findConsumer"] = (lookup) => known.find("", lookup, loadConsumer);
  const lookup = { by: "username", value: "shop", maxAgeSeconds: 60 } as const;
  if (shape.knowsConsumer) {
    await findConsumer(lookup);
    calls.pop();
  }
  const decision = await decide(facts, policy, keys, () => NOW, { ...kong, findConsumer });
  const methods = splitFrames(encodeOutcome(decision, 1).frames)
    .map(String)
    .flatMap((frame) => (frame.startsWith("kong.") ? [frame.split(".").at(-1) ?? ""] : []));
  return { calls: [...calls.map((call) => call.replace(/ \d+$/, "")), ...methods], decision };
}

const FACTS = "get_var jwt_facts";
const SET = "set_headers";
const HEADERS = "get_headers";
const LINE = "get_var request";
const SCHEME = "get_forwarded_scheme";
const PEER = "get_var realip_remote_addr";
const OPERATIONS = { operations: [{ methods: ["GET"], path: "/things/{id}", required_scopes: ["read"] }] };
const PLAIN = { scheme: "http" };
const PROXIED = { scheme: "http", realip_remote_addr: "10.0.0.1", http_x_forwarded_proto: "https" };
const MAYBE_PROXIED = { ...PROXIED, remote_addr: "10.0.0.1" };
const SET_QUERY = "set_raw_query";
const tokenIn = (source: object, request: Readonly<Record<string, string>>): Shape => ({
  policy: { token: { sources: [source] } },
  request: { http_authorization: "", ...request },
});
const COMPARING = { required_claims: { tenant: { equals_header: "x-tenant" } } };
const PUBLIC = { access: "public", required_scopes: undefined };
const WITHOUT_SCHEME = { calls: [HEADERS, LINE] };
const WITH_HEADERS = { variable: [FACTS, HEADERS] };
const SKIPPING = { other_authentication: "skip" };
const BY_TENANT = { identity: { consumer: { claim: "tenant" } } };

describe("a request that passes needs as few calls as its policy allows", () => {
  it.each<[what: string, shape: Shape]>([
    row("a rule by its config", {}),
    row("a rule by the Kong Route", {
      isBoundByRoute: true,
      reads: { variable: ["get_route", FACTS], calls: ["get_route", HEADERS, LINE, SCHEME] },
    }),
    row("operations", { rule: OPERATIONS }),
    row("an API that describes itself", { policy: { protected_resource: { resource: "https://api.example.com" } } }),
    row("no header mappings", { policy: { header_mappings: {} } }),
    row("a public rule", { rule: PUBLIC, reads: WITHOUT_SCHEME }),
    row("a public rule without header mappings", {
      rule: PUBLIC,
      policy: { header_mappings: {} },
      reads: WITHOUT_SCHEME,
      sets: [],
    }),
    row("an optional rule, an anonymous request", {
      rule: { access: "optional" },
      request: { http_authorization: "" },
    }),
    row("plain HTTP from this machine", {
      request: { ...PLAIN, realip_remote_addr: "127.0.0.1" },
      reads: { calls: [HEADERS, LINE, SCHEME, PEER] },
    }),
    row("plain HTTP that the rule allows", { rule: { allow_http: true }, request: PLAIN, reads: WITHOUT_SCHEME }),
    row("a proxy that Kong trusts", { request: PROXIED }),
    row("a proxy that names the client in a way that Kong does not read", {
      request: MAYBE_PROXIED,
      reads: { variable: [FACTS, SCHEME] },
    }),
    row("a preflight", {
      rule: { cors_preflight: "pass" },
      request: {
        request: "OPTIONS /things/7 HTTP/1.1",
        http_origin: "https://app.example",
        http_access_control_request_method: "PUT",
        http_authorization: "",
      },
    }),
    row("a claim against a header", { rule: COMPARING, carried: ["x-tenant"] }),
    row("a claim compared with a header that the variable lacks", { rule: COMPARING, reads: WITH_HEADERS }),
    row("a token in another header", {
      ...tokenIn({ header: "x-access-token" }, { http_x_access_token: TOKEN }),
      carried: ["x-access-token"],
    }),
    row("a token in a cookie", {
      ...tokenIn({ cookie: "__Host-t" }, { http_cookie: `a=b; __Host-t=${TOKEN}` }),
      carried: ["cookie", "upgrade"],
    }),
    row("a token in a cookie that the variable lacks", {
      ...tokenIn({ cookie: "__Host-t" }, { http_cookie: `__Host-t=${TOKEN}` }),
      reads: WITH_HEADERS,
    }),
    row("a token in the query, which the upstream must get without the token", {
      ...tokenIn({ query: "t" }, { request: `GET /things/7?t=${TOKEN} HTTP/1.1` }),
      sets: [SET_QUERY, SET],
    }),
    row("a query without a token, on a rule with a query source", {
      policy: { token: { sources: ["authorization", { query: "t" }] } },
      request: { request: "GET /things/7?a=b HTTP/1.1" },
    }),
    row("report mode, nothing to report", { rule: { mode: "report" } }),
    row("a Consumer that is asked for", {
      policy: BY_TENANT,
      sets: ["load_consumer shop true", "authenticate", "set", SET],
    }),
    row("a Consumer that is known, and groups", {
      policy: { identity: { consumer: { claim: "tenant" }, groups: "roles" } },
      knowsConsumer: true,
      sets: ["authenticate", "set", SET],
    }),
    row("a credential", { policy: { identity: { credential: "sub" } }, sets: ["set_ctx", "set_ctx", "set", SET] }),
    row("another authentication that would be enough, but is missing", {
      rule: SKIPPING,
      sets: ["get_credential", SET],
    }),
    row("another authentication that is enough", {
      rule: SKIPPING,
      credential: "session-1",
      sets: ["get_credential", SET],
    }),
    row("another authentication that is enough, with Kong's headers in the policy", {
      rule: SKIPPING,
      policy: BY_TENANT,
      credential: "session-1",
      sets: ["get_credential", "get_consumer", SET],
    }),
    row("report mode, a line to log", { rule: { mode: "report", required_scopes: ["write"] }, sets: ["warn", SET] }),
  ])("%s", async (_what, shape) => {
    const { reads = {}, sets = [SET] } = shape;
    const { variable = [FACTS], calls: others = [HEADERS, LINE, SCHEME] } = reads;
    for (const [hasVariable, expected] of [
      [true, variable],
      [false, others],
    ] as const) {
      const { calls, decision } = await countCalls(shape, hasVariable);
      expect(isAllow(decision)).toBe(true);
      expect(calls).toEqual([...expected, ...sets]);
    }
  });
});

describe("a refused request needs one call for the log and one for the answer", () => {
  it.each<[what: string, shape: Shape, asked: string[]]>([
    ["no token", { request: { http_authorization: "" } }, [FACTS]],
    ["plain HTTP over the network", { request: PLAIN }, [FACTS]],
    ["another tenant", { rule: COMPARING, carried: ["x-tenant"], request: { http_x_tenant: "other" } }, [FACTS]],
  ])("%s", async (_what, shape, asked) => {
    const { calls, decision } = await countCalls(shape, true);
    expect(isAllow(decision)).toBe(false);
    expect(calls).toEqual([...asked, "warn", "exit"]);
  });
});
