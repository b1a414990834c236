import { once } from "node:events";
import { request as requestHttp } from "node:http";
import { type ClientHttp2Stream, createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readKongConfig } from "../../sandbox/config/kong-config.ts";
import { type Gateway, startGateway } from "../../sandbox/gateway/gateway.ts";
import { createPluginClient } from "../../sandbox/plugin/plugin-client.ts";
import { requestHttp2 } from "../gateways/http2-client.ts";
import { type FakeBehaviour, startFakePluginServer } from "./fake-plugin-server.ts";

type OnEvent = FakeBehaviour["onEvent"];
const proceed: OnEvent = (peer) => peer.proceed();

const endings: (() => Promise<unknown> | unknown)[] = [];
let gateway: Gateway;
let url: string;
let onEvent: OnEvent = proceed;
/** Each test says what the upstream does with a call; `raw` has the headers by turns. */
let upstream: Http2Server;
let onCall: (stream: ServerHttp2Stream, raw: readonly string[]) => void = () => undefined;
const streams = new Set<ServerHttp2Stream>();

beforeAll(async () => {
  upstream = createServer();
  upstream.on("stream", (stream: ServerHttp2Stream, _: unknown, _flags: unknown, raw: readonly string[]) => {
    stream.on("error", () => undefined);
    streams.add(stream);
    onCall(stream, raw);
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const plugin = await startFakePluginServer({ onEvent: (peer, id) => onEvent(peer, id) });
  const read = readKongConfig(`
_format_version: "3.0"
services:
- name: calls
  url: grpc://127.0.0.1:${(upstream.address() as AddressInfo).port}
  routes:
  - {name: calls, paths: [/pkg.Calls], protocols: [grpc, grpcs]}
  - {name: stripped, paths: [/stripped]}
  - {name: kept, paths: [/kept.Calls], protocols: [grpc], preserve_host: true}
- name: slow
  url: grpc://127.0.0.1:${(upstream.address() as AddressInfo).port}
  read_timeout: 100
  routes: [{name: slow, paths: [/slow.Calls], protocols: [grpc]}]
- name: down
  protocol: grpc
  host: 127.0.0.1
  port: 1
  routes: [{name: down, paths: [/down.Calls], protocols: [grpc]}]
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
    nginxVariables: {},
    log: () => undefined,
  });
  url = `http://127.0.0.1:${gateway.port}`;
  endings.push(() => upstream.close(), plugin.stop, pluginClient.close, gateway.stop);
});

afterAll(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
});

afterEach(() => {
  onEvent = proceed;
  for (const stream of streams) {
    stream.close();
  }
  streams.clear();
});

const MESSAGE = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

function call(path: string, body: Buffer | ((stream: ClientHttp2Stream) => void) = MESSAGE, more = {}) {
  const head = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...more };
  return requestHttp2(url, head, body);
}

/** Sends everything back, and ends with these trailers. */
function echo(stream: ServerHttp2Stream, trailers: Record<string, string> = { "grpc-status": "0" }): void {
  stream.once("wantTrailers", () => stream.sendTrailers(trailers));
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.pipe(stream);
}

describe("a call that the plugin lets through", () => {
  test("reaches the upstream over HTTP/2 with Kong's headers, and its trailers come back", async () => {
    let seen: readonly string[] = [];
    onCall = (stream, raw) => {
      seen = raw;
      echo(stream, { "grpc-status": "9", "grpc-message": "no" });
    };
    const { status, headers, body, trailers } = await call("/pkg.Calls/Get", MESSAGE, {
      ":authority": "Shop.Test:80",
      "x-list": ["1", "2"],
      via: "1.1 me",
    });
    expect([status, body]).toEqual([200, MESSAGE.toString()]);
    expect(headers).toMatchObject({ "content-type": "application/grpc", via: "2 jwt-policy-sandbox" });
    expect(trailers).toMatchObject({ "grpc-status": "9", "grpc-message": "no" });
    const pairs = seen.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${seen[index + 1]}`] : []));
    const { port } = upstream.address() as AddressInfo;
    expect(pairs).toEqual(
      expect.arrayContaining([
        ":method: POST",
        ":path: /pkg.Calls/Get",
        `:authority: 127.0.0.1:${port}`,
        "content-type: application/grpc",
        "te: trailers",
        "via: 1.1 me, 2 jwt-policy-sandbox",
        "x-forwarded-host: shop.test",
        "x-list: 1",
        "x-list: 2",
      ]),
    );
  });

  test.each([
    ["/pkg.Calls/a//b/%2e%2e/c?x=1&", "the path as it came, which Kong's router alone reads in normal form"],
    ["/stripped/pkg.Calls/Get", "it whole, although the Route strips a path"],
  ])("gives the upstream of %s %s", async (path) => {
    let seen = "";
    onCall = (stream, raw) => {
      seen = raw[raw.indexOf(":path") + 1] ?? "";
      echo(stream);
    };
    await call(path);
    expect(seen).toBe(path);
  });

  test("keeps the client's :authority where the Route preserves the host", async () => {
    let seen = "";
    onCall = (stream, raw) => {
      seen = raw[raw.indexOf(":authority") + 1] ?? "";
      echo(stream);
    };
    await call("/kept.Calls/Get", MESSAGE, { ":authority": "Shop.Test:77" });
    expect(seen).toBe("Shop.Test:77");
  });

  test("streams both ways, each answer before the next question", async () => {
    onCall = (stream) => echo(stream);
    const answers: string[] = [];
    await call("/pkg.Calls/Chat", (stream) => {
      stream.on("data", (chunk: Buffer) => {
        answers.push(chunk.toString());
        if (answers.length < 3) {
          stream.write(`question ${answers.length}`);
        } else {
          stream.end();
        }
      });
      stream.write("question 0");
    });
    expect(answers).toEqual(["question 0", "question 1", "question 2"]);
  });

  test("takes an answer that is trailers only", async () => {
    onCall = (stream) => stream.respond({ ":status": 200, "grpc-status": "12" }, { endStream: true });
    const { headers, trailers, body } = await call("/pkg.Calls/Get");
    expect([headers["grpc-status"], trailers, body]).toEqual(["12", {}, ""]);
  });

  test("gives a client of HTTP/1.1 the trailers behind the body", async () => {
    onCall = (stream) => echo(stream);
    const outgoing = requestHttp(`${url}/stripped/pkg.Calls/Get`, {
      method: "POST",
      agent: false,
      headers: { "content-type": "application/grpc", te: "trailers", connection: "te" },
    });
    outgoing.end(MESSAGE);
    const [response] = await once(outgoing, "response");
    response.resume();
    await once(response, "end");
    expect(response.trailers).toEqual({ "grpc-status": "0" });
  });

  test("ends at the upstream when the client goes away", async () => {
    let client: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      onCall = (stream) => {
        stream.once("close", resolve);
        client?.();
      };
    });
    const answer = call("/pkg.Calls/Get", (stream) => {
      client = () => stream.destroy(new Error("went away"));
      stream.write(MESSAGE);
    });
    await expect(answer).rejects.toMatchObject({ code: 2 });
    await gone;
  });

  test("is broken off when the upstream breaks off, and the next one passes", async () => {
    onCall = (stream) => {
      stream.respond({ ":status": 200 });
      stream.write("half", () => stream.destroy(new Error("broken off")));
    };
    expect((await call("/pkg.Calls/Get")).code).not.toBe(0);
    onCall = (stream) => stream.session?.destroy();
    expect((await call("/pkg.Calls/Get")).headers["grpc-status"]).toBe("13");
    onCall = (stream) => echo(stream);
    expect((await call("/pkg.Calls/Get")).trailers["grpc-status"]).toBe("0");
  });
});

describe("what fails is said in headers that clients of gRPC read", () => {
  const failed = "An invalid response was received from the upstream server";

  test.each([
    ["an upstream that is down", "/down.Calls/Get", 502, "13", failed],
    ["an upstream that does not answer in time", "/slow.Calls/Get", 504, "4", "The upstream server is timing out"],
  ])("%s", async (_, path, status, grpcStatus, message) => {
    onCall = () => undefined;
    const answer = await call(path);
    expect(answer).toMatchObject({ status, body: "", endsWithHead: true });
    expect(answer.headers).toMatchObject({ "grpc-status": grpcStatus, "grpc-message": message });
  });

  test("a plugin server that breaks off", async () => {
    onEvent = (peer) => peer.send("no.such.method", new Uint8Array(0));
    const answer = await call("/pkg.Calls/Get");
    expect(answer).toMatchObject({ status: 500, body: "", endsWithHead: true });
    expect(answer.headers).toMatchObject({ "grpc-status": "13", "grpc-message": "An unexpected error occurred" });
    expect(streams.size).toBe(0);
  });
});
