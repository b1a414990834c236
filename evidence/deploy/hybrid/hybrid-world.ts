import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { renderDump } from "../../../plugin/server/settings/dump.ts";
import { findFreePort } from "../../../test/gateways/free-port.ts";
import type { KongSettings } from "../../../test/gateways/gateway.ts";
import { askKongSettings } from "../../../test/gateways/kong/kong-settings.ts";
import { type RecordingUpstream, startRecordingUpstream } from "../../../test/gateways/recording-upstream.ts";
import { generateSigningKey, mintToken } from "../../../test/tokens.ts";
import { type KongNode, runKong, startKongNode } from "./kong-node.ts";
import { startPostgres } from "./postgres.ts";

const QUERY_CMD = "KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD";
const ISSUER = "https://idp.example";
const AUDIENCE = "https://api.example";

/** The schema of one side of a cluster. The test makes other versions of the plugin from the dump of this version. */
export interface SchemaVersion {
  readonly version?: string;
  /** A configuration field that only this version has. */
  readonly newField?: object;
}

/**
 * The parts that a control plane and its data planes share, and functions that start a control plane or a data plane.
 */
export interface HybridWorld {
  readonly upstream: RecordingUpstream;
  /** A token that rule `read` lets pass. */
  readonly token: string;
  startControlPlane(schema?: SchemaVersion): Promise<ControlPlane>;
  startDataPlane(schema?: SchemaVersion): Promise<DataPlane>;
  stop(): Promise<void>;
}

interface ControlPlane extends KongNode {
  /** Sends an entity to the Admin API. */
  post(path: string, entity: object): Promise<{ readonly status: number; readonly text: string }>;
  /** Adds a Kong Route whose path is its name, and the plugin with this configuration. */
  addRoute(name: string, config: object): Promise<void>;
  removeRoute(name: string): Promise<void>;
}

export interface DataPlane extends KongNode {
  readonly url: string;
}

export async function createHybridWorld(): Promise<HybridWorld> {
  const directory = await mkdtemp(join(tmpdir(), "jwt-policy-hybrid-"));
  const key = generateSigningKey("ES256", "es256");
  const policy = {
    jwt_policy: 1,
    name: "hybrid",
    issuers: {
      main: { issuer: ISSUER, audiences: [AUDIENCE], algorithms: ["ES256"], keys: { jwks: { keys: [key.publicJwk] } } },
    },
    routes: { read: {} },
  };
  await writeFile(join(directory, "hybrid.yaml"), stringify(policy));
  const upstream = await startRecordingUpstream();
  const postgres = await startPostgres();
  const [certificate, privateKey] = [join(directory, "cluster.crt"), join(directory, "cluster.key")];
  await runKong(["hybrid", "gen_cert", certificate, privateKey], {});
  await runKong(["migrations", "bootstrap"], postgres.settings);
  const [clusterPort, telemetryPort] = [await findFreePort(), await findFreePort()];
  const cluster: KongSettings = { KONG_CLUSTER_CERT: certificate, KONG_CLUSTER_CERT_KEY: privateKey };

  const writeDump = async (prefix: string, schema: SchemaVersion): Promise<string> => {
    const file = join(prefix, "dump.json");
    await writeFile(file, changeDump(schema));
    return file;
  };

  return {
    upstream,
    token: mintToken({
      key,
      claims: { iss: ISSUER, aud: AUDIENCE, sub: "user-1", exp: Math.floor(Date.now() / 1000) + 3600 },
    }),
    async startControlPlane(schema = {}) {
      const adminPort = await findFreePort();
      const node = await startKongNode("control-plane", async (prefix) => ({
        ...(await askKongSettings(prefix, directory, ["--dump-file", await writeDump(prefix, schema)])),
        ...postgres.settings,
        ...cluster,
        KONG_ROLE: "control_plane",
        KONG_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
        KONG_CLUSTER_LISTEN: `127.0.0.1:${clusterPort}`,
        KONG_CLUSTER_TELEMETRY_LISTEN: `127.0.0.1:${telemetryPort}`,
      }));
      const admin = `http://127.0.0.1:${adminPort}`;
      const post: ControlPlane["post"] = async (path, entity) => {
        const headers = { "content-type": "application/json" };
        const response = await fetch(admin + path, { method: "POST", headers, body: JSON.stringify(entity) });
        return { status: response.status, text: await response.text() };
      };
      const create = async (path: string, entity: object): Promise<void> => {
        const { status, text } = await post(path, entity);
        if (status !== 201) {
          throw new Error(`the control plane refused ${path}: ${status} ${text}`);
        }
      };
      return {
        ...node,
        post,
        async addRoute(name, config) {
          await create("/services", { name, url: `http://127.0.0.1:${upstream.port}` });
          await create(`/services/${name}/routes`, { name, paths: [`/${name}`] });
          await create(`/routes/${name}/plugins`, { name: "jwt-policy", config });
        },
        async removeRoute(name) {
          for (const path of [`/routes/${name}`, `/services/${name}`]) {
            await (await fetch(admin + path, { method: "DELETE" })).body?.cancel();
          }
        },
      };
    },
    async startDataPlane(schema) {
      const proxyPort = await findFreePort();
      const node = await startKongNode("data-plane", async (prefix) => ({
        ...(await askKongSettings(prefix, directory, ["--guard"])),
        ...(schema === undefined ? {} : { [QUERY_CMD]: `/bin/cat ${await writeDump(prefix, schema)}` }),
        ...cluster,
        KONG_ROLE: "data_plane",
        KONG_DATABASE: "off",
        KONG_PROXY_LISTEN: `127.0.0.1:${proxyPort}`,
        KONG_CLUSTER_CONTROL_PLANE: `127.0.0.1:${clusterPort}`,
        KONG_CLUSTER_TELEMETRY_ENDPOINT: `127.0.0.1:${telemetryPort}`,
        KONG_LUA_SSL_TRUSTED_CERTIFICATE: certificate,
      }));
      return { ...node, url: `http://127.0.0.1:${proxyPort}` };
    },
    async stop() {
      await postgres.stop();
      await upstream.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function changeDump({ version, newField }: SchemaVersion): string {
  const dump = JSON.parse(renderDump());
  const [plugin] = dump.Plugins;
  if (version !== undefined) {
    plugin.Version = version;
  }
  if (newField !== undefined) {
    const { config } = plugin.Schema.fields.find((field: object) => "config" in field);
    config.fields.push(newField);
  }
  return JSON.stringify(dump);
}
