import { denialRow, type Reason } from "../../plugin/core/model/denial.ts";
import { type Meaning, REQUEST_ID } from "./meanings.ts";
import { LARGE_TOKEN, RECORDED_AT, TOKEN } from "./scenarios.ts";

/**
 * Ids that the two plugin servers give, by the rule of instances.ts. An id has the server's generation, and a number
 * that begins with 1.
 */
const FIRST_ID = 2 ** 23 + 1;
const SECOND_ID = 2 * 2 ** 23 + 1;

/** The ids that a DB-less Kong derives from names. They are UUIDs of version 5. */
const WORKSPACE = "0dc6f45b-8f8d-40d2-a504-473544ee190b";
const SHOP = "abfbe39c-075b-5e5e-aec6-a90f2f0adfee";
const BILLING = "aa93ac78-2b4d-59d0-9897-62a161ae6928";
const ORDERS = "e1c8db17-4cae-5e1a-b314-75bab222b3ca";

const fromKong = (what: string, meaning?: unknown): Meaning =>
  meaning === undefined ? ["kong", what] : ["kong", what, meaning];
const fromServer = (what: string, meaning?: unknown): Meaning =>
  meaning === undefined ? ["server", what] : ["server", what, meaning];

const start = (sequence: number, instanceId: number, config: object): Meaning[] => [
  fromKong("call", { sequence, start: "jwt-policy", config: { ...config, __seq__: "number", __ws_id: WORKSPACE } }),
  fromServer("return", { sequence, instanceStatus: { name: "jwt-policy", instanceId, startedAt: RECORDED_AT } }),
];
const startOrders = (sequence: number, instanceId: number): Meaning[] =>
  start(sequence, instanceId, {
    policy_file: "orders.yaml",
    rule: "read",
    route_id: ORDERS,
    __plugin_id: "3111686f-61fa-57f7-8919-d96abb8e3836",
    __key__: `plugins:jwt-policy:${ORDERS}::::${WORKSPACE}`,
  });
const startGlobal = (sequence: number, instanceId: number): Meaning[] =>
  start(sequence, instanceId, {
    policy_file: "by-route.yaml",
    plugin_instance_name: "everywhere",
    __plugin_id: "32872376-ee0e-5c55-8923-40c6de4bf2f7",
    __key__: `plugins:jwt-policy:::::${WORKSPACE}`,
  });
const event = (sequence: number, instanceId: number): Meaning =>
  fromKong("call", { sequence, instanceId, eventName: "access" });

const FACTS_HEAD =
  "3 connection authorization x-forwarded-proto origin access-control-request-method accept content-type";
const FACTS_CONNECTION = "http 127.0.0.1 127.0.0.1";

const ask = (method: string, args: unknown, reply: unknown): Meaning[] => [
  fromServer(method, args),
  fromKong(`reply to ${method}`, reply),
];
const askVariable = (name: string, value: string): Meaning[] => ask("kong.nginx.get_var", name, value);
const askFacts = (request: string, authorization = `Bearer ${TOKEN}`, connection = "close"): Meaning[] =>
  askVariable(
    "jwt_facts",
    [FACTS_HEAD, `${request} HTTP/1.1`, FACTS_CONNECTION, connection, authorization, "\n".repeat(4), REQUEST_ID].join(
      "\n",
    ),
  );
const askHeaders = (headers: object): Meaning[] =>
  ask("kong.request.get_headers", 1000, { host: ["api.example"], connection: ["close"], ...headers });
const askTransport: Meaning[] = [
  ...ask("kong.request.get_forwarded_scheme", undefined, "http"),
  ...askVariable("realip_remote_addr", "127.0.0.1"),
];
const askRoute = (route: object): Meaning[] =>
  ask("kong.router.get_route", undefined, { protocols: ["http", "https"], service: { id: SHOP }, ...route });

const setJudged: Meaning[] = ask("kong.service.request.set_headers", { authorization: [`Bearer ${TOKEN}`] }, undefined);
const setHeaders = (token = TOKEN): Meaning[] =>
  ask(
    "kong.service.request.set_headers",
    {
      authorization: [`Bearer ${token}`],
      "x-user-id": ["user-1"],
      "x-user_id": [],
      "x_user-id": [],
      x_user_id: [],
      "x-tenant": [],
      x_tenant: [],
      "x-scope": ["orders:read"],
      x_scope: [],
    },
    undefined,
  );
const allow = (sequence: number): Meaning[] => [fromServer("end"), fromServer("return", { sequence })];
/** The table of denials has one meaning for each reason. */
const nextStep = (pairs: string): string =>
  denialRow(/^reason=(\w+)/.exec(pairs)?.[1] as Reason).next.replaceAll('"', '\\"');
/** @param requestId empty if the plugin server did not ask for the request's id. */
const deny = (
  level: "warn" | "err",
  pairs: string,
  message: string,
  challenge?: string,
  requestId = REQUEST_ID,
): Meaning[] => [
  ...ask(
    `kong.log.${level}`,
    [
      `jwt-policy denied the request: ${pairs} next="${nextStep(pairs)}"${requestId === "" ? "" : ` request_id=${requestId}`}`,
    ],
    undefined,
  ),
  fromServer("kong.response.exit", {
    status: Number(/ status=(\d+)/.exec(pairs)?.[1]),
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
      ...(challenge === undefined ? {} : { "WWW-Authenticate": challenge }),
    },
    body: `${JSON.stringify({ message, request_id: requestId || undefined })}\n`,
  }),
];

const CATALOGUE = {
  id: "b37bff90-3fc5-54b4-9224-bee111f28a9a",
  name: "catalogue",
  methods: ["GET", "POST"],
  hosts: ["api.example"],
  paths: ["/catalogue", "/items"],
  tags: ["team-a", "public"],
};

/** The meaning of each conversation, in the order of the scenarios. */
export const EXPECTED_MEANINGS: readonly (readonly Meaning[])[] = [
  [...startOrders(2, FIRST_ID), event(3, FIRST_ID), ...askFacts("GET /orders?page=2"), ...setHeaders(), ...allow(3)],
  [
    event(4, FIRST_ID),
    ...askFacts("GET /orders", ""),
    ...deny(
      "warn",
      'reason=token_missing status=401 policy=orders rule=read detail="no token in authorization"',
      "Authentication is required",
      'Bearer realm="orders"',
    ),
  ],
  [
    event(5, FIRST_ID),
    ...askFacts("GET /orders?q=caf%E9", undefined, "close, caf\ufffd \ufffd\ufffd"),
    ...deny(
      "warn",
      'reason=connection_header_refused status=400 policy=orders rule=read detail="Connection names a text that is not a field name"',
      "The Connection header is not acceptable",
    ),
  ],
  [
    ...start(6, FIRST_ID + 1, {
      policy_file: "orders.yaml",
      rule: "ghost",
      service_id: BILLING,
      __plugin_id: "47bd33e4-bf75-58f4-9b60-27f1d720a26c",
      __key__: `plugins:jwt-policy::${BILLING}:::${WORKSPACE}`,
    }),
    event(7, FIRST_ID + 1),
    ...askFacts("GET /invoices"),
    ...deny(
      "err",
      'reason=policy_unavailable status=503 policy=orders detail="policy \\"orders\\" has no rule \\"ghost\\", which the plugin\'s config names; it has read, write"',
      "The request cannot be checked at the moment",
    ),
  ],
  [
    ...startGlobal(8, FIRST_ID + 2),
    event(9, FIRST_ID + 2),
    ...askRoute(CATALOGUE),
    ...askFacts("GET /items/1"),
    ...setJudged,
    ...allow(9),
  ],
  [
    event(10, FIRST_ID + 2),
    ...askRoute({ id: "5f9c1a52-3c1e-4d57-9a53-1d2f3b4c5d6e", paths: ["/nameless"], stripPath: true }),
    ...askFacts("GET /nameless"),
    ...deny(
      "warn",
      'reason=no_matching_rule status=403 policy=by-route detail="policy \\"by-route\\" names no rule for a Kong Route without a name; it has catalogue"',
      "Access is not allowed",
    ),
  ],
  [
    event(11, FIRST_ID),
    fromServer("no plugin instance"),
    ...startOrders(12, SECOND_ID),
    event(13, SECOND_ID),
    ...askHeaders({ authorization: [`Bearer ${TOKEN}`] }),
    ...askVariable("request", "GET /orders?page=2 HTTP/1.1"),
    ...askTransport,
    ...setHeaders(),
    ...allow(13),
  ],
  [
    event(14, SECOND_ID),
    ...askHeaders({
      authorization: [`Bearer ${LARGE_TOKEN}`],
      "x-tag": ["one", "two, three", ""],
      "x-user-id": ["admin"],
      x_user_id: ["root"],
      "x-mixed-case": ["Kept As Sent"],
      "x-empty": [""],
      "x-bytes": ["caf\ufffd \ufffd\ufffd"],
      "x-utf8": ["café 🔑"],
      "x-cookie": ["a=1; b=2"],
    }),
    ...askVariable("request", "GET /orders HTTP/1.1"),
    ...askTransport,
    ...setHeaders(LARGE_TOKEN),
    ...allow(14),
  ],
  [
    ...startGlobal(15, SECOND_ID + 1),
    event(16, SECOND_ID + 1),
    ...askRoute(CATALOGUE),
    ...askHeaders({ authorization: ["Bearer no-token"] }),
    ...askVariable("request", "GET /catalogue HTTP/1.1"),
    ...askTransport,
    ...deny(
      "warn",
      'reason=token_malformed status=401 policy=by-route rule=catalogue detail="token in authorization: not three non-empty segments: 8 characters in 1, as an opaque token has"',
      "The access token is invalid",
      'Bearer realm="by-route", error="invalid_token", error_description="The access token is invalid"',
      "",
    ),
  ],
  [
    ...startOrders(17, SECOND_ID + 2),
    fromKong("call", { sequence: 18, close: { instanceId: SECOND_ID } }),
    fromServer("return", { sequence: 18, instanceStatus: { name: "jwt-policy", instanceId: SECOND_ID } }),
    event(19, SECOND_ID + 2),
    ...askHeaders({ authorization: [`Bearer ${TOKEN}`] }),
    ...askVariable("request", "GET /reloaded HTTP/1.1"),
    ...askTransport,
    ...setHeaders(),
    ...allow(19),
  ],
];
