import { connect } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Gateway, type GatewayKind, openNeighbours } from "../../gateways/gateway.ts";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { findNetworkAddress } from "../../gateways/network-address.ts";
import { sendRawHttp2 } from "../../gateways/raw-http2.ts";
import { type ConformanceCase, GOOD, type Protocol } from "../cases/case.ts";
import { CASES } from "../cases/cases.ts";
import { createWorld, type World } from "../world.ts";
import { checkCase } from "./check-case.ts";
import { waitUntilServing } from "./wait-until-serving.ts";
import { walkToToken } from "./walk-to-token.ts";

const START_TIMEOUT_MS = 120_000;

const IN_TITLES: Readonly<Record<Protocol, string>> = { "http/1.1": "", h2: "over HTTP/2, ", grpc: "as gRPC, " };

/** Every case once for each of its protocols. */
const RUNS = CASES.flatMap((testCase, index) =>
  (testCase.only ?? (["http/1.1", "h2"] as const)).map((protocol) => {
    const id = `case-${index}-${protocol.replace("/", "")}`;
    return [`${IN_TITLES[protocol]}${testCase.title}`, { testCase, protocol, id }] as const;
  }),
);

function needsMoreThanHttp1({ testCase, protocol }: (typeof RUNS)[number][1]): boolean {
  return protocol !== "http/1.1" || testCase.overTls === true || testCase.needsGrpc === true;
}

/**
 * Declares the tests of the conformance table for one gateway. If the gateway is not available, one skipped test says
 * why. With `KONG_REQUIRED=1`, this test fails.
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
      world = await createWorld(await openNeighbours(kind), kind.onlyHttp1 === undefined);
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

    const runs = RUNS.filter(([, run]) => kind.onlyHttp1 === undefined || !needsMoreThanHttp1(run));
    it.for(runs)("%s", async ([, { testCase, protocol, id }], context) => {
      if (testCase.fromNetwork && gateway.networkUrl === undefined && findNetworkAddress() === undefined) {
        context.skip("this machine has no address beyond loopback");
      }
      await checkCase(testCase, protocol, id, world, gateway);
    });

    if (kind.onlyHttp1 !== undefined) {
      it(`judges ${RUNS.length - runs.length} requests over HTTP/2, gRPC and TLS`, (context) => {
        context.skip(kind.onlyHttp1);
      });
    } else {
      // nginx passes these headers on to Kong, and Kong then deletes the named header.
      it.each([
        { title: "a Connection header that would strip an identity header", more: [["connection", "x-user-id"]] },
        { title: "two Authorization headers", more: [["authorization", "Bearer a"]] },
      ] as const)("over HTTP/2, refuses a request with $title", async ({ title, more }) => {
        const authorization = (await world.authorizationOf({ title: "", path: "", token: GOOD, status: 200 })) ?? "";
        const sendBytes = (id: string, headers: readonly (readonly [string, string])[]) =>
          sendRawHttp2(gateway.url, "/read", [["x-case", id], ["authorization", authorization], ...headers]);
        expect(await sendBytes("raw-honest", [])).toBe(200);
        expect(await world.upstreamHeaders("raw-honest")).toMatchObject({ "x-user-id": "user-1" });
        expect([400, "reset"]).toContain(await sendBytes(`raw ${title}`, more));
        expect(await world.upstreamHeaders(`raw ${title}`)).toBeUndefined();
      });
    }

    // An HTTP/0.9 request has no headers and no version, so the plugin cannot judge it.
    it.each(["/watched", "/public", "/withheld-report?access_token=a"])(
      "lets no HTTP/0.9 request pass to %s, not even in report mode",
      async (path) => {
        const { hostname, port } = new URL(gateway.url);
        const socket = connect(Number(port), hostname);
        socket.end(`GET ${path}\r\n`);
        const answer = await readAll(socket).catch(() => "");
        expect(answer).not.toContain("upstream");
        // With the stock server, the guard refuses such a request: the verdict is a header, and the request cannot have
        // headers.
        expect(answer).toMatch(/^$|ambiguous|HTTP\/1\.1 400 |cannot be checked/);
      },
    );

    it("leads a client from the API's address to a token, as for MCP clients (RFC 9728, RFC 8414)", async () => {
      await walkToToken(world, gateway.url);
    });

    it("continues after the plugin server was killed, without a change of configuration, with the right rule for each route", async () => {
      const check = (path: string, more: Pick<ConformanceCase, "status" | "reason">): Promise<void> =>
        checkCase({ title: "", path, token: GOOD, ...more }, "http/1.1", `after-kill${path}`, world, gateway);
      await gateway.restartPluginServer();
      await waitUntilServing(gateway);
      await check("/read", { status: 200 });
      await check("/ghost", { status: 503, reason: "policy_unavailable" });
      await check("/named", { status: 200 });
    }, 30_000);
  });
}
