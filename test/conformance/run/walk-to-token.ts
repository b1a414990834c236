import { expect } from "vitest";
import type { World } from "../world.ts";

/** Takes every step of a client from the API's address to an answer of the API. Every host name leads to the gateway. */
export async function walkToToken(world: World, gatewayUrl: string): Promise<void> {
  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(new URL(path, gatewayUrl), { headers: { ...headers, "mcp-protocol-version": "2025-11-25" } });

  const refused = await ask("/mcp");
  expect(refused.status).toBe(401);
  const challenge = refused.headers.get("www-authenticate") ?? "";
  const metadataUrl = new URL(readParameter(challenge, "resource_metadata"));

  const described = await ask(metadataUrl.pathname);
  expect([described.status, described.headers.get("content-type")]).toEqual([200, "application/json"]);
  const metadata = await described.json();
  // The check that a client must make (RFC 9728 section 3.3).
  const { resource, authorization_servers: servers } = metadata as {
    resource: string;
    authorization_servers: string[];
  };
  expect(metadataUrl.href).toBe(resource.replace(/^(https:\/\/[^/]+)/, "$1/.well-known/oauth-protected-resource"));

  const discovered = await fetch(`${servers[0]}/.well-known/openid-configuration`);
  const { issuer, token_endpoint: endpoint } = (await discovered.json()) as Record<string, string>;
  expect([issuer, endpoint]).toEqual([servers[0], `${servers[0]}/token`]);

  const token = await world.tokenFor(resource, readParameter(challenge, "scope"));
  const passed = await ask("/mcp", { authorization: `Bearer ${token}` });
  expect(passed.status, await passed.text()).toBe(200);
}

function readParameter(challenge: string, name: string): string {
  return new RegExp(`[ ,]${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
}
