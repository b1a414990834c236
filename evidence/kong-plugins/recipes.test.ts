import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { AUDIENCE, ISSUER } from "../../test/core/fixtures.ts";
import { findFreePorts } from "../../test/gateways/free-port.ts";
import { waitFor } from "../../test/gateways/gateway.ts";
import { type KongBinary, kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { generateSigningKey, mintToken } from "../../test/tokens.ts";
import { attributesOf, readSpans, type Span } from "./read-spans.ts";

// The unchanged recipes of docs/guides/kong-plugins.md. The test replaces only addresses and keys.

const GUIDE = join(import.meta.dirname, "../../docs/guides/kong-plugins.md");
const PATIENCE_MS = 20_000;
const key = generateSigningKey("ES256", "1");
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

interface LogEntry {
  readonly consumer?: { readonly username: string };
  readonly authenticated_entity?: { readonly id: string };
  readonly request: { readonly id: string; readonly headers: Readonly<Record<string, string>> };
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
}

const kind = kongBinary({ guard: true });

describe("the recipes for Kong's own plugins", () => {
  if (kind.missing !== undefined) {
    reportMissing("do what the guide says", kind.missing);
    return;
  }
  let kong: KongBinary;
  let statusPort: number;
  let directory: string;
  const logged: LogEntry[] = [];
  let rawLog = "";
  const spans: Span[] = [];
  const collector = createServer((request, response) => void collect(request, response));

  async function collect(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    if (request.url === "/kong") {
      rawLog += body.toString();
      logged.push(...[JSON.parse(body.toString())].flat());
    } else if (request.url === "/v1/traces") {
      spans.push(...readSpans(body));
    }
    response.end();
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "recipes-"));
    const policyRoot = join(directory, "policies");
    await mkdir(policyRoot);
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    const collectorUrl = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    const guide = (await readFile(GUIDE, "utf8")).replaceAll(/http:\/\/(?:logs|otel)\.internal:\d+/g, collectorUrl);
    const blocks = (info: string): readonly string[] =>
      [...guide.matchAll(new RegExp(`^\`\`\`yaml ${info}\n(.*?)^\`\`\`$`, "gms"))].map(([, text = ""]) => text);
    const policy = parse(blocks("policy")[0] ?? "");
    policy.issuers.acme.keys = { jwks: { keys: [key.publicJwk] } };
    policy.token = { sources: ["authorization", { cookie: "__Host-t" }, { query: "t" }] };
    await writeFile(join(policyRoot, "orders.yaml"), JSON.stringify(policy));
    const logFile = join(directory, "decisions.jsonl");
    const settings = join(directory, "decision-log.yaml");
    await writeFile(settings, JSON.stringify({ decision_log: 1, to: logFile, allows: 1 }));
    const names = ["limited", "logged", "counted", "traced"];
    const routes = blocks("plugins").map((text, index) => ({
      name: names[index],
      paths: [`/${names[index]}`],
      plugins: parse(text),
    }));
    expect(routes.map(({ name }) => name)).toEqual(names);
    [statusPort = 0] = await findFreePorts();
    kong = await kongBinary({
      guard: true,
      more: ["--decision-log", settings],
      adapt: (kongSettings) => ({
        ...kongSettings,
        KONG_STATUS_LISTEN: `127.0.0.1:${statusPort}`,
        KONG_TRACING_INSTRUMENTATIONS: "request",
        KONG_TRACING_SAMPLING_RATE: "1",
      }),
    }).start({
      policyRoot,
      configText: JSON.stringify({
        _format_version: "3.0",
        consumers: [{ username: "billing" }],
        services: [{ name: "orders", url: collectorUrl, routes }],
      }),
    });
    await waitFor(async () => (await send("/counted", tokenOf("warm"))).status === 200 || undefined, PATIENCE_MS);
  });
  afterAll(async () => {
    await kong?.stop();
    collector.closeAllConnections();
    await new Promise((resolve) => collector.close(resolve));
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  beforeEach(({ task }) => {
    task.meta.gateway = kong.name;
  });

  const tokenOf = (sub: string, scope = "orders:read"): string => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: ISSUER, aud: AUDIENCE, azp: "billing", sub, scope, iat: now, exp: now + 600 };
    return mintToken({ key, claims });
  };

  async function send(path: string, token: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const answer = await fetch(`${kong.url}${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } });
    await answer.arrayBuffer();
    return answer;
  }

  const requestIdOf = (answer: Response): string => answer.headers.get("x-kong-request-id") ?? "";

  it("rate-limiting gives each user of a client 60 requests in a minute, and refused requests do not count", async () => {
    const statuses: Record<string, number[]> = { ann: [], bob: [] };
    for (let count = 0; count < 61; count += 1) {
      expect((await send("/limited", tokenOf("ann", "other"))).status).toBe(403);
      statuses.ann?.push((await send("/limited", tokenOf("ann"))).status);
    }
    statuses.bob?.push((await send("/limited", tokenOf("bob"))).status);
    // A new minute of the clock may begin between the two requests.
    expect(statuses.ann?.slice(0, 60)).toEqual(Array(60).fill(200));
    expect([429, 200]).toContain(statuses.ann?.at(-1));
    expect(statuses.bob).toEqual([200]);
  });

  it("http-log has the client and the user, and the answer to a refused client", async () => {
    const [good, refused] = [await send("/logged", tokenOf("ann")), await send("/logged", tokenOf("ann", "other"))];
    const find = (answer: Response): Promise<LogEntry | undefined> =>
      waitFor(() => logged.find(({ request }) => request.id === requestIdOf(answer)), PATIENCE_MS);
    const entry = await find(good);
    expect([entry?.consumer?.username, entry?.authenticated_entity?.id]).toEqual(["billing", "ann"]);
    expect(entry?.request.headers.authorization).toBe("REDACTED");
    const refusal = await find(refused);
    expect([refusal?.consumer, refusal?.authenticated_entity, refusal?.response.status]).toEqual([
      undefined,
      undefined,
      403,
    ]);
    expect(refusal?.response.headers["www-authenticate"]).toContain("insufficient_scope");
  });

  it("http-log has no token of any source", async () => {
    const token = tokenOf("carol");
    const inCookie = await fetch(`${kong.url}/logged`, { headers: { cookie: `__Host-t=${token}` } });
    const inQuery = await fetch(`${kong.url}/logged?t=${token}`);
    expect([inCookie.status, inQuery.status]).toEqual([200, 200]);
    for (const answer of [inCookie, inQuery]) {
      await waitFor(() => logged.find(({ request }) => request.id === requestIdOf(answer)), PATIENCE_MS);
      expect(rawLog).toContain(requestIdOf(answer));
    }
    for (const part of token.split(".")) {
      expect(rawLog).not.toContain(part);
    }
  });

  it("prometheus counts the requests of each client, and those that were refused", async () => {
    await send("/counted", tokenOf("ann"));
    await send("/counted", "bad");
    const read = async (): Promise<string> => (await fetch(`http://127.0.0.1:${statusPort}/metrics`)).text();
    const line = (parts: string): RegExp =>
      new RegExp(`^kong_http_requests_total\\{.*route="counted".*${parts}.*\\} [1-9]`, "m");
    const text = await waitFor(async () => {
      const now = await read();
      return line('code="401"').test(now) ? now : undefined;
    }, PATIENCE_MS);
    expect(text).toMatch(line('code="200",source="service".*consumer="billing"'));
    expect(text).toMatch(line('code="401",source="kong".*consumer=""'));
  });

  it("opentelemetry has each decision, and the trace of the decision log", async () => {
    const token = tokenOf("ann");
    const traced = async (bearer: string): Promise<{ answer: Response; span: Span | undefined }> => {
      const parent = randomUUID().replaceAll("-", "").slice(0, 16);
      const answer = await send("/traced", bearer, { traceparent: `00-${TRACE_ID}-${parent}-01` });
      const id = requestIdOf(answer);
      const find = (): Span | undefined => spans.find((span) => attributesOf(span)["kong.request.id"] === id);
      return { answer, span: await waitFor(find, PATIENCE_MS) };
    };
    const { span: passed } = await traced(token);
    expect(passed?.traceId).toBe(TRACE_ID);
    expect(passed && attributesOf(passed)).toMatchObject({
      "jwt_policy.outcome": "allow",
      "jwt_policy.policy_file": "orders.yaml",
      "jwt_policy.rule": "orders",
      // The verdict depends on Kong's Consumer, so the guard does not reuse the verdict.
      "jwt_policy.reused": false,
    });

    const { answer, span } = await traced("bad");
    expect(span && attributesOf(span)).toMatchObject({
      "http.status_code": 401,
      "jwt_policy.outcome": "deny",
      "jwt_policy.reason": "token_malformed",
      "jwt_policy.rule": "orders",
    });
    const line = await waitFor(async () => {
      const lines = (await readFile(join(directory, "decisions.jsonl"), "utf8")).split("\n");
      return lines.find((each) => each.includes(requestIdOf(answer)));
    }, PATIENCE_MS);
    expect(JSON.parse(line ?? "{}")).toMatchObject({ reason: "token_malformed", trace_id: TRACE_ID });
  });
});
