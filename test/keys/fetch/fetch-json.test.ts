import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import {
  createServer,
  getDefaultAutoSelectFamily,
  type Server,
  type Socket,
  setDefaultAutoSelectFamily,
} from "node:net";
import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createFetcher, describeUrl } from "../../../plugin/keys/fetch/fetch-json.ts";
import { type Answer, type KeyServer, startKeyServer, status } from "../key-server.ts";

const LIMIT = 512 * 1024;
const PATIENCE_MS = 60_000;
const HASTE_MS = 300;
const fetchJson = createFetcher();
let server: KeyServer;
beforeAll(async () => {
  server = await startKeyServer();
});
afterAll(() => server.stop());

const fetchFrom = async (answer: Answer, timeoutMs = PATIENCE_MS): Promise<unknown> => {
  server.answer("/x", answer);
  return (await fetchJson(`${server.origin}/x`, { timeoutMs })).body;
};
const failure = (cause: string): string => `GET ${server.origin}/x failed: ${cause}`;
const objectOf = (length: number): string => `{"a":"${"x".repeat(length - 8)}"}`;
const withHeaders =
  (headers: Record<string, string>, body: string | Buffer = "{}"): Answer =>
  (_request, response) =>
    void response.writeHead(200, headers).end(body);

/** The exact bytes of an answer, which no HTTP server would write. */
async function fetchRaw(serve: (socket: Socket) => void, timeoutMs = PATIENCE_MS): Promise<unknown> {
  const raw: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => serve(socket));
  });
  await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
  const address = raw.address();
  const port = typeof address === "object" ? address?.port : undefined;
  try {
    return (await fetchJson(`http://127.0.0.1:${port}/x`, { timeoutMs })).body;
  } finally {
    raw.close();
  }
}

describe("reads", () => {
  const plain = withHeaders({ "content-type": "text/plain" }, '{"keys":[]}');
  const pieces: Answer = (_request, response) => {
    response.write('{"a"');
    response.end(":1}");
  };
  const hinted: Answer = (_request, response) => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    response.end('{"a":1}');
  };
  const packed = withHeaders({ "content-encoding": "gzip" }, gzipSync(objectOf(LIMIT)));
  const certified = { x5t: "t", x5c: ["c", "d", "e"], n: "n".repeat(342) };
  const keys = Array.from({ length: 100 }, () => ({
    kty: "RSA",
    use: "sig",
    alg: "RS256",
    kid: "1",
    e: "AQAB",
    ...certified,
  }));
  it.each<[what: string, answer: Answer, value: unknown]>([
    ["a JSON object, whatever its content type", plain, { keys: [] }],
    ["JSON beyond ASCII", { json: { a: "é\u{1f600}" } }, { a: "é\u{1f600}" }],
    ["an answer of exactly 512 kB", { text: objectOf(LIMIT) }, { a: "x".repeat(LIMIT - 8) }],
    ["an answer in pieces", pieces, { a: 1 }],
    ["gzip of exactly 512 kB", packed, { a: "x".repeat(LIMIT - 8) }],
    [
      "gzip, although the request did not ask for it",
      withHeaders({ "content-encoding": "gzip" }, gzipSync('{"a":1}')),
      { a: 1 },
    ],
    ["gzip under its old name", withHeaders({ "content-encoding": "x-gzip" }, gzipSync('{"a":1}')), { a: 1 }],
    ["an answer after an informational answer (103)", hinted, { a: 1 }],
    ["a hundred keys with chains of certificates", { json: { keys } }, { keys }],
  ])("%s", async (_what, answer, value) => {
    expect(await fetchFrom(answer)).toEqual(value);
  });

  it("an address with a query", async () => {
    server.answer("/y?appid=1", { json: { a: 1 } });
    expect(await fetchJson(`${server.origin}/y?appid=1`, { timeoutMs: PATIENCE_MS })).toMatchObject({ body: { a: 1 } });
  });

  it("and asks for JSON without compression, on a connection that it closes, with as few headers as possible", async () => {
    const asked = new Promise((resolve) => {
      server.answer("/accept", (request, response) => {
        resolve(request.headers);
        response.end("{}");
      });
    });
    await fetchJson(`${server.origin}/accept`, { timeoutMs: PATIENCE_MS });
    expect(await asked).toEqual({
      host: new URL(server.origin).host,
      accept: "application/json, application/jwk-set+json",
      "accept-encoding": "identity",
      "user-agent": "jwt-policy",
      connection: "close",
    });
  });

  it("the time for which the answer is fresh", async () => {
    server.answer("/fresh", withHeaders({ "cache-control": "public, max-age=600", age: "100" }));
    const { freshForSeconds } = await fetchJson(`${server.origin}/fresh`, { timeoutMs: PATIENCE_MS });
    expect(freshForSeconds).toBe(500);
  });
});

it.each<[what: string, aheadMs: number | undefined]>([
  ["an hour ahead", 3_600_000],
  ["an hour behind", -3_600_000],
  ["unknown, because the server sends no date", undefined],
])(
  "the server's clock is %s, and a date of expiry without a date counts from this machine's time",
  async (_what, aheadMs) => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    vi.useFakeTimers({ toFake: ["Date"], now });
    onTestFinished(() => void vi.useRealTimers());
    server.answer("/dated", (_request, response) => {
      response.sendDate = false;
      const date = aheadMs === undefined ? {} : { date: new Date(now + aheadMs).toUTCString() };
      response.writeHead(200, { ...date, expires: new Date(now + 60_000 + (aheadMs ?? 0)).toUTCString() }).end("{}");
    });
    const { clockAheadMs, freshForSeconds } = await fetchJson(`${server.origin}/dated`, { timeoutMs: PATIENCE_MS });
    expect([clockAheadMs, freshForSeconds]).toEqual([aheadMs, 60]);
  },
);

it.each([
  ["https://idp.example/jwks", "https://idp.example/jwks"],
  ["https://user:SECRET@idp.example/jwks", "https://…@idp.example/jwks"],
  ["https://idp.example/a@b//c@d", "https://idp.example/a@b//…@d"],
  ["https://idp.example/jwks?code=SECRET#?\nSECRET", "https://idp.example/jwks?…"],
])("a message shows %j as %j", (url, shown) => {
  expect(describeUrl(url)).toBe(shown);
});

describe("refuses", () => {
  const NO_OBJECT = "the answer is not a JSON object: ";
  const PAGE = "the server sent a web page instead of JSON; check the address";
  const MOVED = "redirects are not followed; write the final URL in the policy";
  const LONG = `the answer is longer than ${LIMIT} bytes`;
  const gzip = (body: Buffer): Answer => withHeaders({ "content-encoding": "gzip" }, body);
  const deflated = withHeaders({ "content-encoding": "deflate" }, deflateSync("{}"));
  const coding = "the answer has a content coding that the request did not ask for";
  const overflow = "the answer's headers are too long (HPE_HEADER_OVERFLOW)";
  it.each<[what: string, answer: Answer, cause: string]>([
    ["text", { text: "SECRET" }, `${NO_OBJECT}bad value`],
    ["nothing", { text: "" }, `${NO_OBJECT}bad value`],
    ["a list", { json: [1] }, `${NO_OBJECT}not an object`],
    ["an object that has a member twice", { text: '{"keys":[],"k\\u0065ys":[]}' }, `${NO_OBJECT}duplicate member`],
    ["more members than any key set has", { json: { a: Array(8_192).fill(1) } }, `${NO_OBJECT}too many members`],
    ["an object that is nested too deep", { text: `{"a":${"[".repeat(50_000)}` }, `${NO_OBJECT}nested too deep`],
    ["bytes that are not UTF-8", withHeaders({}, Buffer.from([0x22, 0xff])), "the answer is not UTF-8"],
    ["HTML", withHeaders({ "content-type": "text/html; charset=utf-8" }, "<p>SECRET"), PAGE],
    ["XHTML", withHeaders({ "content-type": "Application/XHTML+XML" }, "{}"), PAGE],
    ...[201, 299, 400, 404, 500, 503].map((code): [string, Answer, string] => [
      `status ${code}`,
      status(code),
      `status ${code}`,
    ]),
    ["an answer of one byte over 512 kB", { text: objectOf(LIMIT + 1) }, LONG],
    ["a small answer that unpacks to a large one", gzip(gzipSync(objectOf(20 * LIMIT))), LONG],
    ["gzip of one byte over 512 kB", gzip(gzipSync(objectOf(LIMIT + 1))), LONG],
    ["gzip that is cut off", gzip(gzipSync("{}").subarray(0, 15)), "the answer is broken gzip"],
    ["another coding", deflated, coding],
    ["headers without end", withHeaders({ "x-a": "a".repeat(20_000) }), overflow],
    ...[300, 301, 302, 303, 307, 308, 399].map((code): [string, Answer, string] => [
      `a redirect ${code} to the same origin`,
      (_request, response) => void response.writeHead(code, { location: "/target" }).end(),
      `status ${code}: ${MOVED}`,
    ]),
  ])("%s, and names the address and the cause, but no part of the answer", async (_what, answer, cause) => {
    await expect(fetchFrom(answer)).rejects.toThrow(new Error(failure(cause)));
    expect(server.requests).not.toContain("/target");
  });

  it("an answer by its status, and closes the connection, even if the answer never ends", async () => {
    let noteClosed = (): void => {};
    const closed = new Promise<void>((resolve) => {
      noteClosed = resolve;
    });
    const answered = fetchFrom((_request, response) => {
      response.once("close", noteClosed).writeHead(500).write("{");
    });
    await expect(answered).rejects.toThrow(failure("status 500"));
    await closed;
  });

  it("an endless answer as soon as it is too long", async () => {
    const endless: Answer = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536))) {}
      };
      response.on("drain", more);
      more();
    };
    await expect(fetchFrom(endless)).rejects.toThrow(failure(LONG));
  });

  const onlyHeaders = (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200);
    response.flushHeaders();
  };
  const dripping = (_request: IncomingMessage, response: ServerResponse): void => {
    const drip = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(drip));
  };
  it.each<[what: string, answer: RequestListener]>([
    ["no answer", () => {}],
    ["an answer that does not end", (_request, response) => void response.write('{"keys":')],
    ["headers and no body", onlyHeaders],
    ["an answer that drips", dripping],
  ])("%s in time, and closes the connection", async (_what, answer) => {
    const closed = new Promise<void>((resolve) => {
      server.answer("/x", (request, response) => {
        request.socket.once("close", () => resolve());
        answer(request, response);
      });
    });
    const asked = fetchJson(`${server.origin}/x`, { timeoutMs: HASTE_MS });
    await expect(asked).rejects.toThrow(new Error(failure(`no complete answer in ${HASTE_MS} ms`)));
    await closed;
  });

  it("to wait if the caller gives up", async () => {
    const giveUp = new AbortController();
    const options = { timeoutMs: PATIENCE_MS, signal: giveUp.signal };
    server.answer("/x", () => giveUp.abort());
    await expect(fetchJson(`${server.origin}/x`, options)).rejects.toThrow(new Error(failure("given up")));
    const before = server.requests.length;
    await expect(fetchJson(`${server.origin}/x`, options)).rejects.toThrow(new Error(failure("given up")));
    expect(server.requests).toHaveLength(before);
  });

  const BROKE = "the connection broke before the answer was complete (ECONNRESET)";
  const NOT_HTTP = /failed: the answer is not HTTP \(HPE_/;
  const OK = "HTTP/1.1 200 OK\r\n";
  it.each<[what: string, bytes: string, cause: string | RegExp]>([
    ["an answer that is shorter than it says", `${OK}Content-Length: 100\r\n\r\n{}`, BROKE],
    ["an answer whose last chunk is missing", `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`, BROKE],
    ["an answer that ends within its headers", `${OK}Content-`, BROKE],
    ["a connection that is closed at once", "", BROKE],
    ["what is not HTTP", "SSH-2.0-OpenSSH_9.6\r\n", NOT_HTTP],
    ["an answer with two lengths", `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, NOT_HTTP],
    ["a cut-off object of unknown length", `${OK}\r\n{"keys":[`, `${NO_OBJECT}bad value`],
  ])("%s", async (_what, bytes, cause) => {
    await expect(fetchRaw((socket) => socket.end(bytes))).rejects.toThrow(cause);
  });

  it("another protocol (101)", async () => {
    const answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n";
    await expect(fetchRaw((socket) => socket.end(answer), HASTE_MS)).rejects.toThrow(/ failed: ./);
  });

  it("endless early answers (103)", async () => {
    const hints = (socket: Socket): void => {
      const drip = setInterval(() => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n"), 10);
      socket.on("close", () => clearInterval(drip));
    };
    await expect(fetchRaw(hints, HASTE_MS)).rejects.toThrow(`no complete answer in ${HASTE_MS} ms`);
  });

  it("an address where no server listens", async () => {
    const gone = await startKeyServer();
    await gone.stop();
    await expect(fetchJson(`${gone.origin}/x`, { timeoutMs: PATIENCE_MS })).rejects.toThrow(/ECONNREFUSED/);
  });

  it.each(["http://idp.example.com/jwks", "https://user:SECRET@idp.example.com/", "file:///etc/passwd", "jwks"])(
    "to request %s",
    async (url) => {
      const asked = fetchJson(url, { timeoutMs: PATIENCE_MS });
      await expect(asked).rejects.toThrow(/failed: keys are fetched only over https/);
      await expect(asked).rejects.not.toThrow(/SECRET/);
    },
  );

  it("to show a query, which may contain secrets", async () => {
    const asked = fetchJson(`${server.origin}/gone?code=SECRET`, { timeoutMs: PATIENCE_MS });
    await expect(asked).rejects.toThrow(new Error(`GET ${server.origin}/gone?… failed: status 404`));
  });
});

it("connects to one checked address if Node asks for one address instead of all", async () => {
  server.answer("/x", { json: { a: 1 } });
  const before = getDefaultAutoSelectFamily();
  setDefaultAutoSelectFamily(false);
  onTestFinished(() => setDefaultAutoSelectFamily(before));
  const resolve = async () => [{ address: "127.0.0.1", family: 4 }];
  const url = `${server.origin.replace("127.0.0.1", "localhost")}/x`;
  expect((await createFetcher(undefined, resolve)(url, { timeoutMs: PATIENCE_MS })).body).toEqual({ a: 1 });
});
