import { describe, expect, it } from "vitest";
import type { Transport } from "../../../plugin/core/model/request.ts";
import { askTransport, readTransport } from "../../../plugin/kong/facts/read-transport.ts";
import { compileDocument, policyDocument } from "../../core/fixtures.ts";
import { readScripted, scriptedPdk } from "../contract/scripted-pdk.ts";

const ISSUER = { issuer: "https://idp.example.com", audiences: ["api"] };
const ID = "0123456789abcdef0123456789abcdef";
const ASKED = ["get_forwarded_scheme"];

type Addresses = readonly [scheme: string, peer: string, client: string];

describe("the transport of a request, by the facts variable", () => {
  it.each<[what: string, addresses: Addresses, forwarded: string | undefined, transport: Transport, calls: string[]]>([
    ["TLS at Kong's listener", ["https", "192.0.2.7", "192.0.2.7"], undefined, "tls", []],
    ["this machine", ["http", "127.0.0.1", "127.0.0.1"], undefined, "loopback", []],
    ["this machine by another address", ["http", "127.8.9.1", "127.8.9.1"], undefined, "loopback", []],
    ["this machine over IPv6", ["http", "::1", "::1"], undefined, "loopback", []],
    ["a Unix socket", ["http", "unix:", "unix:"], undefined, "loopback", []],
    ["a proxy on this machine that names a client", ["http", "127.0.0.1", "192.0.2.7"], "http", "loopback", []],
    ["the network", ["http", "192.0.2.7", "192.0.2.7"], undefined, "plain", []],
    [
      "the network, from an address that only begins like a trusted one",
      ["http", "::11", "::11"],
      undefined,
      "plain",
      [],
    ],
    ["a client that says so of itself", ["http", "192.0.2.7", "127.0.0.1"], undefined, "plain", []],
    ["a trusted proxy that got the request in clear text", ["http", "10.0.0.1", "192.0.2.7"], "http", "plain", []],
    ["a trusted proxy that got the request over TLS", ["http", "10.0.0.1", "192.0.2.7"], "https", "tls", []],
    ["the same in capitals", ["http", "10.0.0.1", "192.0.2.7"], "HTTPS", "tls", []],
    ["two proxies that do not agree", ["http", "10.0.0.1", "192.0.2.7"], "https, http", "plain", []],
    ["nothing that is known", ["", "", ""], undefined, "plain", []],
  ])("%s", async (_what, [scheme, peer, client], forwarded, transport, calls) => {
    const scripted = scriptedPdk({});
    const headers = new Map(forwarded === undefined ? [] : [["x-forwarded-proto", forwarded]]);
    expect(await readTransport(scripted.pdk, { scheme, peer, client }, headers)).toBe(transport);
    expect(scripted.calls).toEqual(calls);
  });

  it.each([
    ["https", "tls"],
    ["http", "plain"],
    ["", "plain"],
  ])("is decided by Kong, %j, if a possibly untrusted proxy reports TLS", async (forwardedScheme, transport) => {
    const { pdk, calls } = scriptedPdk({ forwardedScheme });
    const addresses = { scheme: "http", peer: "10.0.0.1", client: "10.0.0.1" };
    expect(await readTransport(pdk, addresses, new Map([["x-forwarded-proto", "https"]]))).toBe(transport);
    expect(calls).toEqual(ASKED);
  });
});

describe("the transport of a request, by calls", () => {
  it.each<[scheme: string, address: string, transport: Transport, calls: string[]]>([
    ["https", "192.0.2.7", "tls", ASKED],
    ["http", "127.0.0.1", "loopback", [...ASKED, "get_var realip_remote_addr"]],
    ["http", "192.0.2.7", "plain", [...ASKED, "get_var realip_remote_addr"]],
    ["http", "", "plain", [...ASKED, "get_var realip_remote_addr"]],
  ])("%s from %j is %s", async (forwardedScheme, realip_remote_addr, transport, calls) => {
    const scripted = scriptedPdk({ forwardedScheme, variables: { realip_remote_addr } });
    expect(await askTransport(scripted.pdk, new Map())).toBe(transport);
    expect(scripted.calls).toEqual(calls);
  });

  it.each<[said: string, scheme: string, transport: Transport]>([
    ["https, http", "http", "plain"],
    ["http", "http", "plain"],
    ["https, http", "https", "tls"],
  ])(
    "X-Forwarded-Proto %j is not trusted, and the connection's scheme %s makes it %s",
    async (said, scheme, transport) => {
      const variables = { scheme, realip_remote_addr: "192.0.2.7" };
      const { pdk, calls } = scriptedPdk({ forwardedScheme: "https", variables });
      expect(await askTransport(pdk, new Map([["x-forwarded-proto", said]]))).toBe(transport);
      expect(calls).not.toContain("get_forwarded_scheme");
    },
  );
});

it.each([true, false])("is not read if no rule needs it (facts variable: %s)", async (hasVariable) => {
  const routes = { read: { allow_http: true }, health: { access: "public" } };
  const policy = compileDocument(policyDocument(ISSUER, { routes }));
  const jwt_facts = `3 x-forwarded-proto\nGET / HTTP/1.1\nhttp 10.0.0.1 10.0.0.1\nhttps\n${ID}`;
  const { calls } = await readScripted(hasVariable, policy, "read", { variables: { jwt_facts } });
  expect(calls).toEqual(hasVariable ? ["get_var jwt_facts"] : ["get_headers 1000", "get_var request"]);
});
