import http, { request as httpRequest } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { VERSION } from "../../../plugin/kong/contract/plugin-identity.ts";
import type { Status } from "../../../plugin/server/status/describe-status.ts";
import { isOwnHost } from "../../../plugin/server/status/is-own-host.ts";
import { serveStatus } from "../../../plugin/server/status/status.ts";
import { findFreePort } from "../../gateways/free-port.ts";

const NOTHING = {
  ...{ policies: [], keys: [], reports: [], rejections: [], judged: [] },
  ...{ countedSince: 1_800_000_000_000, at: 1_800_000_060_000 },
};
const NOTHING_TOLD = {
  version: VERSION,
  at: "2027-01-15T08:01:00.000Z",
  policies: [],
  keys: [],
  counted_since: "2027-01-15T08:00:00.000Z",
  judged: [],
  would_have_denied: [],
  rejections: [],
};
const READY: Status = { reasons: [], ...NOTHING };
const NO_METRICS: Status = { ...READY };

interface StatusServer {
  readonly port: number;
  readonly log: readonly string[];
  status: Status;
  stop(): void;
}

/** @param port a port that may be in use; by default a free port. */
async function start(status: Status = READY, port?: number): Promise<StatusServer> {
  const log: string[] = [];
  const server = { port: port ?? (await findFreePort()), log, status, stop: (): void => {} };
  server.stop = serveStatus({
    listen: { host: "127.0.0.1", port: server.port },
    read: () => server.status,
    readMetrics: async () => {
      if (server.status === NO_METRICS) {
        throw new Error("a defect of the test");
      }
      return { contentType: "text/plain; version=0.0.4", text: "a_total 1\n" };
    },
    log: (line) => log.push(line),
  });
  onTestFinished(server.stop);
  if (port === undefined) {
    await expect.poll(() => log).not.toEqual([]);
  }
  return server;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

function ask(port: number, path: string, method = "GET", body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path, method, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function openRaw(port: number): Promise<{ socket: Socket; closed: Promise<void>; received: () => string }> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()).on("error", () => {}));
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, closed, received: () => received };
}

describe("requests are answered in JSON that must not be cached", () => {
  const NOT_READY: Status = {
    reasons: ["a.yaml:1:1 missing_key: …", "b.yaml: issuer acme has no keys yet"],
    ...NOTHING,
  };
  it.each<[path: string, status: Status, code: number, body: object]>([
    ["/status/live", READY, 200, { message: "live" }],
    ["/status/live", NOT_READY, 200, { message: "live" }],
    ["/status/ready", READY, 200, { message: "ready" }],
    ["/status/ready", NOT_READY, 503, { message: "not ready", reasons: NOT_READY.reasons }],
    ["/status/ready?verbose=1", NOT_READY, 503, { message: "not ready", reasons: NOT_READY.reasons }],
    ["/status", READY, 200, { ready: true, reasons: [], ...NOTHING_TOLD }],
    ["/status", NOT_READY, 200, { ready: false, reasons: NOT_READY.reasons, ...NOTHING_TOLD }],
    ...["/", "/status/", "/status/live/", "/statusx", "/status/../status", "/%73tatus", "//status", "/metricsx"].map(
      (path): [string, Status, number, object] => [
        path,
        READY,
        404,
        { message: "Unknown path. The paths are /status, /status/view, /status/ready, /status/live and /metrics" },
      ],
    ),
  ])("GET %s of %j: %i", async (path, status, code, body) => {
    const { port } = await start(status);
    const answer = await ask(port, path);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([code, body]);
    expect(answer.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
    });
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("%s: 405 on any path", async (method) => {
    const { port } = await start();
    for (const path of ["/status", "/status/live", "/none"]) {
      const answer = await ask(port, path, method, method === "POST" ? "x".repeat(100_000) : undefined);
      expect([answer.status, JSON.parse(answer.text)]).toEqual([405, { message: "Only GET and HEAD are allowed" }]);
    }
  });

  it.each<[path: string, code: number]>([
    ["/status/live", 200],
    ["/status/ready", 503],
    ["/none", 404],
  ])("HEAD %s: %i without a body", async (path, code) => {
    const { port } = await start(NOT_READY);
    expect(await ask(port, path, "HEAD")).toMatchObject({ status: code, text: "" });
  });

  it("shows changes from one request to the next", async () => {
    const server = await start(NOT_READY);
    expect((await ask(server.port, "/status/ready")).status).toBe(503);
    server.status = READY;
    expect((await ask(server.port, "/status/ready")).status).toBe(200);
  });
});

it("/status shows for each policy the version in effect, why the newest is refused and whose keys are missing, the state of all keys, and requests that would have been refused", async () => {
  const mistake = { code: "missing_key", message: "It has no routes.", pointer: "/routes", line: 2, column: 1 };
  const { port } = await start({
    reasons: [],
    policies: [
      {
        source: "a.yaml",
        inForce: { name: "payments", sha256: "ab" },
        refused: [mistake],
        issuersWithoutKeys: ["acme", "partner"],
      },
      { source: "inline 5d7f", inForce: undefined, refused: [], issuersWithoutKeys: [] },
    ],
    keys: [
      {
        id: "acme",
        issuer: "https://idp.example",
        sets: [
          {
            from: "discovery",
            loads: { ok: 1, failed: 0 },
            state: "serving",
            keys: 2,
            loadedAt: 1_800_000_000_000,
            isRestored: true,
            failures: 0,
            failure: undefined,
            notUsed: ["key 2: not meant for signatures"],
            warnings: ["key 1: it has no alg"],
          },
          {
            from: "jwks_file",
            loads: { ok: 0, failed: 1 },
            state: "waiting",
            keys: 0,
            loadedAt: undefined,
            isRestored: false,
            failures: 3,
            failure: "a.json: it is not JSON",
            notUsed: [],
            warnings: [],
          },
        ],
      },
    ],
    keyStore: { directory: "/var/lib/jwt-policy", problem: undefined },
    reports: [
      { policy: "payments", rule: "read", reason: "token_expired", requests: 7, lastAt: 1_800_000_000_000 },
      { policy: "payments", rule: undefined, reason: "no_matching_rule", requests: 1, lastAt: 1_800_000_001_000 },
    ],
    rejections: [
      {
        ...{ policy: "payments", rule: "read", issuer: "acme", outcome: "would_deny", reason: "token_expired" },
        ...{ requests: 7, lastAt: 1_800_000_000_000 },
      },
      {
        ...{ policy: "payments", rule: undefined, issuer: undefined, outcome: "deny", reason: "no_matching_rule" },
        ...{ requests: 1, lastAt: 1_800_000_001_000 },
      },
    ],
    judged: [
      { policy: "payments", rule: "read", requests: 900, denied: 2, reported: 7, inReportMode: 850 },
      { policy: "payments", rule: undefined, requests: 1, denied: 0, reported: 1, inReportMode: 1 },
    ],
    abuse: {
      alarms: [{ kind: "shared_token", policy: "payments", rule: "read", issuer: "acme", alarms: 2 }],
      ...{ refusedTokens: 1, lost: 0, bytes: 9 },
    },
    countedSince: 1_800_000_000_000,
    at: 1_800_000_060_000,
  } as Status);
  const { text } = await ask(port, "/status");
  expect(text).toContain('{\n  "version": ');
  expect(JSON.parse(text)).toEqual({
    version: VERSION,
    at: "2027-01-15T08:01:00.000Z",
    ready: true,
    reasons: [],
    policies: [
      {
        source: "a.yaml",
        name: "payments",
        sha256: "ab",
        refused: [{ line: 2, column: 1, code: "missing_key", message: "It has no routes." }],
        issuers_without_keys: ["acme", "partner"],
      },
      { source: "inline 5d7f", name: null, sha256: null, refused: [], issuers_without_keys: [] },
    ],
    keys: [
      {
        issuer: "acme",
        iss: "https://idp.example",
        from: "discovery",
        state: "serving",
        keys: 2,
        loaded_at: "2027-01-15T08:00:00.000Z",
        from_state_dir: true,
        failures: 0,
        failure: null,
        not_used: ["key 2: not meant for signatures"],
        warnings: ["key 1: it has no alg"],
      },
      {
        issuer: "acme",
        iss: "https://idp.example",
        from: "jwks_file",
        state: "waiting",
        keys: 0,
        loaded_at: null,
        from_state_dir: false,
        failures: 3,
        failure: "a.json: it is not JSON",
        not_used: [],
        warnings: [],
      },
    ],
    state_dir: { path: "/var/lib/jwt-policy", problem: null },
    counted_since: "2027-01-15T08:00:00.000Z",
    judged: [
      { policy: "payments", rule: "read", requests: 900, denied: 2, would_have_denied: 7, in_report_mode: 850 },
      { policy: "payments", rule: null, requests: 1, denied: 0, would_have_denied: 1, in_report_mode: 1 },
    ],
    would_have_denied: [
      { policy: "payments", rule: "read", reason: "token_expired", requests: 7, last_at: "2027-01-15T08:00:00.000Z" },
      { policy: "payments", rule: null, reason: "no_matching_rule", requests: 1, last_at: "2027-01-15T08:00:01.000Z" },
    ],
    rejections: [
      {
        ...{ policy: "payments", rule: "read", issuer: "acme", outcome: "would_deny", reason: "token_expired" },
        ...{ status: 401, requests: 7, last_at: "2027-01-15T08:00:00.000Z" },
      },
      {
        ...{ policy: "payments", rule: null, issuer: null, outcome: "deny", reason: "no_matching_rule" },
        ...{ status: 403, requests: 1, last_at: "2027-01-15T08:00:01.000Z" },
      },
    ],
    abuse: {
      alarms: [{ kind: "shared_token", policy: "payments", rule: "read", issuer: "acme", alarms: 2 }],
      ...{ refused_tokens: 1, records_lost: 0 },
    },
  });
});

describe("an address that is in use", () => {
  afterEach(() => void vi.useRealTimers());
  /** From now on, another attempt starts when the test lets it. */
  const holdTries = (): void => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** Waits until an attempt has failed. The failure plans the next attempt. */
  const failTry = (): Promise<void> => until(() => vi.getTimerCount() === 1);

  it("is tried until it is free, and reported once", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    const { port } = holder.address() as AddressInfo;
    holdTries();
    const server = await start(READY, port);
    for (let time = 0; time < 3; time += 1) {
      await failTry();
      vi.advanceTimersToNextTimer();
    }
    await failTry();
    expect(server.log).toEqual([expect.stringMatching(/^status requests are not answered yet: .*EADDRINUSE/)]);
    await new Promise((resolve) => holder.close(resolve));
    vi.advanceTimersToNextTimer();
    await until(() => server.log.length === 2);
    expect(server.log[1]).toBe(`status is served on 127.0.0.1:${port}`);
    expect((await ask(port, "/status/live")).status).toBe(200);
  });

  it("goes from the old process to the new process as soon as the old process releases it", async () => {
    const old = await start();
    const next = await start(READY, old.port);
    await expect.poll(() => next.log).toHaveLength(1);
    old.stop();
    await expect.poll(() => next.log).toHaveLength(2);
    expect((await ask(old.port, "/status/ready")).status).toBe(200);
  });

  it("is not tried again, and not reported, if it was released before the first try failed", async () => {
    const old = await start();
    holdTries();
    const next = await start(READY, old.port);
    next.stop();
    await ask(old.port, "/status/live"); // By then, the try has failed.
    expect([next.log, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it("is tried twice a second", async () => {
    const old = await start();
    holdTries();
    const next = await start(READY, old.port);
    await failTry();
    old.stop();
    vi.advanceTimersByTime(499);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(vi.getTimerCount()).toBe(0);
    await until(() => next.log.length === 2);
  });

  it("is no longer tried after it was released", async () => {
    const old = await start();
    holdTries();
    const next = await start(READY, old.port);
    await failTry();
    next.stop();
    old.stop();
    expect(vi.getTimerCount()).toBe(0);
    await expect(ask(old.port, "/status/live")).rejects.toThrow("ECONNREFUSED");
  });
});

it("releases the address at once, even with connections, and also twice", async () => {
  const server = await start();
  const idle = await openRaw(server.port);
  const half = await openRaw(server.port);
  half.socket.write("GET /status HTTP/1.1\r\nHost: localhost\r\n");
  const kept = await openRaw(server.port);
  kept.socket.write("GET /status/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await expect.poll(() => kept.received()).toContain("200 OK");
  server.stop();
  server.stop();
  await Promise.all([idle.closed, half.closed, kept.closed]);
  await expect(ask(server.port, "/status/live")).rejects.toThrow("ECONNREFUSED");
});

describe("clients that do not speak HTTP, or stop in the middle, do no harm", () => {
  it.each<[what: string, bytes: string | Buffer]>([
    ["garbage", Buffer.from([0, 255, 1, 254, 10, 13])],
    ["TLS", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
    ["headers of 9 kB", `GET /status HTTP/1.1\r\nHost: localhost\r\nx: ${"x".repeat(9_000)}\r\n\r\n`],
    ["two lengths", "GET /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"],
    ["no Host", "GET /status HTTP/1.1\r\n\r\n"],
  ])("%s: refused, and the next request is answered", async (_what, bytes) => {
    const { port } = await start();
    const raw = await openRaw(port);
    raw.socket.write(bytes);
    await raw.closed;
    expect(raw.received()).not.toContain("200 OK");
    expect((await ask(port, "/status/live")).status).toBe(200);
  });

  it("resets during the answer: the next request is answered", async () => {
    const { port } = await start();
    for (let round = 0; round < 50; round += 1) {
      const { socket } = await openRaw(port);
      socket.write("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
      socket.resetAndDestroy();
    }
    expect((await ask(port, "/status/live")).status).toBe(200);
  });

  it("answers each probe at once, with any number of silent or endless clients", async () => {
    const { port } = await start();
    const parts = ["", "GET /status", "GET /status HTTP/1.1\r\nHost: localhost\r\nx-a: "];
    for (let round = 0; round < 5; round += 1) {
      const slow = await Promise.all(Array.from({ length: 80 }, () => openRaw(port)));
      for (const [index, { socket }] of slow.entries()) {
        socket.on("error", () => {});
        socket.write(parts[index % parts.length] ?? "");
      }
      for (let probe = 0; probe < 8; probe += 1) {
        expect((await ask(port, "/status/ready")).status).toBe(200);
      }
    }
  });

  it("a client has one second for its request and between two requests, and slow clients are looked for each quarter", async () => {
    const create = vi.spyOn(http, "createServer");
    syncBuiltinESMExports();
    onTestFinished(() => {
      create.mockRestore();
      syncBuiltinESMExports();
    });
    await start();
    const limits = { requestTimeout: 1_000, keepAliveTimeout: 1_000, connectionsCheckingInterval: 250 };
    expect(create.mock.calls[0]?.[0]).toEqual({ maxHeaderSize: 8_192, ...limits });
  });

  it("a client that never ends its request is cut off", async () => {
    const { port } = await start();
    const silent = await openRaw(port);
    const half = await openRaw(port);
    half.socket.write("GET /status HTTP/1.1\r\nHost: localhost\r\nx-a: ");
    await Promise.all([silent.closed, half.closed]);
    expect(half.received()).not.toContain("200 OK");
  });

  it("with more than 64 connections, the oldest connection is closed, and the newest gets an answer", async () => {
    const { port } = await start();
    const oldest = await openRaw(port);
    const others: Awaited<ReturnType<typeof openRaw>>[] = [];
    for (let count = 0; count < 64; count += 1) {
      others.push(await openRaw(port));
    }
    await oldest.closed;
    others.at(-1)?.socket.write("GET /status/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await expect.poll(() => others.at(-1)?.received()).toContain("200 OK");
  });
});

describe("the Host of a request", () => {
  const send = async (lines: string): Promise<string> => {
    const { port } = await start({ ...READY, reasons: ["secret.yaml is refused"] });
    const raw = await openRaw(port);
    raw.socket.write(`GET /status ${lines}Connection: close\r\n\r\n`);
    await raw.closed;
    return raw.received();
  };

  it.each([
    ...["127.0.0.1", "127.0.0.1:8008", "10.1.2.3:8008", "[::1]", "[fd00::1]:8008", "localhost", "LOCALHOST:8008"],
    "localhost.",
  ])("may be %s", async (host) => {
    expect(await send(`HTTP/1.1\r\nHost: ${host}\r\n`)).toContain("200 OK");
  });

  it.each([
    ...["evil.example", "evil.example:8008", "127.0.0.1.evil.example", "localhost.evil.example", "kong", "1.2.3"],
    ...["0x7f000001", "[::1", "[kong]", "", "localhost:x", "a@127.0.0.1"],
  ])("must not be %j, which a page of another site may send: the answer has no content", async (host) => {
    const text = await send(`HTTP/1.1\r\nHost: ${host}\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 (?:421|400) /);
    expect(text).not.toContain("secret.yaml");
  });

  it("may be missing in HTTP/1.0, which no browser uses", async () => {
    expect(await send("HTTP/1.0\r\n")).toContain("200 OK");
  });

  it("may be the name that the server listens on", () => {
    expect(isOwnHost("Gateway.internal:8008", "gateway.internal")).toBe(true);
    expect(isOwnHost("gateway.internal", "0.0.0.0")).toBe(false);
  });
});

it("/status shows no user and password of an issuer's URL, and no character that controls a terminal", async () => {
  const { port } = await start({
    ...READY,
    reasons: ["a\u202eb.yaml"],
    keys: [
      {
        id: "acme",
        issuer: "https://user:SECRET@idp.example",
        sets: [
          {
            from: "jwks_uri",
            keys: 0,
            failures: 1,
            failure: "GET https://u:SECRET@h/: 404",
            notUsed: ["https://u:SECRET@h/"],
            warnings: ["https://u:SECRET@h/"],
          },
        ],
      },
    ],
  } as unknown as Status);
  const { text } = await ask(port, "/status");
  expect(text).not.toContain("SECRET");
  expect(text).toMatch(/^[\n -~\u2026]*$/);
  expect(JSON.parse(text).reasons).toEqual(["a\u202eb.yaml"]);
});

describe("/metrics", () => {
  it("is text for Prometheus, only for GET and HEAD, and only under the server's own host", async () => {
    const { port } = await start();
    const headers = { "content-type": "text/plain; version=0.0.4", "cache-control": "no-store" };
    expect(await ask(port, "/metrics?x=1")).toMatchObject({ status: 200, headers, text: "a_total 1\n" });
    expect(await ask(port, "/metrics", "HEAD")).toMatchObject({ status: 200, text: "" });
    expect(await ask(port, "/metrics", "POST")).toMatchObject({ status: 405 });
    const { socket, closed, received } = await openRaw(port);
    socket.write("GET /metrics HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n");
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 421 /);
    expect(received()).not.toContain("a_total");
  });

  it("answers 500 if the metrics cannot be read, and goes on", async () => {
    const { port } = await start(NO_METRICS);
    expect(await ask(port, "/metrics")).toMatchObject({ status: 500 });
    expect(await ask(port, "/status/live")).toMatchObject({ status: 200 });
  });
});
