import { createServer as createHttp, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findKongState, type KongState } from "../../../cli/deck/state/kong-state.ts";
import { readStateFile } from "../../../cli/deck/state/state-file.ts";
import { findConflicts, findOrders } from "../../../cli/doctor/checks/find-conflicts.ts";
import { readAdminState } from "../../../cli/doctor/probes/ask-admin.ts";
import { askSocket } from "../../../cli/doctor/probes/ask-socket.ts";
import { findFreePorts } from "../../gateways/free-port.ts";
import { createPlace, runServer } from "../../server/server-process.ts";

const SHORT_MS = 300;
const LONG_MS = 30_000;

/** A server on a socket that does something else. */
async function serveSocket(serve: (socket: Socket) => void): Promise<string> {
  const { socket: path } = createPlace();
  const server = createServer(serve);
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return path;
}

describe("the handshake with the plugin server", () => {
  it("succeeds with the real server, which judges no request and starts no instance for it", async () => {
    const place = createPlace();
    const server = await runServer(place);
    expect(await askSocket(place.socket, LONG_MS)).toEqual({ ok: true, value: undefined });
    expect(await askSocket(place.socket, LONG_MS)).toEqual({ ok: true, value: undefined });
    expect(server.stderr()).toBe("");
    expect(server.child.exitCode).toBeNull();
  });

  it("says that the server hangs if it is stopped, within the time limit", async () => {
    const place = createPlace();
    const { child } = await runServer(place);
    child.kill("SIGSTOP");
    expect(await askSocket(place.socket, SHORT_MS)).toMatchObject({ failure: { because: "silent" } });
  });

  it.each<[title: string, because: string, serve: (socket: Socket) => void]>([
    ["a server that is silent", "silent", () => {}],
    ["a server that closes", "foreign", (socket) => socket.destroy()],
    ["an HTTP server", "foreign", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a server with another answer in a frame", "foreign", (socket) => socket.end(Buffer.from([2, 0, 0, 0, 104, 105]))],
    ["a frame of four gigabytes", "foreign", (socket) => void socket.write(Buffer.alloc(8, 0xff))],
    ["half a frame", "silent", (socket) => void socket.write(Buffer.from([9, 0, 0, 0, 1]))],
  ])("distinguishes %s from jwt-policy", async (_, because, serve) => {
    const timeout = because === "silent" ? SHORT_MS : LONG_MS;
    expect(await askSocket(await serveSocket(serve), timeout)).toMatchObject({ ok: false, failure: { because } });
  });

  it("says that there is no socket, or that no process listens on it", async () => {
    const { directory, socket } = createPlace();
    expect(await askSocket(join(directory, "none"), LONG_MS)).toMatchObject({ failure: { because: "missing" } });
    const { child, ended } = await runServer({ directory, socket, policyRoot: join(directory, "policies") });
    child.kill("SIGKILL");
    await ended;
    expect(await askSocket(socket, LONG_MS)).toMatchObject({ failure: { because: "refused" } });
  });
});

describe("the Admin API", () => {
  async function serveAdmin(listener: RequestListener): Promise<string> {
    const server = createHttp(listener);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it("is read page by page, without the configuration of other plugins", async () => {
    const pages: Readonly<Record<string, unknown>> = {
      "/services?size=1000": { data: [{ id: "s", name: "shop" }], next: null },
      "/routes?size=1000": { data: [{ id: "r1" }], next: "/routes?size=1000&offset=abc" },
      "/routes?size=1000&offset=abc": { data: [{ id: "r2" }], next: null },
      "/plugins?size=1000": {
        data: [
          { name: "jwt-policy", config: { policy_file: "p.yaml" } },
          { name: "http-log", config: { http_endpoint: "https://user:s3cret@log" } },
        ],
        next: null,
      },
    };
    const url = await serveAdmin((request, response) => void response.end(JSON.stringify(pages[request.url ?? ""])));
    const state = await readAdminState(`${url}/`);
    expect(state.ok && JSON.parse(state.value)).toEqual({
      _format_version: "3.0",
      services: [{ id: "s", name: "shop" }],
      routes: [{ id: "r1" }, { id: "r2" }],
      plugins: [{ name: "jwt-policy", config: { policy_file: "p.yaml" } }, { name: "http-log" }],
    });
  });

  it.each<[string, RequestListener, string]>([
    [
      "needs a token",
      (_request, response) => void response.writeHead(401).end("{}"),
      "/services answers with status 401",
    ],
    [
      "redirects",
      (_request, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
      "status 302",
    ],
    ["is another server", (_request, response) => void response.end("<html>s3cret"), "/services is not a list"],
    [
      "has pages without end",
      (request, response) => void response.end(JSON.stringify({ data: [], next: request.url })),
      "more than 100 pages",
    ],
    ["breaks off", (_request, response) => void response.destroy(), "UND_ERR_SOCKET"],
  ])("is not read if it %s", async (_, listener, failure) => {
    expect(await readAdminState(await serveAdmin(listener))).toEqual({
      ok: false,
      failure: expect.stringContaining(failure),
    });
  });

  it("is not read if no server is there", async () => {
    const [port] = await findFreePorts();
    expect(await readAdminState(`http://127.0.0.1:${port}`)).toEqual({ ok: false, failure: "ECONNREFUSED" });
  });
});

describe("plugins beside jwt-policy", () => {
  const stateOf = (plugins: string, more = ""): KongState => {
    const read = readStateFile(
      "kong.yml",
      `_format_version: "3.0"\nservices:\n  - name: shop\n    url: http://shop\n    routes:\n      - { name: orders, paths: [/o], plugins: [{ name: jwt-policy, config: { policy_file: p.yaml } }] }\n      - { name: other, paths: [/x] }\n${plugins}${more}`,
    );
    if (!read.ok) {
      throw new Error(JSON.stringify(read.failure));
    }
    return findKongState([read.value]);
  };
  const namesOf = (state: KongState, isGuarded = false): readonly string[] =>
    findConflicts(state, isGuarded).map(({ message }) => /^The plugin ([\w-]+)/.exec(message)?.[1] ?? message);

  it.each<[title: string, plugins: string, names: string[]]>([
    ["Kong's jwt, globally", "plugins: [{ name: jwt }]", ["jwt"]],
    ["Kong's jwt, on the Service", "plugins: [{ name: jwt, service: shop }]", ["jwt"]],
    ["Kong's jwt, on the same Route", "plugins: [{ name: jwt, route: orders }]", ["jwt"]],
    ["Kong's jwt, on another Route", "plugins: [{ name: jwt, route: other }]", []],
    ["Kong's jwt, switched off", "plugins: [{ name: jwt, enabled: false }]", []],
    [
      "a common cache and code before",
      "plugins: [{ name: proxy-cache }, { name: pre-function }]",
      ["proxy-cache", "pre-function"],
    ],
    ["plugins that run behind and fit", "plugins: [{ name: acl }, { name: rate-limiting }, { name: cors }]", []],
  ])("%s", (_, plugins, names) => {
    expect(namesOf(stateOf(plugins))).toEqual(names);
  });

  it("may change headers before jwt-policy, if the guard fills the facts variable again", () => {
    expect(namesOf(stateOf("plugins: [{ name: pre-function }]"), true)).toEqual([]);
  });

  it.each([
    [
      "jwt-policy itself",
      "plugins: [{ name: jwt-policy, config: { policy_file: p.yaml }, ordering: { before: { access: [acl] } } }]",
      1,
    ],
    ["a plugin before jwt-policy", "plugins: [{ name: acl, ordering: { before: { access: [jwt-policy] } } }]", 1],
    ["others", "plugins: [{ name: acl, ordering: { before: { access: [cors] } } }, { name: cors, ordering: null }]", 0],
  ])("with an ordering of %s", (_, plugins, count) => {
    expect(findOrders(stateOf(plugins))).toHaveLength(count);
  });
});
