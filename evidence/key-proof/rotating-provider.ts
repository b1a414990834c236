import { generateKeyPair, type JsonWebKey, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { Pool } from "undici";
import { withoutDevelopmentNotices } from "../../sandbox/demo/provider-notices.ts";
import { listenOn } from "../../sandbox/http/listen.ts";
import { rereadKey } from "../../sandbox/stand-in/reread-key.ts";

/** An OpenID provider (`oidc-provider`). Its signing keys change while it runs. */
export interface RotatingProvider {
  readonly issuer: string;
  /** When a client asked for the provider's key set, in `performance.now()`. */
  readonly fetches: readonly number[];
  /** Replaces the provider's keys. The provider publishes all of them, in this order, and signs with the first one. */
  setKeys(keys: readonly ProviderKey[]): Promise<void>;
  /** Ends every connection early, or serves again. */
  setDown(isDown: boolean): void;
  /**
   * Requests access tokens from the token endpoint. All tokens are different. @throws Error with the answer of the endpoint.
   */
  mintTokens(count: number): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export type ProviderKey = JsonWebKey & { readonly kid: string };

export const AUDIENCE = "https://api.example.com/proof";
export const SCOPE = "proof:read";

const CLIENT = "proof";
const TOKEN_SECONDS = 7200;
const generate = promisify(generateKeyPair);

/** A private RSA key of 2048 bits for RS256. */
export async function generateProviderKey(kid: string): Promise<ProviderKey> {
  const { privateKey } = await generate("rsa", { modulusLength: 2048 });
  return { ...rereadKey(privateKey).export({ format: "jwk" }), kid, alg: "RS256", use: "sig" };
}

export async function startRotatingProvider(keys: readonly ProviderKey[]): Promise<RotatingProvider> {
  type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;
  const secret = randomBytes(24).toString("base64url");
  const fetches: number[] = [];
  let isDown = false;
  let answer: Answer = (_, response) => response.writeHead(503).end();
  const server = createServer((request, response) => {
    if (isDown) {
      request.socket.destroy();
      return;
    }
    if (request.url === "/jwks") {
      fetches.push(performance.now());
    }
    answer(request, response);
  });
  await listenOn(server, 0);
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new Pool(issuer, { connections: 4 });
  const setKeys = (next: readonly ProviderKey[]): Promise<void> =>
    withoutDevelopmentNotices(async () => {
      const { Provider } = await import("oidc-provider");
      // The provider reads its keys once and stores no tokens, so another instance can replace it.
      answer = new Provider(issuer, configuration(secret, next)).callback();
    });
  await setKeys(keys);
  return {
    issuer,
    fetches,
    setKeys,
    setDown: (down) => {
      isDown = down;
    },
    mintTokens: (count) => Promise.all(Array.from({ length: count }, () => mintToken(client, secret))),
    async stop() {
      await client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function configuration(secret: string, keys: readonly ProviderKey[]): Record<string, unknown> {
  return {
    jwks: { keys },
    ttl: { ClientCredentials: TOKEN_SECONDS },
    cookies: { keys: [secret] },
    scopes: [SCOPE],
    clients: [
      {
        client_id: CLIENT,
        client_secret: secret,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
        scope: SCOPE,
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: SCOPE,
          audience: AUDIENCE,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  };
}

async function mintToken(client: Pool, secret: string): Promise<string> {
  const { statusCode, body } = await client.request({
    path: "/token",
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`${CLIENT}:${secret}`).toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({ grant_type: "client_credentials", resource: AUDIENCE, scope: SCOPE }).toString(),
  });
  const answer = (await body.json()) as { access_token?: unknown };
  if (statusCode !== 200 || typeof answer.access_token !== "string") {
    throw new Error(`the token endpoint answered ${statusCode}: ${JSON.stringify(answer)}`);
  }
  return answer.access_token;
}
