import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Neighbour, type Neighbours, neighboursHere } from "../../gateways/neighbours.ts";
import { generateSigningKey } from "../../tokens.ts";
import { CONSUMER, type Credential } from "../modes.ts";
import { createCredentials, createPolicies } from "./policies.ts";

/** Everything around a gateway: policies, kong.yml, credentials and upstreams. */
export interface SpoofingWorld {
  readonly configText: string;
  readonly policyRoot: string;
  /** The value of Authorization; undefined for a request without it. */
  readonly credentials: Readonly<Record<Credential, string | undefined>>;
  readonly upstreams: Neighbour<"byteUpstreams">;
  stop(): Promise<void>;
}

/** @param hasGrpc whether the gateway serves gRPC. The sandbox refuses a configuration with gRPC. */
export async function createSpoofingWorld(
  neighbours: Neighbours = neighboursHere(),
  hasGrpc = true,
): Promise<SpoofingWorld> {
  const directory = await mkdtemp(join(tmpdir(), "jwt-policy-spoofing-"));
  const policyRoot = join(directory, "policies");
  await mkdir(policyRoot);
  const key = generateSigningKey("ES256", "1");
  const { inline, "inline-public": inlinePublic, ...files } = createPolicies(key);
  for (const [name, policy] of Object.entries(files)) {
    await writeFile(join(policyRoot, `${name}.yaml`), stringify(policy));
  }
  const upstreams = await neighbours.start("byteUpstreams");
  return {
    configText: stringify(
      createKongConfig(upstreams, hasGrpc, {
        inline: JSON.stringify(inline),
        "inline-public": JSON.stringify(inlinePublic),
      }),
    ),
    policyRoot,
    credentials: createCredentials(key, Math.floor(Date.now() / 1000)),
    upstreams,
    async stop() {
      await neighbours.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const HTTP_ROUTES = {
  api: ["required", "scoped", "optional", "public", "report", "preflight", "compared", "operations"],
  withheld: ["withheld", "withheld-report"],
  moved: ["moved", "moved-optional", "moved-public", "moved-report"],
  kept: ["kept", "kept-optional", "kept-report"],
  consumer: ["consumer", "consumer-optional", "consumer-public", "consumer-report"],
  plain: ["plain"],
};
const GRPC_ROUTES = {
  api: ["required", "optional", "public", "report", "compared"],
  withheld: ["withheld"],
  moved: ["moved"],
};

function createKongConfig(
  { http, grpc }: SpoofingWorld["upstreams"],
  hasGrpc: boolean,
  inline: Readonly<Record<string, string>>,
): object {
  const plugin = (config: object) => ({ plugins: [{ name: "jwt-policy", config }] });
  const eachRule = <T>(routes: Readonly<Record<string, readonly string[]>>, make: (file: string, rule: string) => T) =>
    Object.entries(routes).flatMap(([policy, rules]) => rules.map((rule) => make(`${policy}.yaml`, rule)));
  const paths = (name: string) => ({ name, paths: [`/${name}`], strip_path: false });
  const calls = {
    name: "calls",
    url: `grpc://127.0.0.1:${grpc}`,
    routes: eachRule(GRPC_ROUTES, (policy_file, rule) => ({
      name: `grpc-${rule}`,
      paths: [`/${rule}.Things`],
      protocols: ["grpc", "grpcs"],
      ...plugin({ policy_file, rule }),
    })),
  };
  return {
    _format_version: "3.0",
    consumers: [{ id: CONSUMER.id, username: CONSUMER.username, custom_id: CONSUMER.customId }],
    services: [
      {
        name: "things",
        url: `http://127.0.0.1:${http}`,
        routes: [
          ...eachRule(HTTP_ROUTES, (policy_file, rule) => ({ ...paths(rule), ...plugin({ policy_file, rule }) })),
          ...Object.entries(inline).map(([name, policy]) => ({ ...paths(name), ...plugin({ policy }) })),
          paths("by-name"),
          paths("unmatched"),
        ],
      },
      ...(hasGrpc ? [calls] : []),
    ],
    plugins: [{ name: "jwt-policy", config: { policy_file: "by-route.yaml" } }],
  };
}
