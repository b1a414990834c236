import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, createServer, type IncomingHttpHeaders, request } from "node:http";
import { request as requestTls, Agent as TlsAgent } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePorts } from "../../test/gateways/free-port.ts";
import { type KongBinary, kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { type Choice, KEYS, POLICIES } from "../../test/verdicts/random-requests.ts";

/** The view of one request, for the client and for the upstream. */
export interface Seen {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Two gateways with the same configuration. Both send requests to one upstream. Only one of the two gateways reuses
 * verdicts.
 */
export interface TwoGateways {
  readonly reusing: KongBinary;
  readonly judging: KongBinary;
  /** Sends the same request to a gateway. */
  send(gateway: KongBinary, choice: Choice, tokens: readonly string[]): Promise<Seen>;
  /** The number of verdicts that the guard of the reusing gateway has reused, as far as the plugin server knows. */
  countGuardHits(): Promise<number>;
  stop(): Promise<void>;
}

const RULES = ["read", "other"] as const;
/** Headers of answers that differ from one request to the next request. */
const CHANGING = [
  "date",
  "x-kong-request-id",
  "x-kong-proxy-latency",
  "x-kong-upstream-latency",
  "x-kong-response-latency",
];

export async function startTwoGateways(): Promise<TwoGateways> {
  const directory = await mkdtemp(join(tmpdir(), "verdicts-"));
  const policyRoot = join(directory, "policies");
  await mkdir(policyRoot);
  const jwks = { keys: Object.values(KEYS).map(({ publicJwk }) => publicJwk) };
  for (const [name, policy] of Object.entries(POLICIES)) {
    const document = structuredClone(policy) as { issuers: { acme: { keys: object } } };
    document.issuers.acme.keys = { jwks };
    await writeFile(join(policyRoot, `${name}.json`), JSON.stringify({ ...document, name }));
  }
  const upstream = await startEcho();
  const [statusPort] = await findFreePorts();
  const configText = JSON.stringify(createConfig(upstream.port));
  const start = (more: readonly string[]): Promise<KongBinary> =>
    kongBinary({
      guard: true,
      more,
      // A trusted proxy's X-Forwarded-For names the client's address, so that requests have different clients.
      adapt: (settings) => ({ ...settings, KONG_TRUSTED_IPS: "127.0.0.2/32", KONG_REAL_IP_HEADER: "X-Forwarded-For" }),
    }).start({ configText, policyRoot });
  const reusing = await start(["--status-listen", `127.0.0.1:${statusPort}`]);
  const judging = await start(["--verdict-cache", "off"]);
  const clients = createClients();
  return {
    reusing,
    judging,
    send: clients.send,
    async countGuardHits() {
      const text = await (await fetch(`http://127.0.0.1:${statusPort}/metrics`)).text();
      return Number(/^jwt_policy_cache_requests_total\{cache="guard",result="hit"\} (\d+)$/m.exec(text)?.[1]);
    },
    async stop() {
      clients.stop();
      await Promise.all([reusing.stop(), judging.stop()]);
      await upstream.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** One Route for each policy and rule. A header chooses the Route, so that any path and method reaches it. */
function createConfig(upstreamPort: number): object {
  const routes = Object.entries(POLICIES).flatMap(([policy, document]) =>
    RULES.filter((rule) => rule in (document as { routes: object }).routes).map((rule) => ({
      name: `${policy}-${rule}`,
      headers: { "x-route": [`${policy}-${rule}`] },
      strip_path: false,
      plugins: [{ name: "jwt-policy", config: { policy_file: `${policy}.json`, rule } }],
    })),
  );
  return {
    _format_version: "3.0",
    consumers: [{ username: "alice" }],
    services: [{ name: "echo", url: `http://127.0.0.1:${upstreamPort}`, routes }],
  };
}

/**
 * Answers with the received request, without the parts that differ between the gateways. For answers without a body, a
 * header also contains the request.
 */
async function startEcho(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = createServer((incoming, response) => {
    incoming.resume();
    const { "x-kong-request-id": _, "x-forwarded-port": __, ...headers } = incoming.headers;
    // The order of headers with different names does not matter.
    const text = JSON.stringify([incoming.method, incoming.url, Object.entries(headers).toSorted()]);
    response.setHeader("x-echo", createHash("sha256").update(text).digest("base64"));
    response.end(text);
  });
  server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createClients(): Pick<TwoGateways, "send"> & { stop(): void } {
  const agents = {
    http: new Agent({ keepAlive: true }),
    https: new TlsAgent({ keepAlive: true, rejectUnauthorized: false }),
  };
  const send: TwoGateways["send"] = (gateway, choice, tokens) => {
    const withToken = (text: string): string => text.replaceAll("TOKEN", tokens[choice.token] ?? "");
    const [scheme = "", peer, client = ""] = choice.addresses.split(" ");
    const isTls = scheme === "https";
    const { hostname, port } = new URL(isTls ? (gateway.tlsUrl ?? "") : gateway.url);
    const headers = Object.entries({
      "x-route": `${choice.policy}-${choice.rule}`,
      connection: choice.connection,
      authorization: withToken(choice.authorization),
      "x-forwarded-proto": choice.forwardedProto,
      "x-forwarded-for": client,
      origin: choice.origin,
      "access-control-request-method": choice.requestedMethod,
      accept: choice.accept,
      cookie: withToken(choice.cookie),
      upgrade: choice.upgrade,
      "x-token": withToken(choice.xToken),
      "x-tenant": choice.tenant,
    }).filter(([, value]) => value !== "");
    const options = {
      hostname,
      port,
      method: choice.method,
      path: withToken(choice.target),
      headers: Object.fromEntries(headers),
      // The first two of three peers are proxies that Kong trusts.
      localAddress: peer === "127.0.0.1" ? "127.0.0.1" : "127.0.0.2",
      timeout: 15_000,
    };
    return new Promise((resolve, reject) => {
      const outgoing = isTls
        ? requestTls({ ...options, agent: agents.https })
        : request({ ...options, agent: agents.http });
      outgoing.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const kept = Object.entries(response.headers).filter(([name]) => !CHANGING.includes(name));
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(kept),
            body: Buffer.concat(chunks)
              .toString()
              .replace(/"request_id":"\w+"/, ""),
          });
        });
      });
      outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
      outgoing.on("error", reject);
      outgoing.end();
    });
  };
  return { send, stop: () => Object.values(agents).forEach((agent) => void agent.destroy()) };
}
