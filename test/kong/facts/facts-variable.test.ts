import { describe, expect, it } from "vitest";
import {
  FACTS_VARIABLE,
  parseFactsVariable,
  parseRequestLine,
  renderFacts,
} from "../../../plugin/kong/facts/facts-variable.ts";
import { row } from "../../row.ts";

const NONCE = "0123456789abcdef0123456789abcdef";
const PLUGIN_ID = "3111686f-61fa-57f7-8919-d96abb8e3836";
const MARK = `${PLUGIN_ID} 12 ${NONCE}`;

const line = (method: string, target: string): object => ({ method, target });

const HEAD = "3 connection authorization x-tenant";
const CONNECTION = "https 10.0.0.1 192.0.2.7";

/** The variable's lines, with three headers in it. */
const lines = (...headers: readonly string[]): string => [HEAD, "GET /a HTTP/1.1", CONNECTION, ...headers].join("\n");

const READ = {
  requestLine: line("GET", "/a"),
  connection: undefined,
  authorization: undefined,
  headers: new Map(),
  requestId: NONCE,
  connectionFacts: { scheme: "https", peer: "10.0.0.1", client: "192.0.2.7" },
  carried: ["connection", "authorization", "x-tenant"],
};
const GOOD = lines("close", "Bearer x", "acme");

describe("the facts variable", () => {
  it("has the parts that `kong-jwt-policy kong env` configures, in this order", () => {
    const usual = "connection authorization x-forwarded-proto origin access-control-request-method accept content-type";
    const variables = usual.split(" ").map((name) => `$http_${name.replaceAll("-", "_")}`);
    const facts = ["$request", "$scheme $realip_remote_addr $remote_addr", ...variables];
    expect(FACTS_VARIABLE.value.split("\\n")).toEqual([`3 ${usual}`, ...facts, "$kong_request_id"]);
    expect(renderFacts(["x-tenant", "origin"]).split("\\n")).toEqual([
      `3 ${usual} x-tenant`,
      ...facts,
      "$http_x_tenant",
      "$kong_request_id",
    ]);
  });

  it.each<[what: string, value: string, facts: object]>([
    row("all fields", GOOD, {
      connection: "close",
      authorization: "Bearer x",
      headers: new Map([
        ["connection", "close"],
        ["authorization", "Bearer x"],
        ["x-tenant", "acme"],
      ]),
    }),
    row("no headers", lines("", "", ""), {}),
    row("values that look like other fields", lines("GET / HTTP/1.1", "", HEAD), {
      connection: "GET / HTTP/1.1",
      headers: new Map([
        ["connection", "GET / HTTP/1.1"],
        ["x-tenant", HEAD],
      ]),
    }),
    row("blanks, tabs, carriage returns and quotes in values, kept as they are", lines(" \r", '\t"Bearer\\n x', ""), {
      connection: " \r",
      authorization: '\t"Bearer\\n x',
      headers: new Map([
        ["connection", " \r"],
        ["authorization", '\t"Bearer\\n x'],
      ]),
    }),
    row(
      "a request of HTTP/0.9, whose line cannot be split: the other fields are read",
      lines("", "", "").replace(" HTTP/1.1", ""),
      { requestLine: undefined },
    ),
    row("no request line", lines("", "", "").replace("GET /a HTTP/1.1", ""), { requestLine: undefined }),
    row("no addresses", lines("", "", "").replace(CONNECTION, ""), {
      connectionFacts: { scheme: "", peer: "", client: "" },
    }),
  ])("with %s is read", (_what, value, facts) => {
    expect(parseFactsVariable(`${value}\n${NONCE}`)).toEqual({ ...READ, ...facts });
  });

  it("with the guard's mark in place of the request's id says what the guard expects", () => {
    expect(parseFactsVariable(`${lines("", "", "")}\n${MARK}`)).toEqual({
      ...READ,
      guard: { nonce: NONCE, instance: { pluginId: PLUGIN_ID, sequence: 12 } },
    });
  });

  it("with a fake mark in a client's field does not count as guarded", () => {
    const facts = parseFactsVariable(`${lines("", MARK, "")}\n${NONCE}`);
    expect(facts).toMatchObject({ authorization: MARK, guard: undefined });
  });

  it.each<[what: string, value: string]>([
    ["nothing", ""],
    ["the version alone", "3"],
    ["the first line alone", HEAD],
    ["a mark that is none", `${GOOD}\nguard`],
    ["an id that is none", `${GOOD}\n${NONCE}0`],
    ["no id", `${GOOD}\n`],
    ["no line for the id", GOOD],
    ["a field behind the mark", `${GOOD}\n${MARK}\n`],
    ["the mark in place of a field", lines("close", "Bearer x", MARK)],
    ["a field too few before the mark", `${lines("close", "Bearer x")}\n${MARK}`],
    ["a field too few", `${lines("close", "Bearer x")}\n${NONCE}`],
    ["a field too many", `${GOOD}\n${NONCE}\n${NONCE}`],
    ["a line feed smuggled into a value", `${lines("close", "Bearer x\nBearer y", "acme")}\n${NONCE}`],
    ["a name too few", `${GOOD.replace(" x-tenant", "")}\n${NONCE}`],
    ["an earlier version", `2\nGET /a HTTP/1.1\nclose\nBearer x\n${NONCE}`],
    ["an earlier version in this form", `${GOOD.replace("3", "2")}\n${NONCE}`],
    ["a later version", `${GOOD.replace("3", "4")}\n${NONCE}`],
    ["an empty version", `${GOOD.replace("3", "")}\n${NONCE}`],
    ["escapes that nginx did not expand", `${GOOD}\n${NONCE}`.replaceAll("\n", "\\n")],
  ])("with %s is not understood", (_what, value) => {
    expect(parseFactsVariable(value)).toBeUndefined();
  });
});

describe("a request line", () => {
  it.each<[text: string, expected: object]>([
    ["GET / HTTP/1.1", line("GET", "/")],
    ["get / HTTP/1.0", line("get", "/")],
    ["DELETE /a%20b?c=d#e HTTP/2.0", line("DELETE", "/a%20b?c=d#e")],
    ["GET http://example.com/a HTTP/1.1", line("GET", "http://example.com/a")],
    ["OPTIONS * HTTP/1.1", line("OPTIONS", "*")],
    ["GET //a/../b/%2e%2e;x HTTP/1.1", line("GET", "//a/../b/%2e%2e;x")],
    ["GET /a b HTTP/1.1", line("GET", "/a b")],
    ["GET /a HTTP/1.1 HTTP/1.1", line("GET", "/a HTTP/1.1")],
    ["GET  /two HTTP/1.1", line("GET", " /two")],
    ["GET / HTTP/1.1 ", line("GET", "/")],
    ["GET /a HTTP/1.1 HTTP/1.1  ", line("GET", "/a HTTP/1.1")],
    ["GET /\u00e9\ufffd HTTP/1.1", line("GET", "/\u00e9\ufffd")],
    // JavaScript's `.` does not match these characters, but nginx lets clients send any of them in UTF-8.
    ["GET /a\u2028b HTTP/1.1", line("GET", "/a\u2028b")],
    ["GET /a\u2029b HTTP/1.1", line("GET", "/a\u2029b")],
  ])("%j is split, the target exactly as sent", (text, expected) => {
    expect(parseRequestLine(text)).toEqual(expected);
  });

  it.each([
    ...["", " ", "GET", "GET /", "GET / HTTP", "GET / HTTP/", "GET / http/1.1", " GET / HTTP/1.1", " / HTTP/1.1"],
    ...["GET HTTP/1.1", "GET  HTTP/1.1", "GET / HTTP/1.1\n", "GET /a\nb HTTP/1.1"],
  ])("%j is not a request line", (text) => {
    expect(parseRequestLine(text)).toBeUndefined();
  });

  it("of 5 MB that is almost valid is refused, although a reader with backtracking would need minutes", () => {
    expect(parseRequestLine(`GET ${" HTTP/1.1".repeat(600_000)}x`)).toBeUndefined();
  });
});
