import { connect, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from "node:http2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "../conformance/world.ts";
import { type Gateway, waitFor } from "../gateways/gateway.ts";
import { kongBinary } from "../gateways/kong-binary.ts";
import { reportMissing } from "../gateways/report-missing.ts";

const START_TIMEOUT_MS = 120_000;

type Headers = IncomingHttpHeaders & IncomingHttpStatusHeader;

interface GrpcAnswer {
  readonly headers: Headers;
  readonly body: string;
}

/** Sends one message over HTTP/2 with prior knowledge, as gRPC clients do. */
function call(url: string, path: string, headers: Record<string, string>): Promise<GrpcAnswer> {
  const session = connect(url);
  return new Promise<GrpcAnswer>((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({ ":method": "POST", ":path": path, te: "trailers", ...headers });
    const chunks: Buffer[] = [];
    let answered: Headers = {};
    stream.on("response", (received) => {
      answered = received;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => resolve({ headers: answered, body: Buffer.concat(chunks).toString() }));
    stream.end(Buffer.from([0, 0, 0, 0, 0]));
  }).finally(() => session.close());
}

describe("what a gRPC client is told on a Kong binary", () => {
  const kong = kongBinary({
    adapt: (settings) => ({ ...settings, KONG_PROXY_LISTEN: `${settings.KONG_PROXY_LISTEN} http2` }),
  });
  if (kong.missing !== undefined) {
    reportMissing("runs", kong.missing);
    return;
  }
  let world: World;
  let gateway: Gateway;
  beforeAll(async () => {
    world = await createWorld();
    gateway = await kong.start(world);
    const ask = async (): Promise<boolean> => (await call(gateway.url, "/read", {})).headers[":status"] === 401;
    await waitFor(async () => (await ask()) || undefined, 20_000);
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await gateway?.stop();
    await world?.stop();
  }, START_TIMEOUT_MS);

  it.each<[what: string, path: string, headers: Record<string, string>, told: Record<string, unknown>]>([
    [
      "without a token",
      "/read",
      { "content-type": "application/grpc" },
      {
        ":status": 401,
        "grpc-status": "16",
        "grpc-message": "Authentication is required",
        "www-authenticate": 'Bearer realm="api"',
      },
    ],
    [
      "with a message format, and an Accept that does not matter",
      "/read",
      { "content-type": "application/grpc+proto", accept: "application/problem+json" },
      { ":status": 401, "grpc-status": "16", "grpc-message": "Authentication is required" },
    ],
    [
      "with no right",
      "/unnamed",
      { "content-type": "application/grpc" },
      { ":status": 403, "grpc-status": "7", "grpc-message": "Access is not allowed" },
    ],
    [
      "of what no rule fits, with a status of the policy's own",
      "/answers",
      { "content-type": "application/grpc" },
      { ":status": 404, "grpc-status": "5", "grpc-message": "Not found" },
    ],
  ])("%s", async (_what, path, headers, told) => {
    const answer = await call(gateway.url, path, headers);
    expect(answer).toMatchObject({ headers: { ...told, "content-type": "application/grpc" }, body: "" });
  });

  it("is JSON where no policy is known, which gRPC takes for UNAVAILABLE by its status", async () => {
    const { headers } = await call(gateway.url, "/broken", { "content-type": "application/grpc" });
    expect(headers).toMatchObject({ ":status": 503, "content-type": "application/json; charset=utf-8" });
  });

  it("is JSON for gRPC-Web", async () => {
    const { headers, body } = await call(gateway.url, "/read", { "content-type": "application/grpc-web+proto" });
    expect(headers).toMatchObject({ ":status": 401, "content-type": "application/json; charset=utf-8" });
    expect(JSON.parse(body)).toMatchObject({ message: "Authentication is required" });
  });
});
