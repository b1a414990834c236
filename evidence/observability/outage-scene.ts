/** A small shop behind a gateway. Clients send all kinds of requests, and the provider can go down. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { stringify } from "yaml";
import { FACTS_VARIABLE } from "../../plugin/kong/facts/facts-variable.ts";
import { listenOn } from "../../sandbox/http/listen.ts";
import { startSandbox } from "../../sandbox/run/start-sandbox.ts";
import { findFreePort } from "../../test/gateways/free-port.ts";
import { type Gateway, START_CMD } from "../../test/gateways/gateway.ts";
import { kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { generateSigningKey, mintToken, type SigningKey } from "../../test/tokens.ts";
import { type FailingProvider, startFailingProvider } from "../key-proof/failing-provider.ts";

export interface OutageScene {
  /** The title of the gateway, such as `Kong 3.9.3 (binary, with the guard)`. */
  readonly gateway: string;
  /** The address of the plugin server's status port, such as `http://127.0.0.1:8008`. */
  readonly statusUrl: string;
  readonly policyRoot: string;
  /** The provider of the issuer `acme`. */
  readonly provider: FailingProvider;
  stop(): Promise<void>;
}

const AUDIENCE = "https://api.example.com";
/** The times are as short as a policy allows, so that a run of two minutes shows all states of keys. */
const KEY_REFRESH = { min: "10s", max: "10s", cooldown: "5s", max_stale: "30s" };
const TICK_MS = 50;
const CONNECTIONS = 32;

interface Traffic {
  readonly path: string;
  readonly method?: "POST";
  readonly token?: string;
  readonly perSecond: number;
}

interface OutageOptions {
  /** Multiplies the number of requests per second. */
  readonly scale: number;
  /**
   * Whether the scene uses a Kong with the guard if there is a Kong, in KONG_BIN or in PATH. If not, the gateway is the
   * sandbox.
   */
  readonly mayUseKong: boolean;
}

export async function startOutageScene({ scale, mayUseKong }: OutageOptions): Promise<OutageScene> {
  const endings: (() => Promise<unknown>)[] = [];
  const upstream = createServer((_, response) => response.end("upstream"));
  await listenOn(upstream, 0);
  endings.push(() => new Promise((resolve) => upstream.close(resolve)));
  const [acme, partner] = [generateSigningKey("ES256", "acme-1"), generateSigningKey("ES256", "partner-1")];
  const [provider, other] = [await startFailingProvider(acme), await startFailingProvider(partner)];
  endings.push(other.stop, () => provider.recover().then(provider.stop));
  const directory = await mkdtemp(join(tmpdir(), "outage-"));
  endings.push(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  const policyRoot = join(directory, "policies");
  await mkdir(policyRoot);
  for (const [file, policy] of Object.entries(writePolicies(provider.uri, other.uri))) {
    await writeFile(join(policyRoot, file), stringify(policy));
  }
  const statusListen = `127.0.0.1:${await findFreePort()}`;
  const configText = writeConfig((upstream.address() as AddressInfo).port);
  const gateway = await startGateway({ configText, policyRoot }, statusListen, mayUseKong);
  endings.push(gateway.stop);
  endings.push(startClients(gateway.url, listTraffic(acme, partner), scale));
  return {
    gateway: gateway.name,
    statusUrl: `http://${statusListen}`,
    policyRoot,
    provider,
    async stop() {
      for (const end of endings.reverse()) {
        await end();
      }
    },
  };
}

function startGateway(
  input: { readonly configText: string; readonly policyRoot: string },
  statusListen: string,
  mayUseKong: boolean,
): Promise<Pick<Gateway, "name" | "url" | "stop">> {
  const kong = kongBinary({
    guard: true,
    adapt: (settings) => ({ ...settings, [START_CMD]: `${settings[START_CMD]} --status-listen ${statusListen}` }),
  });
  if (mayUseKong && kong.missing === undefined) {
    return kong.start(input);
  }
  const nginxVariables = { [FACTS_VARIABLE.name]: FACTS_VARIABLE.value };
  return startSandbox({ ...input, proxyPort: 0, nginxVariables, statusListen, onLog: () => {} }).then(
    ({ url, stop }) => ({ name: "sandbox", url, stop }),
  );
}

function writePolicies(acme: string, partner: string): Readonly<Record<string, object>> {
  const issuer = (name: string, uri: string): object => ({
    issuer: `https://idp.${name}.example.com`,
    audiences: [AUDIENCE],
    algorithms: ["ES256"],
    keys: { jwks_uri: uri, allow_http: true },
    key_refresh: KEY_REFRESH,
  });
  return {
    "payments.yaml": {
      jwt_policy: 1,
      name: "payments",
      issuers: { acme: issuer("acme", acme) },
      routes: {
        "payments-read": { required_scopes: ["payments:read"] },
        "payments-write": { required_scopes: ["payments:write"] },
      },
    },
    "shop.yaml": {
      jwt_policy: 1,
      name: "shop",
      issuers: { partner: issuer("partner", partner) },
      defaults: { mode: "report" },
      routes: { orders: { required_scopes: ["orders:read"] }, catalogue: { required_scopes: [] } },
    },
  };
}

function writeConfig(port: number): string {
  const route = (policy: string, name: string, path: string, methods: readonly string[]): object => ({
    ...{ name, paths: [path], methods },
    plugins: [{ name: "jwt-policy", config: { policy_file: `${policy}.yaml` } }],
  });
  const routes = [
    route("payments", "payments-read", "/payments", ["GET"]),
    route("payments", "payments-write", "/payments", ["POST"]),
    route("shop", "orders", "/orders", ["GET"]),
    route("shop", "catalogue", "/catalogue", ["GET"]),
  ];
  return stringify({ _format_version: "3.0", services: [{ name: "shop", url: `http://127.0.0.1:${port}`, routes }] });
}

function listTraffic(acme: SigningKey, partner: SigningKey): readonly Traffic[] {
  const now = Math.floor(Date.now() / 1_000);
  const mint = (key: SigningKey, name: string, claims: object): string =>
    mintToken({
      key,
      claims: {
        iss: `https://idp.${name}.example.com`,
        aud: AUDIENCE,
        sub: "1",
        iat: now,
        exp: now + 3_600,
        ...claims,
      },
    });
  const reader = mint(acme, "acme", { scope: "payments:read" });
  const writer = mint(acme, "acme", { scope: "payments:write" });
  return [
    { path: "/payments", token: reader, perSecond: 80 },
    { path: "/payments", method: "POST", token: writer, perSecond: 12 },
    { path: "/payments", method: "POST", token: reader, perSecond: 2 },
    { path: "/payments", token: mint(acme, "acme", { scope: "payments:read", exp: now - 60 }), perSecond: 3 },
    { path: "/payments", perSecond: 1 },
    { path: "/payments", token: mint(partner, "unknown", {}), perSecond: 0.5 },
    { path: "/orders", token: mint(partner, "partner", { scope: "orders:read" }), perSecond: 40 },
    { path: "/orders", token: mint(partner, "partner", { scope: "orders:write" }), perSecond: 0.5 },
    { path: "/catalogue", token: mint(partner, "partner", {}), perSecond: 25 },
  ];
}

/** @returns a function that ends the clients. */
function startClients(url: string, all: readonly Traffic[], scale: number): () => Promise<void> {
  const pool = new Pool(url, { connections: CONNECTIONS });
  const due = all.map(() => 0);
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [index, { path, method = "GET", token, perSecond }] of all.entries()) {
      due[index] = (due[index] ?? 0) + (perSecond * scale * (now - last)) / 1_000;
      for (; (due[index] ?? 0) >= 1; due[index] = (due[index] ?? 0) - 1) {
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
        void pool.request({ path, method, headers }).then(
          ({ body }) => body.dump(),
          () => {},
        );
      }
    }
    last = now;
  }, TICK_MS);
  return async () => {
    clearInterval(timer);
    await pool.destroy();
  };
}
