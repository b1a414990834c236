import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../../test/cli/run-cli.ts";
import { waitFor } from "../../test/gateways/gateway.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { type RecordingUpstream, startRecordingUpstream } from "../../test/gateways/recording-upstream.ts";
import { findMissingKong } from "../../test/kong/schema/admin-kong.ts";
import { findBlocks } from "../../test/readme/transcripts.ts";
import { generateSigningKey, mintToken } from "../../test/tokens.ts";
import { findMissingDeck, runDeck, runDeckCommand } from "./deck-binary.ts";
import { type KongWithPostgres, startKongWithPostgres } from "./kong-with-postgres.ts";
import { findMissingPostgres } from "./postgres.ts";

const missing = findMissingDeck() ?? findMissingKong() ?? findMissingPostgres();
const key = generateSigningKey("ES256", "key-1");

const POLICY = stringify({
  jwt_policy: 1,
  name: "things",
  issuers: {
    main: {
      issuer: "https://idp.example",
      audiences: ["https://api.example"],
      algorithms: ["ES256"],
      keys: { jwks: { keys: [key.publicJwk] } },
    },
  },
  routes: { read: { required_scopes: ["things:read"] }, write: { required_scopes: ["things:write"] } },
});

const plugin = (rule: string) => ({ name: "jwt-policy", config: { policy_file: "things.yaml", rule } });
const sharing = (rule: string) => ({ name: "jwt-policy", _config: "things", config: { rule } });
const SHARED = { _plugin_configs: { things: { policy_file: "things.yaml" } } };

/** The forms in which a decK file can carry a policy. */
const FORMS: readonly [form: string, pluginOf: (rule: string) => object, more: object, options: readonly string[]][] = [
  ["policy_file", plugin, {}, []],
  ["inline policies", plugin, {}, ["--inline"]],
  ["_plugin_configs with a policy_file", sharing, SHARED, []],
  ["_plugin_configs with an inline policy", sharing, SHARED, ["--inline"]],
];

/** The output of the document's commands. */
const RENDERED = join(import.meta.dirname, "../../kong.rendered.yaml");
const DOCUMENT = readFileSync(join(import.meta.dirname, "../../docs/guides/deck.md"), "utf8");
/** The commands under "Check and sync", in their order. */
const COMMANDS =
  findBlocks(DOCUMENT)
    .find(({ text }) => text.startsWith("deck "))
    ?.text.trim()
    .split("\n") ?? [];

describe("decK against Kong with PostgreSQL", () => {
  if (missing !== undefined) {
    reportMissing("syncs", missing);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "jwt-policy-deck-"));
  const policyRoot = join(directory, "policies");
  const stateFile = join(directory, "kong.yaml");
  let kong: KongWithPostgres;
  let upstream: RecordingUpstream;
  beforeAll(async () => {
    mkdirSync(policyRoot);
    writeFileSync(join(policyRoot, "things.yaml"), POLICY);
    upstream = await startRecordingUpstream();
    kong = await startKongWithPostgres(policyRoot);
  }, 300_000);
  afterAll(async () => {
    await kong?.stop();
    await upstream?.stop();
    rmSync(directory, { recursive: true, maxRetries: 5 });
    rmSync(RENDERED, { force: true });
  }, 120_000);
  beforeEach(({ task }) => {
    task.meta.gateway = kong.name;
  });

  const deck = (...args: readonly string[]) =>
    runDeck(["gateway", ...args, "--kong-addr", kong.adminUrl, "--json-output"]);
  const changes = (...args: readonly string[]): unknown => {
    const { status, stdout, stderr } = deck(...args);
    expect(status, stderr + stdout).toBe(0);
    return JSON.parse(stdout).summary;
  };
  const ask = async (path: string, scope: string, id: string): Promise<number> => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: "https://idp.example",
      aud: "https://api.example",
      sub: "u",
      scope,
      iat: now,
      exp: now + 600,
    };
    const headers = { authorization: `Bearer ${mintToken({ key, claims })}`, "x-case": id };
    const response = await fetch(kong.proxyUrl + path, { headers });
    await response.body?.cancel();
    return response.status;
  };

  it.each(FORMS)(
    "with %s, the second sync changes nothing, and Kong judges",
    async (form, pluginOf, more, options) => {
      const routes = ["read", "write"].map((name) => ({ name, paths: [`/${name}`], plugins: [pluginOf(name)] }));
      const services = [{ name: "things", url: `http://127.0.0.1:${upstream.port}`, routes }];
      writeFileSync(join(directory, "fragment.yaml"), stringify({ _format_version: "3.0", services, ...more }));
      const rendered = runCli([
        ...["render", join(directory, "fragment.yaml"), "--policy-root", policyRoot, "--output", stateFile],
        ...["--tag", "team-things", "--select-tag", "jwt-policy-test", ...options],
      ]);
      expect(rendered).toEqual({ status: 0, stdout: "", stderr: "" });

      expect(changes("sync", stateFile)).not.toMatchObject({ creating: 0, updating: 0, deleting: 0 });
      expect(changes("sync", stateFile)).toMatchObject({ creating: 0, updating: 0, deleting: 0 });
      expect(deck("diff", "--non-zero-exit-code", stateFile).status).toBe(0);

      const id = `allowed-${form}`;
      await waitFor(async () => ((await ask("/read", "things:read", id)) === 200 ? true : undefined), 30_000);
      expect(upstream.headersOf(id)).toBeDefined();
      expect(await ask("/read", "things:write", `refused-${form}`)).toBe(403);
      expect(await ask("/write", "things:read", `refused-${form}`)).toBe(403);
      expect(upstream.headersOf(`refused-${form}`)).toBeUndefined();
    },
    180_000,
  );

  it("runs all commands of docs/guides/deck.md, in this order", () => {
    const render = [
      "render",
      "deploy/deck/payments.yaml",
      "deploy/deck/platform.yaml",
      "--strict",
      "--output",
      RENDERED,
    ];
    expect(runCli([...render, "--select-tag", "shop"])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(COMMANDS).toHaveLength(5);
    for (const command of COMMANDS) {
      const { status, stdout } = runDeckCommand(command, { DECK_KONG_ADDR: kong.adminUrl });
      expect(status, `${command}\n${stdout}`).toBe(0);
    }
  });
});
