import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimsOf, inlineIssuer, policyDocument } from "../../test/core/fixtures.ts";
import { startRecordingUpstream } from "../../test/gateways/recording-upstream.ts";
import { generateSigningKey, mintToken } from "../../test/tokens.ts";

/** A kong.yml with jwt-policy and Kong's own plugins, and the policies for the kong.yml. */
export interface PluginsWorld {
  readonly configText: string;
  readonly policyRoot: string;
  /** A good token with these claims. */
  token(claims?: Readonly<Record<string, unknown>>): string;
  upstreamHeaders(caseId: string): IncomingHttpHeaders | undefined;
  /** The lines of Kong's file-log, one entry for each request. */
  readLog(): Promise<readonly LogEntry[]>;
  stop(): Promise<void>;
}

interface LogEntry {
  readonly request: { readonly headers: Readonly<Record<string, unknown>> };
  readonly consumer?: { readonly id: string; readonly username: string };
  readonly authenticated_entity?: { readonly id: string };
}

export const BILLING_ID = "8a1f33c2-9f6e-4c55-9d0a-2f0f3a7e6b11";
const PARTNER_ID = "5e0d7f9a-47a3-4a52-8a3f-6a0c9c0f2d22";
/** HS256 credential of Kong's own jwt plugin. */
export const KONG_JWT = { key: "kong-jwt", secret: "a secret of thirty-two characters" } as const;

type Members = Readonly<Record<string, unknown>>;

export async function createPluginsWorld(): Promise<PluginsWorld> {
  const directory = await mkdtemp(join(tmpdir(), "jwt-policy-plugins-"));
  const policyRoot = join(directory, "policies");
  const logFile = join(directory, "file.log");
  await mkdir(policyRoot);
  await writeFile(logFile, "");
  const key = generateSigningKey("ES256", "1");
  const upstream = await startRecordingUpstream();
  for (const [name, changes] of Object.entries(POLICIES)) {
    const issuer = inlineIssuer([key]);
    const partner = { ...issuer, issuer: "https://partner.example" };
    const issuers = "issuers" in changes ? { issuers: { acme: issuer, partner } } : {};
    const document = policyDocument(issuer, { name, routes: { all: {} }, ...changes, ...issuers });
    await writeFile(join(policyRoot, `${name}.json`), JSON.stringify(document));
  }
  return {
    configText: JSON.stringify(createConfig(`http://127.0.0.1:${upstream.port}`, logFile)),
    policyRoot,
    token(claims) {
      const now = Math.floor(Date.now() / 1000);
      return mintToken({ key, claims: claimsOf({ iat: now, exp: now + 600, ...claims }) });
    },
    upstreamHeaders: upstream.headersOf,
    async readLog() {
      const lines = (await readFile(logFile, "utf8")).split("\n");
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
    },
    async stop() {
      await upstream.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const CONSUMER = { consumer: { claim: "azp" }, credential: "sub" };

const POLICIES: Readonly<Record<string, Members>> = {
  groups: { identity: { groups: "roles" } },
  credential: { identity: { credential: "sub" } },
  consumer: { identity: CONSUMER },
  everything: { identity: { ...CONSUMER, groups: "roles" } },
  lenient: { identity: { consumer: { claim: "azp", unknown: "ignore" } } },
  optional: { routes: { all: { access: "optional" } }, identity: CONSUMER },
  skip: { routes: { all: { other_authentication: "skip" } }, identity: CONSUMER },
  require: { routes: { all: { other_authentication: "require" } }, identity: CONSUMER },
  foreign: {
    issuers: { acme: {}, partner: {} },
    defaults: { accept: ["acme", "partner"] },
    identity: { issuers: ["partner"], groups: "roles" },
  },
  public: { routes: { all: { access: "public" } }, identity: CONSUMER },
  report: { routes: { all: { mode: "report" } }, identity: CONSUMER },
  "require-and-keep": { routes: { all: { other_authentication: "require" } } },
};

function createConfig(upstream: string, logFile: string): object {
  const plugin = (name: string, config: Members = {}): object => ({ name, config });
  const policy = (name: string): object => plugin("jwt-policy", { policy_file: `${name}.json`, rule: "all" });
  const route = (name: string, ...plugins: readonly object[]): object => ({ name, paths: [`/${name}`], plugins });
  const session = plugin("session", { secret: "0123456789abcdef0123456789abcdef", cookie_secure: false });
  const limit = (by: string): object => plugin("rate-limiting", { minute: 2, limit_by: by, policy: "local" });
  const anonymous = { anonymous: "anonymous" };
  return {
    _format_version: "3.0",
    consumers: [
      {
        id: BILLING_ID,
        username: "billing",
        custom_id: "c-17",
        acls: [{ group: "gold" }],
        keyauth_credentials: [{ id: "1c0ff1ce-0000-4000-8000-000000000001", key: "billing-key" }],
      },
      { id: PARTNER_ID, username: "partner", keyauth_credentials: [{ key: "partner-key" }], jwt_secrets: [KONG_JWT] },
      { username: "blocked", plugins: [plugin("request-termination", { status_code: 410 })] },
      { username: "anonymous", plugins: [plugin("request-termination", { status_code: 401 })] },
    ],
    services: [
      {
        name: "things",
        url: upstream,
        routes: [
          route("acl-groups", policy("groups"), plugin("acl", { allow: ["admin"] })),
          route("acl-denied-groups", policy("groups"), plugin("acl", { deny: ["suspended"] })),
          route("acl-credential", policy("credential"), plugin("acl", { allow: ["admin"] })),
          route("acl-consumer", policy("consumer"), plugin("acl", { allow: ["gold"] })),
          route("acl-both", policy("everything"), plugin("acl", { allow: ["gold"] })),
          route(
            "acl-token-groups",
            policy("everything"),
            plugin("acl", { allow: ["admin"], always_use_authenticated_groups: true }),
          ),
          route("acl-lenient", policy("lenient"), plugin("acl", { allow: ["gold"] })),
          route("limit-credential", policy("credential"), limit("credential")),
          route("limit-consumer", policy("consumer"), limit("consumer")),
          route("own-plugin", policy("consumer")),
          route("or", policy("optional"), plugin("key-auth", anonymous)),
          route("and", policy("consumer"), plugin("key-auth")),
          route("login", session, plugin("key-auth")),
          route("skip", session, policy("skip")),
          route("require", session, policy("require")),
          ...["foreign", "optional", "public", "report", "skip"].map((name) =>
            route(`behind-session-${name}`, session, policy(name), plugin("acl", { allow: ["gold"] })),
          ),
          route("require-and-keep", session, policy("require-and-keep")),
          route("kong-jwt-behind", policy("require"), plugin("jwt")),
          route("kong-jwt-and", policy("consumer"), plugin("jwt")),
          route("kong-jwt-or", policy("optional"), plugin("jwt", anonymous)),
          route("log", policy("everything"), plugin("file-log", { path: logFile, reopen: true })),
          route("log-credential", policy("credential"), plugin("file-log", { path: logFile, reopen: true })),
        ],
      },
    ],
  };
}
