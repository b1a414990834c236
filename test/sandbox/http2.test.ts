import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { request as requestHttps } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  ExitArgsMessage,
  headersToStruct,
  IntMessage,
  StructMessage,
  structToHeaders,
} from "../../plugin/server/protocol/messages.ts";
import { readKongConfig } from "../../sandbox/config/kong-config.ts";
import { type Echo, startEchoUpstream } from "../../sandbox/demo/echo-upstream.ts";
import { type Gateway, startGateway } from "../../sandbox/gateway/gateway.ts";
import { createPluginClient } from "../../sandbox/plugin/plugin-client.ts";
import { type Http2Answer, requestHttp2 } from "../gateways/http2-client.ts";
import { sendRawHttp2 } from "../gateways/raw-http2.ts";
import { createSelfSigned } from "../gateways/self-signed.ts";
import { encodeText, type FakeBehaviour, startFakePluginServer } from "./fake-plugin-server.ts";

type OnEvent = FakeBehaviour["onEvent"];
const proceed: OnEvent = (peer) => peer.proceed();

/** So that the gateway, which is in this process, reads what was sent up to now by itself. */
async function letGatewayRead(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const endings: (() => Promise<unknown> | unknown)[] = [];
let gateway: Gateway;
let url: string;
let tlsUrl: string;
let onEvent: OnEvent = proceed;
let events = 0;
/** An upstream for what the echo cannot do; each test says what it answers. */
let special: Server;
let onSpecial: RequestListener = () => undefined;

beforeAll(async () => {
  const echo = await startEchoUpstream(0);
  special = createServer((request, response) => onSpecial(request, response));
  special.listen(0, "127.0.0.1");
  await once(special, "listening");
  const plugin = await startFakePluginServer({
    onEvent: (peer, id) => {
      events += 1;
      return onEvent(peer, id);
    },
  });
  const read = readKongConfig(`
_format_version: "3.0"
services:
- name: echo
  url: http://127.0.0.1:${echo.port}
  routes:
  - {name: plain, paths: [/plain], strip_path: false}
  - {name: tls, paths: [/tls], protocols: [https]}
- name: special
  url: http://127.0.0.1:${(special.address() as AddressInfo).port}
  routes: [{name: special, paths: [/special]}]
plugins:
- {name: jwt-policy, config: {policy: x}}
`);
  if ("problems" in read) {
    throw new Error(JSON.stringify(read.problems));
  }
  const pluginClient = createPluginClient({ socketPath: plugin.socketPath, readTimeout: 500, log: () => undefined });
  gateway = await startGateway({
    config: read.config,
    pluginClient,
    port: 0,
    tls: { port: 0, ...createSelfSigned() },
    nginxVariables: {},
    log: () => undefined,
  });
  url = `http://127.0.0.1:${gateway.port}`;
  tlsUrl = `https://127.0.0.1:${gateway.tlsPort}`;
  endings.push(
    echo.stop,
    () => special.closeAllConnections(),
    () => special.close(),
    plugin.stop,
    pluginClient.close,
    gateway.stop,
  );
});

afterAll(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
});

afterEach(() => {
  onEvent = proceed;
  events = 0;
});

/** What reached the echo upstream. */
function echoed({ status, body }: Pick<Http2Answer, "status" | "body">): Echo {
  expect(status).toBe(200);
  return JSON.parse(body);
}

describe("HTTP/2 to who knows that it is spoken", () => {
  test("reaches the upstream as HTTP/1.1 with Kong's headers, and without pseudo headers", async () => {
    const head = { ":path": "/plain/a//b?x=1&", ":authority": "Shop.Test:8000", "x-list": ["1", "2"] };
    const { path, headers, rawHeaders } = echoed(await requestHttp2(url, { ...head, "x-forwarded-for": "9.9.9.9" }));
    expect(path).toBe("/plain/a/b?x=1&");
    expect(headers).toMatchObject({
      host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      via: "2 jwt-policy-sandbox",
      "x-forwarded-for": "9.9.9.9, 127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "shop.test",
      "x-forwarded-port": String(gateway.port),
    });
    expect(rawHeaders.filter(([name]) => name === "x-list")).toHaveLength(2);
    expect(rawHeaders.filter(([name]) => name.startsWith(":"))).toEqual([]);
  });

  test("shows the plugin what nginx makes of the pseudo headers, and cookies as one header", async () => {
    const seen: Record<string, string> = {};
    let names: readonly string[] = [];
    onEvent = async (peer) => {
      for (const name of ["request", "scheme", "http_host", "request_method", "http_cookie", "http_connection"]) {
        seen[name] = (await peer.callPdk("kong.nginx.get_var", encodeText(name))).subarray(2).toString();
      }
      names = [
        ...structToHeaders(
          StructMessage.decode(await peer.callPdk("kong.request.get_headers", IntMessage.encode({ v: 100 }))),
        ).keys(),
      ];
      peer.proceed();
    };
    await requestHttp2(url, { ":path": "/plain?a", ":authority": "Shop.Test", cookie: ["a=1", "b=2"], "X-One": "1" });
    expect(seen).toEqual({
      request: "GET /plain?a HTTP/2.0",
      scheme: "http",
      http_host: "Shop.Test",
      request_method: "GET",
      http_cookie: "a=1; b=2",
      http_connection: "",
    });
    expect([...names].sort()).toEqual(["cookie", "host", "x-one"]);
  });

  test("is told apart from HTTP/1.1 by the whole preface, in whatever pieces it comes", async () => {
    const socket = connect(gateway.port, "127.0.0.1");
    socket.setNoDelay(true);
    for (const piece of ["PRI", " * HTTP/2.0\r\n\r\n", "SM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"]) {
      socket.write(piece, "latin1");
      await letGatewayRead();
    }
    const [settings] = (await once(socket, "data")) as [Buffer];
    expect(settings[3], "a SETTINGS frame").toBe(4);
    socket.destroy();

    const older = connect(gateway.port, "127.0.0.1");
    older.write("P");
    await letGatewayRead();
    older.end("RI /plain HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    expect(await text(older)).toMatch(/^HTTP\/1\.1 4/);
  });

  test("carries a body of two megabytes up, and one down", async () => {
    const body = Buffer.alloc(2_000_000, "x");
    const head = { ":method": "POST", ":path": "/plain" };
    expect(echoed(await requestHttp2(url, head, body)).bodyBytes).toBe(2_000_000);
    onSpecial = (_, response) => response.end(body);
    const { body: down } = await requestHttp2(url, { ":path": "/special" });
    expect(down).toHaveLength(2_000_000);
  });

  test("has no body for HEAD, neither from the upstream nor of our own", async () => {
    const head = { ":method": "HEAD", ":path": "/plain" };
    expect(await requestHttp2(url, head)).toMatchObject({ status: 200, body: "", endsWithHead: true });
    const missing = await requestHttp2(url, { ":method": "HEAD", ":path": "/nowhere" });
    expect(missing).toMatchObject({ status: 404, body: "", endsWithHead: true });
    expect(Number(missing.headers["content-length"])).toBeGreaterThan(0);
  });

  test("gets the plugin's answer, without headers about the connection", async () => {
    onEvent = (peer) => {
      const headers = headersToStruct({ Connection: "close", "WWW-Authenticate": "Bearer" });
      peer.send("kong.response.exit", ExitArgsMessage.encode({ status: 401, body: Buffer.from("no"), headers }));
    };
    const { status, headers, body } = await requestHttp2(url, { ":path": "/plain" });
    expect([status, body]).toEqual([401, "no"]);
    expect(headers).toMatchObject({
      "www-authenticate": "Bearer",
      "content-length": "2",
      server: "jwt-policy-sandbox",
      "x-kong-request-id": expect.stringMatching(/^[\da-f]{32}$/),
      date: expect.any(String),
    });
    expect(headers).not.toHaveProperty("connection");
  });

  test("notices that an answer is not whole when the upstream breaks off", async () => {
    onSpecial = (_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("only this", () => response.destroy());
    };
    const { status, code } = await requestHttp2(url, { ":path": "/special" });
    expect(status).toBe(200);
    expect(code).not.toBe(0);
  });

  test("ends the request at the upstream when the client goes away", async () => {
    let client: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      onSpecial = (request) => {
        request.on("close", resolve);
        client?.();
      };
    });
    const answer = requestHttp2(url, { ":path": "/special" }, (stream) => {
      client = () => stream.destroy(new Error("went away"));
      stream.end();
    });
    await expect(answer).rejects.toMatchObject({ code: 2 });
    await gone;
    echoed(await requestHttp2(url, { ":path": "/plain" }));
  });
});

describe("what nginx refuses of HTTP/2", () => {
  const manyHeaders = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`x-${index}`, "y"]));

  test.each([
    ["a method in small letters", 400, { ":method": "get", ":path": "/plain" }],
    ["CONNECT", 400, { ":method": "CONNECT", ":authority": "a.example:80" }],
    ["TRACE", 405, { ":method": "TRACE", ":path": "/plain" }],
    ["a blank in the path", "reset", { ":path": "/plain/a b" }],
    ["a target with a host", "reset", { ":path": "http://h/plain" }],
    ["a path above the root", 400, { ":path": "/../plain" }],
    ["both :authority and host", 400, { ":path": "/plain", ":authority": "a.example", host: "a.example" }],
    ["more than 1,000 headers", 400, { ":path": "/plain", ...manyHeaders }],
  ] as const)("gets refused before the plugin: %s → %s", async (_, outcome, headers) => {
    const status = await requestHttp2(url, headers).then(
      (answer) => answer.status,
      () => "reset",
    );
    expect(status).toBe(outcome);
    expect(events).toBe(0);
  });

  test("takes a method that nobody knows, as nginx does", async () => {
    const head = { ":method": "FOO", ":path": "/special", ":authority": "a.example" };
    await requestHttp2(url, head).catch(() => undefined);
    expect(events).toBe(1);
  });

  test("breaks the stream off when all headers together are more than 32 kB", async () => {
    const large = { ":path": "/plain", ...Object.fromEntries([1, 2, 3].map((n) => [`x-${n}`, "y".repeat(11_000)])) };
    await expect(requestHttp2(url, large)).rejects.toMatchObject({ code: 11 });
    expect(events).toBe(0);
    const { "x-3": _, ...less } = large as Record<string, string>;
    expect((await requestHttp2(url, less)).status).toBe(200);
  });

  test.each([
    ["Connection", [["connection", "x-user-id"]], "reset"],
    ["Transfer-Encoding", [["transfer-encoding", "chunked"]], "reset"],
    [
      "two Authorization headers",
      [
        ["authorization", "Bearer a"],
        ["authorization", "Bearer b"],
      ],
      400,
    ],
  ] as const)("lets nobody through with %s", async (_, headers, outcome) => {
    expect(await sendRawHttp2(url, "/plain", headers)).toBe(outcome);
    expect(events).toBe(0);
    expect(await sendRawHttp2(url, "/plain", [["x-other", "1"]])).toBe(200);
  });
});

describe("the port with TLS", () => {
  function getHttps(path: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const outgoing = requestHttps(tlsUrl + path, { rejectUnauthorized: false, agent: false }, async (response) =>
        resolve({ status: response.statusCode ?? 0, body: await text(response) }),
      );
      outgoing.on("error", reject);
      outgoing.end();
    });
  }

  test.each([
    ["HTTP/2", "2", () => requestHttp2(tlsUrl, { ":path": "/plain" })],
    ["HTTP/1.1", "1.1", () => getHttps("/plain")],
  ] as const)("speaks %s, and says https and its port", async (_, version, get) => {
    expect(echoed(await get()).headers).toMatchObject({
      via: `${version} jwt-policy-sandbox`,
      "x-forwarded-proto": "https",
      "x-forwarded-port": String(gateway.tlsPort),
    });
  });

  test("takes what a Route wants over TLS, which without it gets 426", async () => {
    expect((await getHttps("/tls")).status).toBe(200);
    expect((await requestHttp2(tlsUrl, { ":path": "/tls" })).status).toBe(200);
    events = 0;
    expect((await requestHttp2(url, { ":path": "/tls" })).status).toBe(426);
    expect(events).toBe(0);
  });

  test("speaks HTTP/1.1 to who names no protocol, the preface of HTTP/2 notwithstanding", async () => {
    const socket = connectTls({ port: gateway.tlsPort ?? 0, host: "127.0.0.1", rejectUnauthorized: false });
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400/);
  });

  test("outlives who does not speak TLS", async () => {
    const socket = connect(gateway.tlsPort ?? 0, "127.0.0.1");
    socket.end("GET / HTTP/1.1\r\n\r\n");
    socket.resume();
    await once(socket, "close");
    expect((await getHttps("/plain")).status).toBe(200);
  });
});
