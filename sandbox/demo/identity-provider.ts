/**
 * An OpenID provider on the loopback address, for experiments. The provider offers discovery and a JWKS. Clients get access
 * tokens (RFC 9068) through the client credentials grant. The provider generates new keys at every start.
 */
import { generateKeyPair, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { request } from "undici";
import { listenOn } from "../http/listen.ts";
import { rereadKey } from "../stand-in/reread-key.ts";
import { withoutDevelopmentNotices } from "./provider-notices.ts";

/** The APIs for which the provider issues tokens: audience, scopes and signing algorithm. */
const RESOURCES = {
  payments: {
    audience: "https://api.example.com/payments",
    scope: "payments:read payments:write refunds:read refunds:write",
    algorithm: "RS256",
  },
  platform: { audience: "https://api.example.com/platform", scope: "orders:read orders:write", algorithm: "ES256" },
  ledger: { audience: "https://api.example.com/ledger", scope: "payments:read", algorithm: "RS256" },
} as const;

type ResourceName = keyof typeof RESOURCES;

/** The clients of the provider, and the roles in the claim `roles` of their tokens. */
const CLIENTS = { "checkout-web": ["merchant"], "back-office": ["merchant", "support"] } as const;

type ClientName = keyof typeof CLIENTS;

/** A request to the token endpoint. `scope` is a list separated by spaces. */
export interface TokenRequest {
  client: ClientName;
  resource: ResourceName;
  scope: string;
}

export interface IdentityProvider {
  issuer: string;
  /** Requests an access token from the token endpoint. */
  mintToken(wanted: TokenRequest): Promise<string>;
  stop(): Promise<void>;
}

export interface ProviderOptions {
  /**
   * The address on which the provider listens. The issuer's URL always names the loopback address, because policies may
   * use http only for the loopback address.
   */
  host?: string | undefined;
  /**
   * One secret for all clients, so that other processes can request tokens. By default, each client gets its own random secret.
   */
  clientSecret?: string | undefined;
}

const generateKey = promisify(generateKeyPair);
const TOKEN_SECONDS = 3600;

/**
 * @param port the port to listen on; 0 means any free port.
 * @throws Error with code EADDRINUSE if another program has the port.
 */
export async function startIdentityProvider(
  port: number,
  { host, clientSecret }: ProviderOptions = {},
): Promise<IdentityProvider> {
  let answer = (_: IncomingMessage, response: ServerResponse): unknown => response.writeHead(503).end();
  const server = createServer((incoming, outgoing) => answer(incoming, outgoing));
  await listenOn(server, port, host);
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secrets = new Map(
    Object.keys(CLIENTS).map((name) => [name, clientSecret ?? randomBytes(24).toString("base64url")]),
  );
  const keys = await generateSigningKeys();
  const provider = await withoutDevelopmentNotices(async () => {
    const { Provider } = await import("oidc-provider");
    return new Provider(issuer, configuration(secrets, keys));
  });
  answer = provider.callback();
  return {
    issuer,
    mintToken: (wanted) => mintToken(issuer, secrets.get(wanted.client) ?? "", wanted),
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function generateSigningKeys(): Promise<object[]> {
  const [rsa, elliptic] = await Promise.all([
    generateKey("rsa", { modulusLength: 2048 }),
    generateKey("ec", { namedCurve: "P-256" }),
  ]);
  return [
    { ...rereadKey(rsa.privateKey).export({ format: "jwk" }), alg: "RS256", use: "sig", kid: "sandbox-rsa" },
    { ...rereadKey(elliptic.privateKey).export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "sandbox-ec" },
  ];
}

function configuration(secrets: ReadonlyMap<string, string>, keys: readonly object[]): Record<string, unknown> {
  const resources = Object.values(RESOURCES);
  const scopes = new Set(resources.flatMap(({ scope }) => scope.split(" ")));
  return {
    jwks: { keys },
    ttl: { ClientCredentials: TOKEN_SECONDS },
    cookies: { keys: [randomBytes(24).toString("base64url")] },
    scopes: [...scopes],
    clients: [...secrets].map(([client_id, client_secret]) => ({
      client_id,
      client_secret,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      scope: [...scopes].join(" "),
    })),
    extraTokenClaims: (_: unknown, token: { clientId?: string }) => ({
      roles: CLIENTS[token.clientId as ClientName] ?? [],
    }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, indicator: string) => describeResource(indicator),
      },
    },
  };
}

function describeResource(indicator: string): Record<string, unknown> {
  const resource = Object.values(RESOURCES).find(({ audience }) => audience === indicator);
  if (resource === undefined) {
    throw new Error(`the sandbox has no resource ${indicator}`);
  }
  return {
    scope: resource.scope,
    audience: resource.audience,
    accessTokenFormat: "jwt",
    jwt: { sign: { alg: resource.algorithm } },
  };
}

/**
 * Requests an access token from a provider's token endpoint.
 *
 * @param url the address of the provider.
 * @throws Error with the provider's answer if the answer contains no token.
 */
export async function mintToken(
  url: string,
  secret: string,
  { client, resource, scope }: TokenRequest,
): Promise<string> {
  const { statusCode, body } = await request(new URL("/token", url), {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      resource: RESOURCES[resource].audience,
      scope,
    }).toString(),
  });
  const answer = (await body.json()) as { access_token?: unknown };
  if (statusCode !== 200 || typeof answer.access_token !== "string") {
    throw new Error(`the token endpoint answered ${statusCode}: ${JSON.stringify(answer)}`);
  }
  return answer.access_token;
}
