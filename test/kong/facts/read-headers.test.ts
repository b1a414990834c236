import { describe, expect, it } from "vitest";
import { compileDocument, policyDocument } from "../../core/fixtures.ts";
import { type Answers, plain, readScripted, withOperations } from "../contract/scripted-pdk.ts";

describe("headers read one by one", () => {
  const header = (name: string, ...values: string[]): Answers => ({ headers: [[name, values]] });

  it.each<[what: string, answers: Answers, facts: object]>([
    ["none", {}, { connection: undefined, authorization: undefined }],
    [
      "an empty Authorization, which Kong does not distinguish from a missing header",
      header("authorization", ""),
      { authorization: undefined },
    ],
    ["an Authorization without values", header("authorization"), { authorization: undefined }],
    ["an empty Connection", header("connection", ""), { connection: undefined }],
    ["two Connection headers", header("connection", "close", "x-user-id"), { connection: "close, x-user-id" }],
    ["a name that differs in `_`", header("author_ization", "Bearer x"), { authorization: undefined }],
  ])("%s", async (_what, answers, facts) => {
    expect((await readScripted(false, plain, "read", answers)).result).toMatchObject(facts);
  });

  it("names that differ only in `_` and `-` are one name, in the order of nginx's variable", async () => {
    const comparing = compileDocument(
      policyDocument(
        { issuer: "https://idp.example.com", audiences: ["api"] },
        { routes: { read: { required_claims: { tenant: { equals_header: "x-tenant" } } } } },
      ),
    );
    const { result, calls } = await readScripted(false, comparing, "read", {
      headers: [
        ["x-tenant", ["acme"]],
        ["x_tenant", ["evil"]],
        ["x_team", ["blue"]],
        ["x-other", ["a"]],
        ["x_other", ["b"]],
        ["user_agent", ["fake"]],
        ["user-agent", ["real", "other"]],
      ],
      variables: { http_x_tenant: "evil, acme" },
    });
    const { headers } = result as { headers: ReadonlyMap<string, string> };
    expect([headers.get("x-tenant"), headers.get("x-team"), headers.get("user-agent")]).toEqual([
      "evil, acme",
      "blue",
      "real, other",
    ]);
    expect(calls.filter((call) => call.startsWith("get_var http_"))).toEqual(["get_var http_x_tenant"]);
  });

  it("two Cookie lines are one string, with a semicolon between them", async () => {
    const { result } = await readScripted(false, plain, "read", header("cookie", "a=1", "b=2, c"));
    expect((result as { headers: ReadonlyMap<string, string> }).headers.get("cookie")).toBe("a=1; b=2, c");
  });

  it("two Authorization headers are ambiguous, even equal ones", async () => {
    for (const values of [
      ["Bearer a", "Bearer b"],
      ["Bearer a", "Bearer a"],
    ]) {
      const { result } = await readScripted(false, plain, "read", header("authorization", ...values));
      expect(result).toMatchObject({ reason: "token_ambiguous" });
    }
  });

  it.each<[count: number, expected: object]>([
    [999, { authorization: undefined }],
    [1000, { reason: "too_many_headers" }],
  ])("%i headers, where Kong stops silently at 1000", async (count, expected) => {
    const names = Array.from({ length: count }, (_, index): [string, string[]] => [`x-${index}`, ["1"]]);
    expect((await readScripted(false, plain, "read", { headers: names })).result).toMatchObject(expected);
  });

  it("repeated headers count each time, because they also count for Kong's limit", async () => {
    const { result, calls } = await readScripted(
      false,
      withOperations,
      "read",
      header("x-a", ...Array(1000).fill("1")),
    );
    expect(result).toMatchObject({ reason: "too_many_headers" });
    expect(calls).toEqual(["get_headers 1000"]);
  });

  it("an invalid request line is left out, and the pipeline refuses the request", async () => {
    const { result } = await readScripted(false, withOperations, "read", { variables: { request: "GET /" } });
    expect(result).toMatchObject({ requestLine: undefined });
  });
});
