import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  ExitArgsMessage,
  headersToStruct,
  ListValueMessage,
  RpcReturnMessage,
  StructMessage,
} from "../../../plugin/server/protocol/messages.ts";
import type { KongPlugin } from "../../../sandbox/config/kong-config.ts";
import type { LogEntry } from "../../../sandbox/message/gateway-log.ts";
import type { GatewayRequest } from "../../../sandbox/message/gateway-request.ts";
import { createPluginClient, type EventOutcome } from "../../../sandbox/plugin/plugin-client.ts";
import { row } from "../../row.ts";
import { encodeText, type FakeBehaviour, type FakePluginServer, startFakePluginServer } from "../fake-plugin-server.ts";

const PLUGIN: KongPlugin = {
  id: "plugin-1",
  instanceName: "mine",
  enabled: true,
  routeId: "route-1",
  config: { policy_file: "p.yaml", rule: "r" },
};

function newRequest(): GatewayRequest {
  return {
    id: "0123456789abcdef0123456789abcdef",
    requestLine: "GET /a?b=c HTTP/1.1",
    method: "GET",
    target: "/a?b=c",
    httpVersion: "1.1",
    headers: [
      ["Host", "h"],
      ["X-User-Id", "admin"],
    ],
    remoteAddress: "127.0.0.1",
    host: "h",
    port: 8000,
    route: {
      id: "route-1",
      name: "r",
      protocols: ["http"],
      stripPath: true,
      preserveHost: false,
      service: { id: "service-1", name: "s", protocol: "http", host: "h", port: 80, connectTimeout: 1, readTimeout: 1 },
    },
    nginxVariables: {},
    consumers: [],
    authenticated: {},
  };
}

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
});

interface Setup {
  server: FakePluginServer;
  logs: LogEntry[];
  handle(plugin?: KongPlugin, request?: GatewayRequest): Promise<EventOutcome>;
}

async function setUp(behaviour: FakeBehaviour, readTimeout = 60_000): Promise<Setup> {
  const server = await startFakePluginServer(behaviour);
  const logs: LogEntry[] = [];
  const client = createPluginClient({ socketPath: server.socketPath, readTimeout, log: (entry) => logs.push(entry) });
  endings.push(server.stop, client.close);
  return { server, logs, handle: (plugin = PLUGIN, request = newRequest()) => client.handleAccess(plugin, request) };
}

/**
 * The same as `setUp`, but a read ends after a few turns of the event loop without bytes. The clock moves only at each
 * poll. So a pause of this process does not look as if the plugin server was silent.
 */
async function setUpImpatient(behaviour: FakeBehaviour): Promise<Setup> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const scene = await setUp(behaviour, 150);
  const handle = async (): Promise<EventOutcome> => {
    const outcomes: EventOutcome[] = [];
    void scene.handle().then((outcome) => outcomes.push(outcome));
    await expect.poll(() => outcomes).toHaveLength(1);
    return outcomes[0] ?? { kind: "failed" };
  };
  return { ...scene, handle };
}

function messagesOf(logs: readonly LogEntry[]): string[] {
  return logs.map(({ level, message }) => `${level} ${message}`);
}

describe("a plugin server that behaves", () => {
  test("lets a request pass with an empty frame and a matching answer", async () => {
    const { handle } = await setUp({ onEvent: (peer) => peer.proceed() });
    expect(await handle()).toEqual({ kind: "proceed" });
  });

  test("gets the configuration with Kong's additions, once", async () => {
    const { handle, server } = await setUp({ onEvent: (peer) => peer.proceed() });
    await handle();
    await handle();
    expect(server.startedConfigs).toEqual([
      {
        policy_file: "p.yaml",
        rule: "r",
        route_id: "route-1",
        plugin_instance_name: "mine",
        __plugin_id: "plugin-1",
        __seq__: 1,
        __ws_id: "0dc6f45b-8f8d-40d2-a504-473544ee190b",
        __key__: "plugins:jwt-policy:route-1::::0dc6f45b-8f8d-40d2-a504-473544ee190b",
      },
    ]);
  });

  test("starts one instance for any number of concurrent requests, and a separate instance per plugin", async () => {
    const { handle, server } = await setUp({ onEvent: (peer) => peer.proceed() });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => handle()));
    expect(outcomes.every(({ kind }) => kind === "proceed")).toBe(true);
    await handle({ ...PLUGIN, id: "plugin-2" });
    expect(server.startedConfigs.map((config) => config.__plugin_id)).toEqual(["plugin-1", "plugin-2"]);
  });

  test("keeps its connection for the next call, one call at a time", async () => {
    const { handle, server } = await setUp({ onEvent: (peer) => peer.proceed() });
    await handle();
    await handle();
    expect(server.connections()).toBe(1);
    await Promise.all([handle(), handle(), handle()]);
    expect(server.connections()).toBe(3);
  });

  test("ends the request with kong.response.exit, and then the connection is closed", async () => {
    const { handle, server } = await setUp({
      onEvent: (peer) =>
        peer.callPdk(
          "kong.response.exit",
          ExitArgsMessage.encode({
            status: 401,
            body: Buffer.from("no"),
            headers: headersToStruct({ "WWW-Authenticate": ["one", "two"], x_y: ["1", "2"], "x-empty": "" }),
          }),
        ),
    });
    expect(await handle()).toEqual({
      kind: "exit",
      response: {
        status: 401,
        body: Buffer.from("no"),
        headers: [
          ["WWW-Authenticate", "two"],
          ["x-y", "1"],
          ["x-y", "2"],
          ["x-empty", " "],
        ],
      },
    });
    await expect.poll(() => server.connections()).toBe(0);
  });

  test("logs through Kong with the request's id", async () => {
    const message = ListValueMessage.encode({ values: [{ stringValue: "denied: " }, { numberValue: 4 }] });
    const { handle, logs } = await setUp({
      onEvent: async (peer) => {
        await peer.callPdk("kong.log.warn", message);
        peer.proceed();
      },
    });
    await handle();
    expect(logs).toEqual([
      {
        level: "warn",
        source: "plugin",
        message: "denied: 4",
        request: { id: "0123456789abcdef0123456789abcdef", line: "GET /a?b=c HTTP/1.1" },
      },
    ]);
  });

  test("changes the request's headers", async () => {
    const { handle } = await setUp({
      onEvent: async (peer) => {
        const headers = { "x-user-id": "me", "x-gone": [], "x-two": ["1", "2"], "x-bad": "a\r\nb\u0000\u00e9" };
        await peer.callPdk("kong.service.request.set_headers", StructMessage.encode(headersToStruct(headers)));
        peer.proceed();
      },
    });
    const request = newRequest();
    request.headers = [...request.headers, ["x-gone", "1"], ["X-Gone", "2"], ["x_user_id", "kept"]];
    expect(await handle(PLUGIN, request)).toEqual({ kind: "proceed" });
    expect(request.headers).toEqual([
      ["Host", "h"],
      ["X-User-Id", "me"],
      ["x_user_id", "kept"],
      ["x-two", "1"],
      ["x-two", "2"],
      ["x-bad", "a%0D%0Ab%00\xc3\xa9"],
    ]);
  });
});

describe("every fault leads to 500 or to another try, never to a request that passes", () => {
  test.each<[what: string, logged: RegExp, behaviour: FakeBehaviour]>([
    row("an unknown method", /method "kong.no.such" not found/, { onEvent: (peer) => peer.callPdk("kong.no.such") }),
    row("a method that objects have anyway", /method "constructor" not/, {
      onEvent: (peer) => peer.callPdk("constructor"),
    }),
    row("a failed call, directly followed by the end of the event", /either credential or consumer must be provided/, {
      onEvent: (peer) => peer.send("kong.client.authenticate", "", "", RpcReturnMessage.encode({ sequence: 3 })),
    }),
    row("an answer to another call", /different sequence numbers/, {
      onEvent: (peer) => peer.send("", RpcReturnMessage.encode({ sequence: 1 })),
    }),
    row("an answer without sequence", /different sequence numbers/, { onEvent: (peer) => peer.send("", "") }),
    row("garbage for an answer", /pluginserver error/, { onEvent: (peer) => peer.send("", "\xff\xff\xff") }),
    row("garbage for arguments", /pluginserver error/, {
      onEvent: (peer) => peer.callPdk("kong.nginx.get_var", Buffer.from([0x0a, 0xff])),
    }),
    row("too many headers asked for", /max_headers/, {
      onEvent: (peer) => peer.callPdk("kong.request.get_headers", Buffer.from([8, 0xe9, 7])),
    }),
    row("an exit with no status", /code must be a number/, { onEvent: (peer) => peer.callPdk("kong.response.exit") }),
    row("half a frame and silence", /timeout/, { onEvent: (peer) => peer.socket.write(Buffer.from([9, 0, 0, 0, 1])) }),
    row("silence", /timeout/, { onEvent: () => undefined }),
    row("silence after the empty frame", /timeout/, { onEvent: (peer) => peer.send("") }),
    row("silence at the start", /starting instance: timeout/, {
      onEvent: (peer) => peer.proceed(),
      onStart: () => undefined,
    }),
    row("an end at the start", /starting instance: closed/, {
      onEvent: (peer) => peer.proceed(),
      onStart: (peer) => peer.socket.destroy(),
    }),
    row("no instance at the start", /instance_status/, {
      onEvent: (peer) => peer.proceed(),
      onStart: (peer) => peer.answer(2),
    }),
  ])("%s", async (_, logged, behaviour) => {
    const { handle, logs } = await setUpImpatient(behaviour);
    expect(await handle()).toEqual({ kind: "failed" });
    expect(messagesOf(logs).at(-1)).toMatch(logged);
    expect(logs.at(-1)?.level).toBe("err");
  });

  test("a frame too large to read counts as a closed connection", async () => {
    let events = 0;
    const { handle, logs } = await setUp({
      onEvent: (peer) => {
        events += 1;
        return events === 1 ? peer.socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff])) : peer.proceed();
      },
    });
    expect(await handle()).toEqual({ kind: "proceed" });
    expect(messagesOf(logs)).toEqual(["warn closed"]);
  });

  test.each<[what: string, refuse: FakeBehaviour["onEvent"], logged: string]>([
    [
      "answers `no plugin instance`",
      (peer) => peer.callPdk("no plugin instance"),
      'warn method "no plugin instance" not found',
    ],
    ["closes instead of answering", (peer) => peer.socket.end(), "warn closed"],
    ["closes in the middle of a frame", (peer) => peer.socket.end(Buffer.from([9, 0, 0, 0, 1])), "warn closed"],
    ["closes after the empty frame", (peer) => peer.socket.end(Buffer.from([0, 0, 0, 0])), "warn closed"],
  ])(
    "when the plugin server %s, all instances are started again and the request is tried again",
    async (_, refuse, logged) => {
      const { handle, server, logs } = await setUp({
        onEvent: (peer, id) => (id <= 2 ? refuse(peer, id) : peer.proceed()),
      });
      // Two instances exist. The refusal of one instance makes both instances start again.
      const other = { ...PLUGIN, id: "plugin-2" };
      const [first, second] = await Promise.all([handle(), handle(other)]);
      expect([first, second]).toEqual([{ kind: "proceed" }, { kind: "proceed" }]);
      expect(server.startedConfigs.length).toBeGreaterThanOrEqual(4);
      expect(new Set(messagesOf(logs))).toEqual(new Set([logged]));
    },
  );

  test("the sandbox gives up after 100 tries if the plugin server always closes the connection", async () => {
    const { handle, logs } = await setUp({ onEvent: (peer) => peer.socket.end() });
    expect(await handle()).toEqual({ kind: "failed" });
    expect(logs.filter(({ message }) => message === "closed")).toHaveLength(100);
    expect(logs.at(-1)?.message).toMatch(/gave up after 100 tries/);
  });

  test("no server listens", async () => {
    const { handle, server, logs } = await setUp({ onEvent: (peer) => peer.proceed() });
    await handle();
    await server.stop();
    endings.shift();
    expect(await handle()).toEqual({ kind: "failed" });
    expect(messagesOf(logs).at(-1)).toMatch(/err pluginserver error: (?:no such file|connection refused)/);
  });

  test("a timeout of one request does not affect the next request", async () => {
    let events = 0;
    const { handle } = await setUpImpatient({
      onEvent: (peer) => {
        events += 1;
        return events === 1 ? undefined : peer.proceed();
      },
    });
    expect(await handle()).toEqual({ kind: "failed" });
    expect(await handle()).toEqual({ kind: "proceed" });
  });

  test("bytes after the answer end the connection, and the next request is correct", async () => {
    const { handle, server } = await setUp({
      onEvent: (peer) => {
        peer.proceed();
        peer.send("");
      },
    });
    expect(await handle()).toEqual({ kind: "proceed" });
    expect(await handle()).toEqual({ kind: "proceed" });
    expect(server.startedConfigs).toHaveLength(1);
  });
});

describe("results of the PDK have the special cases of Kong's types", () => {
  /** Calls one method in an event and gives the reply's bytes. */
  async function replyTo(method: string, args: Uint8Array, headers: GatewayRequest["headers"]): Promise<Buffer> {
    let reply: Buffer = Buffer.alloc(0);
    const { handle } = await setUp({
      onEvent: async (peer) => {
        reply = await peer.callPdk(method, args);
        peer.proceed();
      },
    });
    const request = newRequest();
    request.headers = headers;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: nginx writes its variables like this
    request.nginxVariables = { facts: '1\\n$request\\n$http_connection\\n${http_authorization}$unknown\\"' };
    expect(await handle(PLUGIN, request)).toEqual({ kind: "proceed" });
    return reply;
  }
  const maxHeaders = (max: number): Uint8Array => Buffer.from([8, max]);

  test("get_headers: lower case, lists, underscores kept apart", async () => {
    const reply = await replyTo("kong.request.get_headers", maxHeaders(100), [
      ["X-A", "1"],
      ["x_a", "2"],
      ["x-a", "3"],
      ["e", ""],
    ]);
    expect(StructMessage.decode(reply)).toEqual({
      fields: {
        "x-a": { listValue: { values: [{ stringValue: "1" }, { stringValue: "3" }] } },
        x_a: { stringValue: "2" },
        e: { stringValue: "" },
      },
    });
  });

  test("get_headers: silently leaves out headers beyond the limit", async () => {
    const headers = Array.from({ length: 5 }, (_, i): [string, string] => [`x-${i}`, "v"]);
    const reply = await replyTo("kong.request.get_headers", maxHeaders(2), headers);
    expect(Object.keys(StructMessage.decode(reply).fields ?? {})).toEqual(["x-0", "x-1"]);
  });

  test("bytes that are not UTF-8 arrive unchanged", async () => {
    const reply = await replyTo("kong.nginx.get_var", encodeText("http_x_a"), [["x-a", "a\xff"]]);
    expect(reply).toEqual(Buffer.from([0x0a, 2, 0x61, 0xff]));
  });

  test("get_var: nginx variables, and configured variables made from them", async () => {
    const headers: GatewayRequest["headers"] = [
      ["Connection", "close"],
      ["connection", "x"],
    ];
    const get = async (name: string) => (await replyTo("kong.nginx.get_var", encodeText(name), headers)).toString();
    expect(await get("request")).toContain("GET /a?b=c HTTP/1.1");
    expect(await get("http_connection")).toContain("close, x");
    expect(await get("scheme")).toContain("http");
    expect(await get("facts")).toContain('1\nGET /a?b=c HTTP/1.1\nclose, x\n"');
    expect(await get("no_such")).toBe("");
  });
});
