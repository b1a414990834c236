import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Gateway, type GatewayKind, waitFor } from "../gateways/gateway.ts";
import { reportMissing } from "../gateways/report-missing.ts";
import type { ConformanceCase } from "./case.ts";
import { GOOD } from "./case.ts";
import { CASES } from "./cases.ts";
import { walkToToken } from "./walk-to-token.ts";
import { createWorld, type World } from "./world.ts";

const START_TIMEOUT_MS = 120_000;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * Declares the tests of the conformance table for one gateway. Where the gateway is not to be had, one skipped test says
 * why; `KONG_REQUIRED=1` makes that a failure.
 */
export function runConformance(kind: GatewayKind): void {
  describe(`conformance on ${kind.label}`, () => {
    if (kind.missing !== undefined) {
      reportMissing("runs the table", kind.missing);
      return;
    }
    let world: World;
    let gateway: Gateway;
    beforeAll(async () => {
      world = await createWorld();
      gateway = await kind.start(world);
      await waitUntilServing(gateway);
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await gateway?.stop();
      await world?.stop();
    }, START_TIMEOUT_MS);

    beforeEach(({ task }) => {
      task.meta.gateway = gateway.name;
    });

    it.each(CASES.map((testCase, index) => ({ ...testCase, id: `case-${index}` })))(
      "$title",
      async ({ id, ...testCase }) => {
        await checkCase(testCase, id, world, gateway);
      },
    );

    it("leads a client that knows only the API's address to a token, as MCP clients do it (RFC 9728, RFC 8414)", async () => {
      await walkToToken(world, gateway.url);
    });

    it("goes on after the plugin server was killed, without any change of configuration, each route under its own rule", async () => {
      await gateway.restartPluginServer();
      await waitUntilServing(gateway);
      await checkCase({ title: "", path: "/read", token: GOOD, status: 200 }, "after-kill-read", world, gateway);
      await checkCase(
        { title: "", path: "/ghost", token: GOOD, status: 503, reason: "policy_unavailable" },
        "after-kill-ghost",
        world,
        gateway,
      );
      await checkCase({ title: "", path: "/named", token: GOOD, status: 200 }, "after-kill-named", world, gateway);
    }, 30_000);
  });
}

/** Until the plugin server listens, every answer is a 500 and nothing reaches the upstream. */
async function waitUntilServing(gateway: Gateway): Promise<void> {
  const open = { title: "", path: "/public", status: 200 };
  await waitFor(async () => (await send(gateway.url, open, "gap", undefined)).status === 200 || undefined, 10_000);
}

async function checkCase(testCase: ConformanceCase, id: string, world: World, gateway: Gateway): Promise<void> {
  const authorization = await world.authorizationOf(testCase);
  const answer = await send(gateway.url, testCase, id, authorization);
  const upstream = world.upstreamHeaders(id);

  expect.soft(answer.status, answer.body).toBe(testCase.status);
  expect.soft(answer.headers["www-authenticate"]).toBe(testCase.challenge);
  if (testCase.message !== undefined) {
    expect.soft(JSON.parse(answer.body).message).toBe(testCase.message);
  }
  if (testCase.status !== 200 || testCase.answer) {
    expect.soft(upstream, "nothing may reach the upstream").toBeUndefined();
  }
  checkAnswer(testCase, answer);
  for (const [name, value] of Object.entries(testCase.upstream ?? {})) {
    expect.soft(upstream?.[name] ?? null, `${name} at the upstream`).toBe(value);
  }
  if (testCase.reason !== undefined) {
    await checkDenial(testCase, answer, authorization, gateway);
  }
}

function checkAnswer({ answer: expected = {} }: ConformanceCase, { headers, body }: Answer): void {
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    expect.soft(headers[name] ?? null, name).toBe(value);
  }
  if (expected.body === "") {
    expect.soft(body).toBe("");
  } else if (expected.body) {
    expect.soft(JSON.parse(body)).toMatchObject(expected.body);
  }
}

async function checkDenial(
  { reason, status }: ConformanceCase,
  answer: Answer,
  authorization: string | undefined,
  gateway: Gateway,
): Promise<void> {
  expect.soft(answer.headers["cache-control"]).toBe("no-store");
  expect
    .soft(answer.headers["retry-after"])
    .toEqual(reason === "keys_unavailable" ? expect.stringMatching(/^\d+$/) : undefined);
  const line = await gateway.findDenialLine(String(answer.headers["x-kong-request-id"]));
  expect.soft(line, "the operator's log").toContain(`reason=${reason} status=${status}`);
  const token = authorization?.split(" ").at(-1) ?? "";
  if (token.length > 20) {
    expect.soft(line, "no token in the log").not.toContain(token.slice(0, 20));
  }
}

function send(url: string, testCase: ConformanceCase, id: string, authorization: string | undefined): Promise<Answer> {
  const { method = "GET", path, headers = [] } = testCase;
  const { hostname, port, host } = new URL(url);
  const authorized = authorization === undefined ? [] : ["Authorization", authorization];
  const connection = headers.includes("Connection") ? [] : ["Connection", "close"];
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        method,
        path,
        agent: false,
        headers: ["Host", host, "X-Case", id, ...headers, ...authorized, ...connection],
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}
