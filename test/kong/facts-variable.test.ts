import { describe, expect, it } from "vitest";
import { FACTS_VARIABLE, parseFactsVariable, parseRequestLine } from "../../plugin/kong/facts-variable.ts";

const NONCE = "0123456789abcdef0123456789abcdef";
const PLUGIN_ID = "3111686f-61fa-57f7-8919-d96abb8e3836";
const MARK = `${PLUGIN_ID} 12 ${NONCE}`;

const line = (method: string, target: string): object => ({ method, target });

describe("the facts variable", () => {
  it("is what `jwt-policy kong env` has nginx put together, in this order", () => {
    const lines = FACTS_VARIABLE.value.split("\\n");
    expect(lines).toEqual(["2", "$request", "$http_connection", "$http_authorization", "$request_id"]);
  });

  it.each<[what: string, value: string, facts: object]>([
    [
      "all fields",
      "2\nGET /a HTTP/1.1\nclose\nBearer x",
      { requestLine: line("GET", "/a"), connection: "close", authorization: "Bearer x" },
    ],
    [
      "no Connection",
      "2\nGET /a HTTP/2.0\n\nBearer x",
      { requestLine: line("GET", "/a"), connection: undefined, authorization: "Bearer x" },
    ],
    [
      "no Authorization",
      "2\nGET /a HTTP/1.1\nclose\n",
      { requestLine: line("GET", "/a"), connection: "close", authorization: undefined },
    ],
    [
      "neither",
      "2\nGET /a HTTP/1.1\n\n",
      { requestLine: line("GET", "/a"), connection: undefined, authorization: undefined },
    ],
    [
      "values that look like other fields",
      "2\nGET /1 HTTP/1.1\nGET / HTTP/1.1\nBearer 1 HTTP/1.1",
      { requestLine: line("GET", "/1"), connection: "GET / HTTP/1.1", authorization: "Bearer 1 HTTP/1.1" },
    ],
    [
      "blanks, tabs, carriage returns and quotes in values, kept as they are",
      '2\nGET /a HTTP/1.1\n \r\n\t"Bearer\\n x',
      { requestLine: line("GET", "/a"), connection: " \r", authorization: '\t"Bearer\\n x' },
    ],
    [
      "a request of HTTP/0.9, whose line can not be split: the other fields stand",
      "2\nGET /a\nclose\nBearer x",
      { requestLine: undefined, connection: "close", authorization: "Bearer x" },
    ],
    [
      "no request line",
      "2\n\n\nBearer x",
      { requestLine: undefined, connection: undefined, authorization: "Bearer x" },
    ],
  ])("with %s is read", (_what, value, facts) => {
    expect(parseFactsVariable(`${value}\n${NONCE}`)).toEqual(facts);
  });

  it("with the guard's mark in place of the request's id says what the guard expects", () => {
    const facts = parseFactsVariable(`2\nGET /a HTTP/1.1\nclose\nBearer x\n${MARK}`);
    expect(facts).toEqual({
      requestLine: line("GET", "/a"),
      connection: "close",
      authorization: "Bearer x",
      guard: { nonce: NONCE, instance: { pluginId: PLUGIN_ID, sequence: 12 } },
    });
  });

  it("with a mark in a client's field is not guarded", () => {
    expect(parseFactsVariable(`2\nGET /a HTTP/1.1\nclose\n${MARK}\n${NONCE}`)).toEqual({
      requestLine: line("GET", "/a"),
      connection: "close",
      authorization: MARK,
    });
  });

  it.each<[what: string, value: string]>([
    ["nothing", ""],
    ["the version alone", "2"],
    ["a mark that is none", "2\nGET /a HTTP/1.1\nclose\nBearer x\nguard"],
    ["an id that is none", `2\nGET /a HTTP/1.1\nclose\nBearer x\n${NONCE}0`],
    ["no id", "2\nGET /a HTTP/1.1\nclose\nBearer x\n"],
    ["a field behind the mark", `2\nGET /a HTTP/1.1\nclose\nBearer x\n${MARK}\n`],
    ["the mark in place of a field", `2\nGET /a HTTP/1.1\nclose\n${MARK}\nBearer x`],
    ["a field too few before the mark", `2\nGET /a HTTP/1.1\nclose\n${MARK}`],
    ["a field too few", `2\nGET /a HTTP/1.1\nclose\n${NONCE}`],
    ["a field too many", `2\nGET /a HTTP/1.1\nclose\nBearer x\n${NONCE}\n${NONCE}`],
    ["a line feed smuggled into a value", `2\nGET /a HTTP/1.1\nclose\nBearer x\nBearer y\n${NONCE}`],
    ["a smuggled line in place of the last field", `2\nGET /a\nb HTTP/1.1\nclose\nBearer x`],
    ["an earlier version", "1\nGET /a HTTP/1.1\nclose\nBearer x"],
    ["an earlier version with the id", `1\nGET /a HTTP/1.1\nclose\nBearer x\n${NONCE}`],
    ["a later version", `3\nGET /a HTTP/1.1\nclose\nBearer x\n${NONCE}`],
    ["an empty version", `\nGET /a HTTP/1.1\nclose\nBearer x\n${NONCE}`],
    ["a version with a blank", `2 \nGET /a HTTP/1.1\nclose\nBearer x\n${NONCE}`],
    ["escapes that nginx did not expand", `2\\nGET /a HTTP/1.1\\nclose\\nBearer x\\n${NONCE}`],
    ["carriage returns before the line feeds", `2\r\nGET /a HTTP/1.1\r\nclose\r\nBearer x\r\n${NONCE}`],
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
    // JavaScript's `.` stops at these, and nginx does not: its clients may send any of them in UTF-8.
    ["GET /a\u2028b HTTP/1.1", line("GET", "/a\u2028b")],
    ["GET /a\u2029b HTTP/1.1", line("GET", "/a\u2029b")],
  ])("%j is split, the target exactly as sent", (text, expected) => {
    expect(parseRequestLine(text)).toEqual(expected);
  });

  it.each([
    "",
    " ",
    "GET",
    "GET /",
    "GET / HTTP",
    "GET / HTTP/",
    "GET / http/1.1",
    " GET / HTTP/1.1",
    " / HTTP/1.1",
    "GET HTTP/1.1",
    "GET  HTTP/1.1",
    "GET / HTTP/1.1\n",
    "GET /a\nb HTTP/1.1",
  ])("%j is none", (text) => {
    expect(parseRequestLine(text)).toBeUndefined();
  });

  it("of 100 kB that almost is one is refused without going back and forth over it", () => {
    const begin = performance.now();
    expect(parseRequestLine(`GET ${" HTTP/1.1".repeat(12_000)}x`)).toBeUndefined();
    expect(performance.now() - begin).toBeLessThan(2_000);
  });
});
