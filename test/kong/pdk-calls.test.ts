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
import { splitFrames } from "../server/protocol/split-frames.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { scriptedPdk } from "./contract/scripted-pdk.ts";

/** Every call is a round trip to Kong's worker, and their number decides how fast the plugin is. */

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
  /** Headers that the variable carries beside the usual ones. */
  readonly carried?: readonly string[];
  /** Whether the Consumer was asked for before. */
  readonly knowsConsumer?: true;
  /** What another plugin authenticated. */
  readonly credential?: string;
}

/** The calls of one request, in order: the calls that read facts, and the calls of the outcome. */
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

describe("a request that passes needs as few calls as its policy allows", () => {
  it.each<[what: string, shape: Shape, withVariable?: string[], without?: string[]]>([
    ["a rule by its config", {}],
    [
      "a rule by the Kong Route",
      { isBoundByRoute: true },
      ["get_route", FACTS, SET],
      ["get_route", HEADERS, LINE, SCHEME, SET],
    ],
    ["operations", { rule: OPERATIONS }],
    ["an API that describes itself", { policy: { protected_resource: { resource: "https://api.example.com" } } }],
    ["no header mappings", { policy: { header_mappings: {} } }],
    ["a public rule", { rule: { access: "public", required_scopes: undefined } }, [FACTS, SET], [HEADERS, LINE, SET]],
    [
      "a public rule without header mappings",
      { rule: { access: "public", required_scopes: undefined }, policy: { header_mappings: {} } },
      [FACTS],
      [HEADERS, LINE],
    ],
    ["an optional rule, nobody there", { rule: { access: "optional" }, request: { http_authorization: "" } }],
    [
      "plain HTTP from this machine",
      { request: { ...PLAIN, realip_remote_addr: "127.0.0.1" } },
      [FACTS, SET],
      [HEADERS, LINE, SCHEME, PEER, SET],
    ],
    [
      "plain HTTP that the rule allows",
      { rule: { allow_http: true }, request: PLAIN },
      [FACTS, SET],
      [HEADERS, LINE, SET],
    ],
    ["a proxy that Kong trusts", { request: PROXIED }],
    [
      "a proxy that says who the client is in no way that Kong reads",
      { request: MAYBE_PROXIED },
      [FACTS, SCHEME, SET],
      [HEADERS, LINE, SCHEME, SET],
    ],
    [
      "a preflight",
      {
        rule: { cors_preflight: "pass" },
        request: {
          request: "OPTIONS /things/7 HTTP/1.1",
          http_origin: "https://app.example",
          http_access_control_request_method: "PUT",
          http_authorization: "",
        },
      },
    ],
    ["a claim against a header", { rule: COMPARING, carried: ["x-tenant"] }],
    [
      "a claim against a header that the variable does not carry",
      { rule: COMPARING },
      [FACTS, HEADERS, SET],
      [HEADERS, LINE, SCHEME, SET],
    ],
    [
      "a token in another header",
      { ...tokenIn({ header: "x-access-token" }, { http_x_access_token: TOKEN }), carried: ["x-access-token"] },
    ],
    [
      "a token in a cookie",
      { ...tokenIn({ cookie: "__Host-t" }, { http_cookie: `a=b; __Host-t=${TOKEN}` }), carried: ["cookie", "upgrade"] },
    ],
    [
      "a token in a cookie that the variable does not carry",
      tokenIn({ cookie: "__Host-t" }, { http_cookie: `__Host-t=${TOKEN}` }),
      [FACTS, HEADERS, SET],
      [HEADERS, LINE, SCHEME, SET],
    ],
    [
      "a token in the query, which has to go on without it",
      tokenIn({ query: "t" }, { request: `GET /things/7?t=${TOKEN} HTTP/1.1` }),
      [FACTS, SET_QUERY, SET],
      [HEADERS, LINE, SCHEME, SET_QUERY, SET],
    ],
    [
      "a query in which a token may be, and is not",
      {
        policy: { token: { sources: ["authorization", { query: "t" }] } },
        request: { request: "GET /things/7?a=b HTTP/1.1" },
      },
    ],
    ["report mode, nothing to report", { rule: { mode: "report" } }],
    [
      "a Consumer that is asked for",
      { policy: { identity: { consumer: { claim: "tenant" } } } },
      [FACTS, "load_consumer shop true", "authenticate", "set", SET],
      [HEADERS, LINE, SCHEME, "load_consumer shop true", "authenticate", "set", SET],
    ],
    [
      "a Consumer that is known, and groups",
      { policy: { identity: { consumer: { claim: "tenant" }, groups: "roles" } }, knowsConsumer: true },
      [FACTS, "authenticate", "set", SET],
      [HEADERS, LINE, SCHEME, "authenticate", "set", SET],
    ],
    [
      "a credential",
      { policy: { identity: { credential: "sub" } } },
      [FACTS, "set_ctx", "set_ctx", "set", SET],
      [HEADERS, LINE, SCHEME, "set_ctx", "set_ctx", "set", SET],
    ],
    [
      "another authentication that may be enough, and is not there",
      { rule: { other_authentication: "skip" } },
      [FACTS, "get_credential", SET],
      [HEADERS, LINE, SCHEME, "get_credential", SET],
    ],
    [
      "another authentication that is enough",
      { rule: { other_authentication: "skip" }, credential: "session-1" },
      [FACTS, "get_credential", SET],
      [HEADERS, LINE, SCHEME, "get_credential", SET],
    ],
    [
      "another authentication that is enough, where Kong's headers are the policy's",
      {
        rule: { other_authentication: "skip" },
        policy: { identity: { consumer: { claim: "tenant" } } },
        credential: "session-1",
      },
      [FACTS, "get_credential", "get_consumer", SET],
      [HEADERS, LINE, SCHEME, "get_credential", "get_consumer", SET],
    ],
    [
      "report mode, a line to log",
      { rule: { mode: "report", required_scopes: ["write"] } },
      [FACTS, "warn", SET],
      [HEADERS, LINE, SCHEME, "warn", SET],
    ],
  ])("%s", async (_what, shape, withVariable = [FACTS, SET], without = [HEADERS, LINE, SCHEME, SET]) => {
    for (const [hasVariable, expected] of [
      [true, withVariable],
      [false, without],
    ] as const) {
      const { calls, decision } = await countCalls(shape, hasVariable);
      expect(isAllow(decision)).toBe(true);
      expect(calls).toEqual(expected);
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
