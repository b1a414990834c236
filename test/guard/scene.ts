import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { claimsOf, inlineIssuer, policyDocument } from "../core/fixtures.ts";
import { waitFor } from "../gateways/gateway.ts";
import { type KongBinary, kongBinary } from "../gateways/kong/kong-binary.ts";
import { startRecordingUpstream } from "../gateways/recording-upstream.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { type Answer, type Ask, sendRequest } from "./send-request.ts";

/** A Kong with the guard, routes of every kind before one upstream, and tokens. */
export interface Scene {
  readonly kong: KongBinary;
  /** Authorization headers. */
  readonly reader: string;
  readonly writer: string;
  send(path: string, ask?: Ask): Promise<Answer>;
  /**
   * The headers at the upstream of the request with this answer; undefined if the request did not reach the upstream.
   */
  upstreamOf(answer: Answer): IncomingHttpHeaders | undefined;
  /** Waits for a line of Kong's error log about this answer's request. */
  findLine(answer: Answer, words: string): Promise<string | undefined>;
  /** Waits until valid requests pass again. */
  untilServing(): Promise<void>;
  stop(): Promise<void>;
}

export interface SceneOptions extends NonNullable<Parameters<typeof kongBinary>[0]> {
  /** Kong plugins that are global. */
  readonly plugins?: readonly object[];
  /** A plugin that no route or service has. */
  readonly without?: string;
}

export async function startScene({ plugins = [], without, ...options }: SceneOptions): Promise<Scene> {
  const directory = await mkdtemp(join(tmpdir(), "guard-"));
  const policyRoot = join(directory, "policies");
  await mkdir(policyRoot);
  const key = generateSigningKey("ES256", "acme-1");
  const now = Math.floor(Date.now() / 1000);
  const mint = (scope: string): string =>
    `Bearer ${mintToken({ key, claims: claimsOf({ scope, iat: now, exp: now + 3600 }) })}`;
  const document = policyDocument(inlineIssuer([key]), {
    routes: {
      read: { required_scopes: ["read"] },
      write: { required_scopes: ["write"] },
      public: { access: "public" },
      items: { operations: [{ methods: ["GET"], path: "/items/open", access: "public" }] },
    },
  });
  await writeFile(join(policyRoot, "shop.yaml"), stringify(document));
  const sources = { routes: { crumbs: {} }, token: { sources: [{ cookie: "__Host-token" }] } };
  await writeFile(join(policyRoot, "crumbs.yaml"), stringify(policyDocument(inlineIssuer([key]), sources)));
  const upstream = await startRecordingUpstream();
  const kong = await kongBinary(options)
    .start({ configText: stringify(createKongConfig(upstream.port, plugins, without)), policyRoot })
    .catch(async (error: unknown) => {
      await upstream.stop();
      throw error;
    });
  const reader = mint("read");
  let count = 0;
  const send = (path: string, ask: Ask = {}): Promise<Answer> => {
    count += 1;
    return sendRequest(kong.url, path, { ...ask, id: `case-${count}` });
  };
  const untilServing = async (): Promise<void> => {
    const ask = { headers: ["Authorization", reader], timeoutMs: 3_000 };
    await waitFor(async () => {
      const answer = await send("/read", ask).catch(() => undefined);
      return answer?.status === 200 || undefined;
    });
  };
  return {
    kong,
    reader,
    writer: mint("write"),
    send,
    upstreamOf: ({ id }) => upstream.headersOf(id),
    findLine: (answer, words) =>
      waitFor(async () => {
        const log = await kong.readErrorLog();
        const requestId = String(answer.headers["x-kong-request-id"]);
        return log.split("\n").find((line) => line.includes(words) && line.includes(requestId));
      }),
    untilServing,
    async stop() {
      await kong.stop();
      await upstream.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** This plugin works like a session plugin: it adds a token that the client did not send. */
const COOKIE_TO_TOKEN = 'ngx.req.set_header("Authorization", ngx.req.get_headers().cookie)';

interface KongPlugin {
  readonly name: string;
  readonly config?: object;
}

function createKongConfig(upstreamPort: number, globals: readonly object[], without: string | undefined): object {
  const keep = (plugins: readonly KongPlugin[]): readonly KongPlugin[] =>
    plugins.filter(({ name }) => name !== without);
  const route = (name: string, plugins: readonly KongPlugin[], more: object = {}): object => ({
    name,
    paths: [`/${name}`],
    plugins: keep(plugins),
    ...more,
  });
  const policy = (rule: string): KongPlugin => ({ name: "jwt-policy", config: { policy_file: "shop.yaml", rule } });
  const terminate = { name: "request-termination", config: { status_code: 418 } };
  const lua = (phase: string, code: string): KongPlugin => ({ name: "pre-function", config: { [phase]: [code] } });
  const tags = ["team-a", "jwt-policy-public"];
  const url = `http://127.0.0.1:${upstreamPort}`;
  return {
    _format_version: "3.0",
    upstreams: [
      {
        name: "two",
        // No server listens on port 9, so Kong tries the other target.
        targets: [
          { target: "127.0.0.1:9", weight: 10 },
          { target: `127.0.0.1:${upstreamPort}`, weight: 10 },
        ],
      },
    ],
    services: [
      {
        name: "shop",
        url,
        routes: [
          ...["read", "write", "public"].map((name) => route(name, [policy(name)])),
          route("items", [policy("items")], { strip_path: false }),
          route("crumbs", [{ name: "jwt-policy", config: { policy_file: "crumbs.yaml", rule: "crumbs" } }]),
          route("both", [policy("read")], { tags }),
          route("tagged", [], { tags }),
          route("bare", [], { tags: ["team-a"] }),
          route("terminated", [terminate]),
          route("judged-and-terminated", [policy("read"), terminate]),
          route("early", [policy("read"), lua("access", "kong.response.exit(418)")]),
          route("buffered", [policy("read"), lua("access", "kong.service.request.enable_buffering()")]),
          route("unbuffered", [policy("read")], { request_buffering: false, response_buffering: false }),
          route("guarded-route", [{ name: "jwt-policy-guard" }]),
          route("guarded-and-judged", [policy("read"), { name: "jwt-policy-guard" }]),
          route("cookie", [policy("read"), lua("access", COOKIE_TO_TOKEN)]),
          // A defect in another plugin: it sets the header that only jwt-policy should set.
          route("forged", [policy("read"), lua("access", 'ngx.req.set_header("x-jwt-policy-verdict", "forged")')]),
        ],
      },
      { name: "retried", host: "two", retries: 5, routes: [route("retried", [policy("read")])] },
      { name: "tagged-service", url, tags, routes: [route("tagged-service", [])] },
      {
        name: "guarded-service",
        url,
        plugins: keep([{ name: "jwt-policy-guard" }]),
        routes: [route("guarded-service", [])],
      },
    ],
    routes: [route("no-service", []), route("no-service-tagged", [], { tags })],
    plugins: globals,
  };
}
