import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { generateSigningKey, mintToken } from "../../../test/tokens.ts";
import { KUBERNETES, readYaml } from "./kubernetes-files.ts";

/** The example of deploy/kubernetes, with keys of this test and another upstream. */

const UPSTREAM = "http://payments.shop.svc:8080";
const key = generateSigningKey("ES256", "acme-1");
const example: Policy = readYaml("policies/payments.yaml");

interface Policy {
  readonly issuers: { readonly acme: { readonly issuer: string; readonly audiences: readonly string[] } };
  readonly routes: object;
}

/**
 * Text of the policy, with inline keys, so that nothing must be fetched.
 *
 * @param rules replace the rules with the same names.
 */
export function createPolicy(rules: object = {}): string {
  const acme = { ...example.issuers.acme, keys: { jwks: { keys: [key.publicJwk] } } };
  return stringify({ ...example, issuers: { acme }, routes: { ...example.routes, ...rules } });
}

/** A token with this scope, which the policy accepts. */
export function mint(scope: string): string {
  const { issuer, audiences } = example.issuers.acme;
  const now = Math.floor(Date.now() / 1000);
  return mintToken({ key, claims: { iss: issuer, aud: audiences, sub: "user-1", scope, iat: now, exp: now + 600 } });
}

/**
 * The text of the kong.yml, with one more route: `/forgotten`, which has no policy. Routes have names like the Ingress
 * Controller's.
 */
export function createConfig(upstreamUrl: string): string {
  const text = readFileSync(join(KUBERNETES, "kong.yml"), "utf8").replace(UPSTREAM, upstreamUrl);
  const config: { services: { routes: { name: string; paths?: string[] }[] }[] } = parse(text);
  config.services[0]?.routes.push({ name: "forgotten", paths: ["/forgotten"] });
  for (const route of config.services.flatMap(({ routes }) => routes)) {
    route.name = `shop.${route.name}.payments.api.example.com.8080`;
  }
  return stringify(config);
}
