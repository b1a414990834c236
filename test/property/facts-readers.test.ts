import fc from "fast-check";
import { expect, it } from "vitest";
import { FACTS_VARIABLE, renderFacts, USUAL_HEADERS } from "../../plugin/kong/facts/facts-variable.ts";
import { createFactsReader } from "../../plugin/kong/facts/read-facts.ts";
import { findHeaders, type HeaderList, headerVariable } from "../../sandbox/message/header-list.ts";
import { compileDocument, policyDocument } from "../core/fixtures.ts";
import { scriptedPdk } from "../kong/contract/scripted-pdk.ts";
import { runsOf } from "../runs.ts";

const READ = ["x-tenant", "user-agent", "cookie", "upgrade", "x-a-b"];
const policy = compileDocument(
  policyDocument(
    { issuer: "https://idp.example.com", audiences: ["api"] },
    {
      routes: { read: { required_claims: { a: { equals_header: "x-tenant" }, b: { equals_header: "user-agent" } } } },
      token: { sources: ["authorization", { header: "x-a-b" }, { cookie: "__Host-t" }] },
    },
  ),
);
const ID = "0123456789abcdef0123456789abcdef";
const CONNECTION = { scheme: "http", realip_remote_addr: "10.0.0.1", remote_addr: "10.0.0.1", kong_request_id: ID };

/**
 * Reads a request in both ways. nginx and Kong are those of the sandbox, and conformance tests compare them with a real
 * Kong.
 */
async function readBothWays(headers: HeaderList): Promise<readonly unknown[]> {
  const variable = (name: string): string =>
    name.startsWith("http_")
      ? (headerVariable(headers, name.slice(5)) ?? "")
      : ({ request: "GET /a HTTP/1.1", ...CONNECTION }[name] ?? "");
  const facts = renderFacts(READ)
    .replaceAll("\\n", "\n")
    .replaceAll(/\$(\w+)/g, (_, name: string) => variable(name));
  const names = [...new Set(headers.map(([name]) => name.toLowerCase()))];
  const asked = Object.fromEntries(["request", "scheme", "realip_remote_addr"].map((name) => [name, variable(name)]));
  const { pdk } = scriptedPdk({
    headers: names.map((name) => [name, findHeaders(headers, name)] as const),
    variables: {
      ...asked,
      [FACTS_VARIABLE.name]: facts,
      ...Object.fromEntries(
        READ.concat(USUAL_HEADERS)
          .map((name) => `http_${name.replaceAll("-", "_")}`)
          .map((name) => [name, variable(name)]),
      ),
    },
  });
  const reading = [true, false].map((hasVariable) => createFactsReader(hasVariable, () => {})(pdk, policy, "read"));
  return (await Promise.all(reading)).map((read) => {
    if (!read.ok) {
      return read;
    }
    // The client's address needs a separate call, and no decision depends on it.
    const { requestId: _, guard: __, client: ___, headers: all, ...same } = read.value;
    return { ...same, read: READ.concat("origin", "accept", "content-type").map((name) => all.get(name)) };
  });
}

const name = fc.constantFrom(
  ...["X-Tenant", "x_tenant", "X-tenant", "User-Agent", "user_agent", "Cookie", "Origin", "Accept", "Content-Type"],
  ...["content_type", "Upgrade", "X-A-B", "x_a-b", "x-a_b", "Connection", "X-Other", "x_other"],
);
const value = fc.constantFrom("", "a", "b", "a, b", "a=1; b", "close", "x,y", "\u00e9", "\ufffd", "https");

it("for any headers, the facts are the same with and without the variable", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 12 }), async (headers) => {
      const [withVariable, without] = await readBothWays(headers);
      expect(without).toEqual(withVariable);
    }),
    { numRuns: runsOf(2_000) },
  );
});
