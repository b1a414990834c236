import { describe, expect, it } from "vitest";
import type { CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import { succeed } from "../../../plugin/core/model/result.ts";
import type { Pdk } from "../../../plugin/kong/contract/pdk.ts";
import { createFactsReader } from "../../../plugin/kong/facts/read-facts.ts";
import { row } from "../../row.ts";
import { type Answers, plain, readScripted, scriptedPdk, withOperations } from "../contract/scripted-pdk.ts";

const ID = "0123456789abcdef0123456789abcdef";
const FACTS = `3 connection authorization\nGET /a?b=c HTTP/1.1\nhttps 10.0.0.1 10.0.0.1\nkeep-alive\nBearer x\n${ID}`;
const READ_FACTS = {
  requestLine: { method: "GET", target: "/a?b=c" },
  connection: "keep-alive",
  authorization: "Bearer x",
  headers: new Map([
    ["connection", "keep-alive"],
    ["authorization", "Bearer x"],
  ]),
  transport: "tls",
  requestId: ID,
  client: "10.0.0.1",
};
const HEADERS = [
  ["authorization", ["Bearer x"]],
  ["connection", ["keep-alive"]],
] as const;
const REQUEST = { request: "GET /a?b=c HTTP/1.1" };

describe("the facts need as few calls as possible", () => {
  const answers = {
    variables: { jwt_facts: FACTS, ...REQUEST },
    headers: HEADERS,
    route: { name: "orders", tags: ["a"] },
    forwardedScheme: "https",
  };
  const RULE = { by: "rule", rule: "read" };
  const ROUTE = { by: "route", name: "orders", tags: ["a"] };
  const { client: _, ...withoutClient } = READ_FACTS;
  const askedFacts = { ...withoutClient, requestId: undefined };

  it.each<
    [
      what: string,
      hasVariable: boolean,
      policy: CompiledPolicy,
      rule: string | undefined,
      calls: string[],
      facts: object,
    ]
  >([
    row("variable, rule named", true, plain, "read", ["get_var jwt_facts"], { binding: RULE, ...READ_FACTS }),
    row("variable, rule named, operations", true, withOperations, "read", ["get_var jwt_facts"], {
      binding: RULE,
      ...READ_FACTS,
    }),
    row("variable, bound by route", true, plain, undefined, ["get_route", "get_var jwt_facts"], {
      binding: ROUTE,
      ...READ_FACTS,
    }),
    row(
      "no variable, rule named",
      false,
      plain,
      "read",
      ["get_headers 1000", "get_var request", "get_forwarded_scheme"],
      { binding: RULE, ...askedFacts },
    ),
    row(
      "no variable, bound by route",
      false,
      plain,
      undefined,
      ["get_route", "get_headers 1000", "get_var request", "get_forwarded_scheme"],
      { binding: ROUTE, ...askedFacts },
    ),
  ])("%s", async (_what, hasVariable, policy, rule, calls, facts) => {
    const outcome = await readScripted(hasVariable, policy, rule, answers);
    expect(outcome.calls).toEqual(calls);
    expect(outcome.result).toEqual(facts);
    expect(outcome.logged).toEqual([]);
  });
});

describe("without a usable facts variable", () => {
  it("the plugin reads headers instead, for every request, and one line says why", async () => {
    const logged: string[] = [];
    const reader = createFactsReader(true, (line) => logged.push(line));
    for (const jwt_facts of ["", "1\nGET / HTTP/1.1\n\n", "nonsense"]) {
      const { pdk, calls } = scriptedPdk({ variables: { jwt_facts }, headers: HEADERS });
      expect(await reader(pdk, plain, "read")).toMatchObject(succeed({ authorization: "Bearer x" }));
      expect(calls.slice(0, 2)).toEqual(["get_var jwt_facts", "get_headers 1000"]);
    }
    expect(logged).toEqual([
      "$jwt_facts is not what `kong-jwt-policy kong env` sets: the plugin reads the facts with more and slower calls",
    ]);
  });

  it("the variable is used again as soon as it is set", async () => {
    const reader = createFactsReader(true, () => {});
    await reader(scriptedPdk({}).pdk, plain, "read");
    const { pdk, calls } = scriptedPdk({ variables: { jwt_facts: FACTS } });
    await reader(pdk, plain, "read");
    expect(calls).toEqual(["get_var jwt_facts"]);
  });
});

describe("the route", () => {
  it.each<[what: string, route: Answers["route"], binding: object]>([
    ["with name and tags", { name: "orders", tags: ["a", "b"] }, { name: "orders", tags: ["a", "b"] }],
    ["without a name", { tags: ["a"] }, { name: undefined, tags: ["a"] }],
    ["without tags", { name: "orders" }, { name: "orders", tags: [] }],
    ["without both", {}, { name: undefined, tags: [] }],
  ])("%s", async (_what, route, binding) => {
    const { result } = await readScripted(false, plain, undefined, { route: route ?? {} });
    expect(result).toMatchObject({ binding: { by: "route", ...binding } });
  });

  it("is read for every request, so a rename takes effect without a new instance", async () => {
    const reader = createFactsReader(false, () => {});
    for (const name of ["before", "after"]) {
      const facts = await reader(scriptedPdk({ route: { name } }).pdk, plain, undefined);
      expect(facts).toMatchObject(succeed({ binding: { name } }));
    }
  });
});

it("passes on the failure of a call", async () => {
  const { pdk } = scriptedPdk({});
  const failing: Pdk = { ...pdk, request: { ...pdk.request, getHeaders: () => Promise.reject(new Error("no reply")) } };
  await expect(createFactsReader(false, () => {})(failing, plain, "read")).rejects.toThrow("no reply");
});
