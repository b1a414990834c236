import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFetcher } from "../../../plugin/keys/fetch/fetch-json.ts";
import {
  type FetchSettings,
  NO_FETCH_SETTINGS,
  type ProxySettings,
} from "../../../plugin/keys/fetch/fetch-settings.ts";
import { chooseProxy } from "../../../plugin/keys/fetch/proxy-tunnel.ts";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { makeCertificate, missingOpenssl } from "./certificates.ts";

const timeoutMs = 60_000;
const HASTE_MS = 300;
const NAMES = "DNS:idp.internal,DNS:proxy.internal,DNS:localhost";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

type Tunnel = (socket: Socket, request: IncomingMessage) => void;

describe("a proxy is used", () => {
  const proxy: ProxySettings = {
    url: "http://proxy",
    authorizationFile: undefined,
    noProxy: ["a.example", ".b.example", "fd00::1"],
  };
  it.each<[url: string, isProxied: boolean]>([
    ["https://c.example/", true],
    ["https://a.example:8443/x", false],
    ["https://x.a.example/", true],
    ["https://b.example/", true],
    ["https://x.b.example/", false],
    ["https://[fd00::1]/", false],
    ["https://[fd00::2]/", true],
    ["http://c.example/", false],
    ["https://localhost/", false],
    ["https://[::1]/", false],
  ])("for %s: %s", (url, isProxied) => {
    expect(chooseProxy({ ...NO_FETCH_SETTINGS, proxy }, new URL(url))).toBe(isProxied ? proxy : undefined);
    expect(chooseProxy(NO_FETCH_SETTINGS, new URL(url))).toBeUndefined();
  });
});

/** An origin for https, and a proxy. All tunnels of the proxy lead to the origin, for any requested name. */
async function setUp({ tls, tunnel }: { readonly tls?: boolean; readonly tunnel?: Tunnel } = {}) {
  const directory = temporaryFolder(onTestFinished);
  const files = makeCertificate(directory, "idp", NAMES);
  const options: ServerOptions = { cert: readFileSync(files.certificate), key: readFileSync(files.key) };
  const echo = createTlsServer(options, ({ headers }, response) => void response.end(JSON.stringify(headers)));
  const originPort = await listen(echo);
  /** The requests that the proxy got. */
  const asked: { target: string | undefined; authorization: string | undefined }[] = [];
  const proxy = tls ? createTlsServer(options) : createServer();
  proxy.on("request", (request, response) => {
    asked.push({ target: request.url, authorization: undefined });
    response.writeHead(400).end();
  });
  proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
    asked.push({ target: request.url, authorization: request.headers["proxy-authorization"] });
    socket.on("error", () => {});
    (tunnel ?? leadTo(originPort))(socket, request);
  });
  const url = `${tls ? "https" : "http"}://localhost:${await listen(proxy)}`;
  const fetchJson = async (
    target: string,
    changes: Partial<ProxySettings> = {},
    limitMs = timeoutMs,
  ): Promise<unknown> => {
    const proxied: ProxySettings = { url, authorizationFile: undefined, noProxy: [], ...changes };
    const settings: FetchSettings = { ...NO_FETCH_SETTINGS, caFile: files.certificate, proxy: proxied };
    return (await createFetcher(settings)(target, { timeoutMs: limitMs })).body;
  };
  return { directory, originPort, asked, fetchJson };
}

const leadTo =
  (port: number): Tunnel =>
  (socket) => {
    const origin = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(origin).pipe(socket);
    });
    origin.on("error", () => socket.destroy());
    socket.on("close", () => origin.destroy());
  };

if (missingOpenssl !== undefined) {
  reportMissing("a proxy, with certificates of our own", missingOpenssl);
} else {
  describe("through a proxy", describeProxy);
}

function describeProxy(): void {
  it.each([false, true])("keys come from a name that only the proxy knows (proxy by https: %s)", async (tls) => {
    const { fetchJson, asked } = await setUp({ tls });
    expect(await fetchJson("https://idp.internal/x")).toMatchObject({ host: "idp.internal" });
    expect(await fetchJson("https://idp.internal:8443/x")).toMatchObject({ host: "idp.internal:8443" });
    expect(asked.map(({ target }) => target)).toEqual(["idp.internal:443", "idp.internal:8443"]);
  });

  it("the server must still have the certificate of the origin", async () => {
    const { fetchJson } = await setUp();
    await expect(fetchJson("https://idp.example.com/x")).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  it("the proxy gets its credentials, and the origin does not", async () => {
    const { fetchJson, asked, directory } = await setUp();
    const authorizationFile = join(directory, "authorization");
    writeFileSync(authorizationFile, "Basic dXNlcjpwYXNz\n");
    expect(await fetchJson("https://idp.internal/x", { authorizationFile })).not.toHaveProperty("proxy-authorization");
    expect(asked).toEqual([{ target: "idp.internal:443", authorization: "Basic dXNlcjpwYXNz" }]);
  });

  it("forbidden addresses in URLs are still refused, and the proxy is not asked", async () => {
    const { fetchJson, asked } = await setUp();
    await expect(fetchJson("https://169.254.169.254/x")).rejects.toThrow(/is a link-local address$/);
    await expect(fetchJson("https://[::ffff:127.0.0.1]/x")).rejects.toThrow(/is a loopback address$/);
    expect(asked).toEqual([]);
  });

  it("requests to loopback and to excepted names do not use the proxy", async () => {
    const { fetchJson, asked, originPort } = await setUp();
    expect(await fetchJson(`https://localhost:${originPort}/x`)).toMatchObject({ host: `localhost:${originPort}` });
    for (const noProxy of [["idp.invalid"], [".invalid"], ["a.example", "idp.invalid"]]) {
      await expect(fetchJson("https://idp.invalid/x", { noProxy })).rejects.toThrow(/the host name/);
    }
    expect(asked).toEqual([]);
    const others = { noProxy: ["invalid", ".idp.invalid", "dp.invalid"] };
    await expect(fetchJson("https://idp.invalid/x", others)).rejects.toThrow();
    expect(asked).toHaveLength(1);
  });

  it.each([299, 300])("a proxy opens a tunnel with status 299 and not with status 300: %i", async (status) => {
    const { fetchJson } = await setUp({ tunnel: (socket) => void socket.write(`HTTP/1.1 ${status} X\r\n\r\n`) });
    const cause =
      status === 299 ? `no complete answer in ${HASTE_MS} ms` : `the proxy answered CONNECT with status 300`;
    await expect(fetchJson("https://idp.internal/x", {}, status === 299 ? HASTE_MS : timeoutMs)).rejects.toThrow(cause);
  });

  const say =
    (text: string): Tunnel =>
    (socket) =>
      socket.end(text);
  const speak: Tunnel = (socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\nH");
  const ended = /failed: (?:the connection broke|Client network socket disconnected)/;
  it.each<[what: string, tunnel: Tunnel, cause: RegExp]>([
    [
      "wants to know who asks",
      say("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
      / CONNECT with status 407$/,
    ],
    [
      "cannot connect",
      say("HTTP/1.1 502 Bad Gateway\r\n\r\n<html>SECRET"),
      /failed: the proxy answered CONNECT with status 502$/,
    ],
    ["speaks in the origin's place", speak, /failed: the proxy sent data before the origin's own data$/],
    ["closes the connection", (socket) => void socket.destroy(), /failed: the connection broke/],
    ["closes the tunnel", say("HTTP/1.1 200 OK\r\n\r\n"), ended],
  ])("a proxy that %s", async (_what, tunnel, cause) => {
    const { fetchJson } = await setUp({ tunnel });
    await expect(fetchJson("https://idp.internal/x")).rejects.toThrow(cause);
  });

  it.each<[what: string, tunnel: Tunnel]>([
    ["does not answer", () => {}],
    ["connects to who does not answer", (socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\n")],
  ])("a proxy that %s costs no more than the time for a fetch", async (_what, tunnel) => {
    const closed: Promise<void>[] = [];
    const { fetchJson } = await setUp({
      tunnel(socket, request) {
        closed.push(new Promise((resolve) => void socket.once("close", () => resolve())));
        socket.resume().once("end", () => socket.end()); // A server that does not read also does not notice the end of the connection.
        tunnel(socket, request);
      },
    });
    const fetching = fetchJson("https://idp.internal/x", {}, HASTE_MS);
    await expect(fetching).rejects.toThrow(`no complete answer in ${HASTE_MS} ms`);
    await Promise.all(closed); // The list is empty if the machine is so busy that the time was over before the proxy got a request.
  });
}
