import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchJson } from "../../plugin/keys/fetch-json.ts";
import { type Answer, type KeyServer, startKeyServer, status } from "./key-server.ts";

const LIMIT = 512 * 1024;
const PATIENCE_MS = 10_000;
let server: KeyServer;
beforeAll(async () => {
  server = await startKeyServer();
});
afterAll(() => server.stop());

const fetchFrom = (answer: Answer, timeoutMs = PATIENCE_MS): Promise<unknown> => {
  server.answer("/x", answer);
  return fetchJson(`${server.origin}/x`, timeoutMs);
};
const failure = (cause: string): string => `GET ${server.origin}/x failed: ${cause}`;
const textOf = (length: number): string => `"${"x".repeat(length - 2)}"`;

describe("reads", () => {
  it.each<[what: string, answer: Answer, value: unknown]>([
    ["JSON, whatever its content type", { json: { keys: [] } }, { keys: [] }],
    ["JSON beyond ASCII", { json: "é\u{1f600}" }, "é\u{1f600}"],
    ["an answer of exactly 512 kB", { text: textOf(LIMIT) }, "x".repeat(LIMIT - 2)],
    [
      "an answer in pieces",
      (_request, response) => {
        response.write('{"a"');
        response.end(":1}");
      },
      { a: 1 },
    ],
  ])("%s", async (_what, answer, value) => {
    expect(await fetchFrom(answer)).toEqual(value);
  });

  it("asks for JSON and nothing else", async () => {
    const accept = new Promise((resolve) => {
      server.answer("/accept", (request, response) => {
        resolve(request.headers.accept);
        response.end("{}");
      });
    });
    await fetchJson(`${server.origin}/accept`, PATIENCE_MS);
    expect(await accept).toBe("application/json, application/jwk-set+json");
  });
});

describe("refuses", () => {
  it.each<[what: string, answer: Answer, cause: string]>([
    ["text", { text: "SECRET" }, "the answer is not JSON"],
    ["nothing", { text: "" }, "the answer is not JSON"],
    ["HTML", { text: "<html>SECRET</html>" }, "the answer is not JSON"],
    ["status 201", status(201), "status 201"],
    ["status 404", status(404), "status 404"],
    ["status 500", status(500), "status 500"],
    ["status 503", status(503), "status 503"],
    ["an answer of one byte over 512 kB", { text: textOf(LIMIT + 1) }, `the answer is longer than ${LIMIT} bytes`],
    [
      "a small answer that unpacks to a large one",
      (_request, response) => {
        response.setHeader("content-encoding", "gzip");
        response.end(gzipSync(textOf(20 * LIMIT)));
      },
      `the answer is longer than ${LIMIT} bytes`,
    ],
  ])("%s, and names the address and the cause but nothing of the answer", async (_what, answer, cause) => {
    await expect(fetchFrom(answer)).rejects.toThrow(new Error(failure(cause)));
  });

  it.each([301, 302, 303, 307, 308])("a redirect %i, and does not follow it", async (code) => {
    server.answer("/target", { json: { keys: [] } });
    const redirect: Answer = (_request, response) => {
      response.writeHead(code, { location: `${server.origin}/target` }).end();
    };
    await expect(fetchFrom(redirect)).rejects.toThrow(/^GET .*\/x failed: .*redirect/);
    expect(server.requests).not.toContain("/target");
  });

  it("bytes that are not UTF-8", async () => {
    const answer: Answer = (_request, response) => void response.end(Buffer.from([0x22, 0xff, 0x22]));
    await expect(fetchFrom(answer)).rejects.toThrow(/^GET .*\/x failed: .*(?:not valid|utf-8)/i);
  });

  it.each<[what: string, answer: Answer]>([
    ["no answer", () => {}],
    ["an answer that does not end", (_request, response) => void response.write('{"keys":')],
    [
      "headers and no body",
      (_request, response) => {
        response.writeHead(200);
        response.flushHeaders();
      },
    ],
  ])("%s in time", async (_what, answer) => {
    await expect(fetchFrom(answer, 100)).rejects.toThrow(new Error(failure("no complete answer in time")));
  });

  it("a connection that breaks", async () => {
    const answer: Answer = (_request, response) => {
      response.write("{");
      response.socket?.destroy();
    };
    await expect(fetchFrom(answer)).rejects.toThrow(/^GET .*\/x failed: ./);
  });

  it("an address where nobody listens", async () => {
    const gone = await startKeyServer();
    await gone.stop();
    await expect(fetchJson(`${gone.origin}/x`, PATIENCE_MS)).rejects.toThrow(/ECONNREFUSED/);
  });
});
