import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ExitArgsMessage, headersToStruct, StructMessage } from "../../../plugin/server/protocol/messages.ts";
import { readKongConfig } from "../../../sandbox/config/kong-config.ts";
import { type Echo, startEchoUpstream } from "../../../sandbox/demo/echo-upstream.ts";
import { type Gateway, startGateway } from "../../../sandbox/gateway/gateway.ts";
import { createPluginClient } from "../../../sandbox/plugin/plugin-client.ts";
import { type FakeBehaviour, startFakePluginServer } from "../fake-plugin-server.ts";

type OnEvent = FakeBehaviour["onEvent"];
const proceed: OnEvent = (peer) => peer.proceed();

const READ_TIMEOUT_MS = 60_000;

const endings: (() => Promise<unknown> | unknown)[] = [];
let gateway: Gateway;
let onEvent: OnEvent = proceed;
let events = 0;
/** An upstream for cases that the echo cannot cover. Each test sets the upstream's answer. */
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
  - {name: stripped, paths: [/stripped], preserve_host: true}
  - {name: tls, paths: [/tls], protocols: [https]}
  - {name: open, paths: [/open], plugins: [{name: jwt-policy, enabled: false, config: {policy: x}}]}
- name: special
  url: http://127.0.0.1:${(special.address() as AddressInfo).port}
  routes: [{name: special, paths: [/special]}]
- name: slow
  url: http://127.0.0.1:${(special.address() as AddressInfo).port}
  read_timeout: 300
  routes: [{name: slow, paths: [/slow]}]
- name: down
  url: http://127.0.0.1:1
  routes: [{name: down, paths: [/down]}]
plugins:
- {name: jwt-policy, config: {policy: x}}
`);
  if (!read.ok) {
    throw new Error(JSON.stringify(read.failure));
  }
  const pluginClient = createPluginClient({
    socketPath: plugin.socketPath,
    readTimeout: READ_TIMEOUT_MS,
    log: () => undefined,
  });
  gateway = await startGateway({
    config: read.value,
    pluginClient,
    port: 0,
    nginxVariables: {},
    log: () => undefined,
  });
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

beforeEach(() => {
  events = 0;
});
afterEach(() => {
  onEvent = proceed;
});

interface Answer {
  status: number;
  headers: string;
  body: string;
}

/** Sends unchanged bytes, and reads until the gateway closes the connection. */
async function sendRaw(text: string): Promise<Answer> {
  const socket = connect(gateway.port, "127.0.0.1");
  socket.write(Buffer.from(text, "latin1"));
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  await once(socket, "close");
  const answer = Buffer.concat(chunks).toString("latin1");
  const end = answer.indexOf("\r\n\r\n");
  return { status: Number(answer.slice(9, 12)), headers: answer.slice(0, end), body: answer.slice(end + 4) };
}

function get(path: string, ...headers: string[]): Promise<Answer> {
  return sendRaw(
    [`GET ${path} HTTP/1.1`, "Host: Shop.Test:8000", "Connection: close", ...headers, "", ""].join("\r\n"),
  );
}

/** The request at the echo upstream. */
function echoed({ status, body }: Answer): Echo {
  expect(status).toBe(200);
  return JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1));
}

describe("a request that the plugin lets pass", () => {
  test("reaches the upstream with Kong's headers", async () => {
    const { path, headers } = echoed(
      await get("/plain/a//b?x=1&", "X-Forwarded-For: 9.9.9.9", "X-Real-IP: 8.8.8.8", "Via: 1.0 x"),
    );
    expect(path).toBe("/plain/a/b?x=1&");
    expect(headers).toMatchObject({
      host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      connection: "keep-alive",
      via: "1.0 x, 1.1 jwt-policy-sandbox",
      "x-forwarded-for": "9.9.9.9, 127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "shop.test",
      "x-forwarded-port": String(gateway.port),
      "x-forwarded-path": "/plain/a//b",
      "x-real-ip": "127.0.0.1",
      "x-kong-request-id": expect.stringMatching(/^[\da-f]{32}$/),
    });
    expect(headers).not.toHaveProperty("x-forwarded-prefix");
  });

  test("has no matched path and keeps its host if the route is configured so", async () => {
    const { path, headers } = echoed(await get("/stripped/a%20b/%2e%2e/c?"));
    expect(path).toBe("/c?");
    expect(headers).toMatchObject({ host: "Shop.Test:8000", "x-forwarded-prefix": "/stripped" });
  });

  test("returns the gateway's headers", async () => {
    const { headers } = await get("/plain");
    expect(headers).toMatch(/^Via: 1\.1 jwt-policy-sandbox\r$/m);
    expect(headers).toMatch(/^X-Kong-Request-Id: [\da-f]{32}\r$/m);
  });

  test("loses the headers about the connection", async () => {
    const { headers } = echoed(
      await get(
        "/plain",
        "Keep-Alive: 5",
        "Proxy: http://evil",
        "Proxy-Connection: close",
        "TE: gzip, trailers",
        "Upgrade: h2c",
      ),
    );
    expect(headers.te).toBe("trailers");
    for (const name of ["keep-alive", "proxy", "proxy-connection", "upgrade"]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  test("has no headers that the client names in Connection, even if the plugin set them", async () => {
    onEvent = async (peer) => {
      const headers = headersToStruct({ "x-user-id": "me", "x-scope": "s" });
      await peer.callPdk("kong.service.request.set_headers", StructMessage.encode(headers));
      peer.proceed();
    };
    const request = "GET /plain HTTP/1.1\r\nHost: h\r\nConnection: close, X-User-Id\r\nX-User-Id: admin\r\n\r\n";
    const { headers } = echoed(await sendRaw(request));
    expect(headers).not.toHaveProperty("x-user-id");
    expect(headers["x-scope"]).toBe("s");
  });

  test("keeps header names with underscores, and drops names with other characters", async () => {
    const { headers } = echoed(await get("/plain", "x_user_id: a", "x.user: b", "x~user: c"));
    expect(headers.x_user_id).toBe("a");
    expect(headers).not.toHaveProperty("x.user");
    expect(headers).not.toHaveProperty("x~user");
  });

  test("keeps repeated headers apart", async () => {
    const { rawHeaders } = echoed(await get("/plain", "X-A: 1", "x-a: 2"));
    expect(rawHeaders.filter(([name]) => name.toLowerCase() === "x-a")).toEqual([
      ["X-A", "1"],
      ["x-a", "2"],
    ]);
  });

  test("streams its body", async () => {
    const chunked =
      "POST /plain HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    expect(echoed(await sendRaw(chunked)).bodyBytes).toBe(3);
    const sized = `POST /plain HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nabcde`;
    expect(echoed(await sendRaw(sized)).bodyBytes).toBe(5);
  });

  test("gets 100 Continue only after the decision", async () => {
    const head =
      "POST /plain HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    expect((await sendRaw(`${head}ab`)).headers).toBe("HTTP/1.1 100 Continue");
    onEvent = (peer) => peer.callPdk("kong.response.exit", ExitArgsMessage.encode({ status: 401 }));
    expect((await sendRaw(`${head}ab`)).status).toBe(401);
  });

  test("is decided by the global plugin if the route's own plugin is disabled", async () => {
    expect((await get("/open")).status).toBe(200);
    expect(events).toBe(1);
  });
});

describe("a request that does not pass", () => {
  test("gets the plugin's answer", async () => {
    onEvent = (peer) =>
      peer.callPdk(
        "kong.response.exit",
        ExitArgsMessage.encode({
          status: 403,
          body: Buffer.from('{"message":"no"}'),
          headers: headersToStruct({ "content-type": "application/json", "x-a": "b\r\nc" }),
        }),
      );
    const { status, headers, body } = await get("/plain");
    expect([status, body]).toEqual([403, '{"message":"no"}']);
    expect(headers).toMatch(/^x-a: b%0D%0Ac\r$/m);
    expect(headers).toMatch(/^Content-Length: 16\r$/m);
  });

  test.each<[what: string, behaviour: OnEvent]>([
    ["asks for an unknown method", (peer) => peer.callPdk("kong.nothing")],
    ["answers another call", (peer) => peer.send("", "")],
  ])("gets 500 if the plugin server %s", async (_, behaviour) => {
    onEvent = behaviour;
    const { status, headers, body } = await get("/plain");
    const [, id] = /X-Kong-Request-Id: (\w+)/.exec(headers) ?? [];
    expect(status).toBe(500);
    expect(JSON.parse(body)).toEqual({ message: "An unexpected error occurred", request_id: id });
  });

  test("gets 500 if the plugin server says nothing in time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = new Promise<void>((resolve) => {
      onEvent = () => resolve();
    });
    const answer = get("/plain");
    await asked;
    vi.advanceTimersByTime(READ_TIMEOUT_MS);
    expect((await answer).status).toBe(500);
  });

  test("gets 404 without a route, and 426 from a route for https only, without a call to a plugin", async () => {
    const { status, body } = await get("/none");
    expect([status, JSON.parse(body).message]).toEqual([404, "no Route matched with those values"]);
    expect((await get("/tls")).status).toBe(426);
    expect(events).toBe(0);
  });

  const line = (bytes: number): string => `x-long: ${"a".repeat(bytes - "x-long: \r\n".length)}`;
  test.each<[what: string, status: number, request: () => Promise<Answer>]>([
    ["Authorization twice", 400, () => get("/plain", "Authorization: a", "authorization: b")],
    ["Host twice", 400, () => get("/plain", "Host: b")],
    ["no Host", 400, () => sendRaw("GET /plain HTTP/1.1\r\nConnection: close\r\n\r\n")],
    ["Content-Length twice", 400, () => get("/plain", "Content-Length: 0", "Content-Length: 0")],
    ["length and chunks", 400, () => get("/plain", "Content-Length: 0", "Transfer-Encoding: chunked")],
    ["a path above the root", 400, () => get("/plain/../..%2fx")],
    ["a broken percent-encoding", 400, () => get("/plain/%zz")],
    ["a line above 8 kB", 400, () => get("/plain", line(8193))],
    ["more than four large lines", 400, () => get("/plain", ...Array.from({ length: 5 }, () => line(6000)))],
    ["very many bytes", 400, () => get("/plain", ...Array.from({ length: 9 }, () => line(8000)))],
    ["a long request line", 414, () => get(`/plain/${"a".repeat(8192)}`)],
    ["an empty Host", 400, () => sendRaw("GET /plain HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n")],
    ["a Host that is none", 400, () => sendRaw("GET /plain HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n")],
    ["HTTP/2.0", 505, () => sendRaw("GET /plain HTTP/2.0\r\nHost: a\r\nConnection: close\r\n\r\n")],
    ["TRACE", 405, () => sendRaw("TRACE /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")],
    ["a path that is no UTF-8", 404, () => get("/plain/%ff")],
    ["a Host that is no UTF-8", 404, () => sendRaw("GET /plain HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n")],
    ["no HTTP", 400, () => sendRaw("hello\r\n\r\n")],
    ["CONNECT", 400, () => sendRaw("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n")],
  ])("is refused before the plugin runs: %s → %i", async (_, status, request) => {
    expect((await request()).status).toBe(status);
    expect(events).toBe(0);
  });

  test("is not refused for a line of exactly 8 kB, nor for four such lines", async () => {
    expect((await get("/plain", line(8192))).status).toBe(200);
    expect((await get("/plain", ...Array.from({ length: 4 }, () => line(8192)))).status).toBe(200);
  });
});

describe("upstreams and clients that fail", () => {
  test("an upstream that is down gives 502", async () => {
    const { status, body } = await get("/down");
    expect([status, JSON.parse(body).message]).toEqual([
      502,
      "An invalid response was received from the upstream server",
    ]);
  });

  test("an upstream that is slow gives 504", async () => {
    onSpecial = () => undefined;
    expect((await get("/slow")).status).toBe(504);
  });

  test("the gateway tries again if the upstream closes a kept connection, but not for a POST or a request with a body", async () => {
    const sockets = new Set<Socket>();
    onSpecial = (request, response) => {
      if (sockets.has(request.socket)) {
        request.socket.resetAndDestroy();
      } else {
        sockets.add(request.socket);
        response.end("ok");
      }
    };
    const send = (method: string, body: string) =>
      sendRaw(
        `${method} /special HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    const statuses: number[] = [];
    for (const ask of [() => get("/special"), () => send("PUT", "x"), () => send("POST", "")]) {
      statuses.push((await get("/special")).status, (await ask()).status);
    }
    expect(statuses).toEqual([200, 200, 200, 502, 200, 502]);
  });

  test("if the upstream's response is cut off, the client's response is cut off too", async () => {
    onSpecial = (_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("only this", () => response.destroy());
    };
    const { status, body } = await get("/special");
    expect([status, body]).toEqual([200, "only this"]);
  });

  test("the upstream's connection headers are not sent to the client", async () => {
    onSpecial = (_, response) => {
      response.writeHead(200, { connection: "close, x-private", "x-private": "1", "x-public": "1", trailer: "x" });
      response.end("ok");
    };
    const { headers } = await get("/special");
    expect(headers).not.toMatch(/x-private|trailer/i);
    expect(headers).toMatch(/^x-public: 1\r$/m);
  });

  test("if the client leaves, the request to the upstream ends, and the gateway keeps running", async () => {
    let gone: Promise<unknown> = Promise.resolve();
    const arrived = new Promise<void>((resolve) => {
      onSpecial = (request) => {
        gone = new Promise((close) => request.on("close", close));
        resolve();
      };
    });
    const socket = connect(gateway.port, "127.0.0.1");
    socket.write("POST /special HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    await arrived;
    socket.resetAndDestroy();
    await gone;
    expect((await get("/plain")).status).toBe(200);
  });
});
