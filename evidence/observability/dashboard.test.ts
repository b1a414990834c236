import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { renderFacts } from "../../plugin/kong/facts/facts-variable.ts";
import { StringMessage } from "../../plugin/server/protocol/messages.ts";
import { claimsOf, policyDocument } from "../../test/core/fixtures.ts";
import { findFreePort } from "../../test/gateways/free-port.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { connectWorker, playEvent } from "../../test/server/protocol/raw-worker.ts";
import { createPlace, runServer } from "../../test/server/server-process.ts";
import { generateSigningKey, mintToken } from "../../test/tokens.ts";
import { findMissingProgram } from "./find-program.ts";

const DASHBOARD = join(import.meta.dirname, "../../deploy/observability/grafana/dashboards/jwt-policy.json");

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}
const { panels }: { readonly panels: readonly Panel[] } = JSON.parse(readFileSync(DASHBOARD, "utf8"));
/** Replaces Grafana's variables by values. */
const fill = (expr: string): string =>
  expr.replaceAll("$__rate_interval", "1m").replaceAll(/\$(?:instance|policy)/g, ".*");

const missing = findMissingProgram("prometheus");
const key = generateSigningKey("ES256", "1");

function writeFacts(authorization: string, client: string): string {
  const values: Readonly<Record<string, string>> = {
    request: "GET / HTTP/1.1",
    scheme: "https",
    remote_addr: client,
    http_authorization: authorization,
    kong_request_id: "1".repeat(32),
  };
  return renderFacts([])
    .replaceAll("\\n", "\n")
    .replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? "");
}

/** A plugin server with a provider and a decision log. One rule enforces, and one rule reports. */
async function startServer(): Promise<{
  readonly address: string;
  ask(rule: string, authorization: string, client?: string): Promise<void>;
}> {
  const provider = createServer((_, response) => void response.end(JSON.stringify({ keys: [key.publicJwk] })));
  await new Promise<void>((resolve) => void provider.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void provider.close());
  const place = createPlace();
  const issuer = {
    issuer: "https://idp.example.com",
    audiences: ["https://api.example.com"],
    algorithms: ["ES256"],
    keys: { jwks_uri: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/jwks`, allow_http: true },
  };
  const routes = { read: { required_scopes: ["read"] }, watched: { required_scopes: ["read"], mode: "report" } };
  writeFileSync(join(place.policyRoot, "payments.json"), JSON.stringify(policyDocument(issuer, { routes })));
  const settings = join(place.directory, "decision-log.yaml");
  writeFileSync(settings, JSON.stringify({ decision_log: 1, to: join(place.directory, "decisions.jsonl"), allows: 1 }));
  const abuse = join(place.directory, "abuse.yaml");
  writeFileSync(abuse, JSON.stringify({ abuse: 1, shared_tokens: { networks: 2 } }));
  const address = `127.0.0.1:${await findFreePort()}`;
  const options = ["--status-listen", address, "--decision-log", settings, "--abuse", abuse];
  await runServer(place, ["--facts-variable", ...options]);
  const worker = await connectWorker(place.socket);
  return {
    address,
    async ask(rule, authorization, client = "203.0.113.7") {
      const config = { policy_file: "payments.json", rule, __plugin_id: "1", __seq__: 1 };
      const id = (await worker.start(JSON.stringify(config))).instanceStatus?.instanceId ?? 0;
      await playEvent(worker, id, {
        "kong.nginx.get_var": StringMessage.encode({ v: writeFacts(authorization, client) }),
      });
    },
  };
}

async function startPrometheus(target: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "prometheus-"));
  mkdirSync(join(directory, "data"));
  const config = {
    global: { scrape_interval: "1s" },
    scrape_configs: [{ job_name: "jwt-policy", static_configs: [{ targets: [target] }] }],
  };
  writeFileSync(join(directory, "prometheus.yml"), JSON.stringify(config));
  const address = `127.0.0.1:${await findFreePort()}`;
  const options = [`--config.file=${directory}/prometheus.yml`, `--storage.tsdb.path=${directory}/data`];
  const child = spawn("prometheus", [...options, `--web.listen-address=${address}`], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  return address;
}

describe("with a Prometheus that scraped a plugin server under load", () => {
  if (missing !== undefined) {
    reportMissing("every query of the dashboard returns data", missing);
    return;
  }
  it("every query of the dashboard returns data", { timeout: 300_000 }, async () => {
    const { address, ask } = await startServer();
    const prometheus = await startPrometheus(address);
    const now = Math.floor(Date.now() / 1_000);
    const good = `Bearer ${mintToken({ key, claims: claimsOf({ iat: now, exp: now + 600 }) })}`;
    const query = async (expr: string): Promise<readonly { readonly value: readonly [number, string] }[]> => {
      const url = `http://${prometheus}/api/v1/query?query=${encodeURIComponent(fill(expr))}`;
      const answer = (await (await fetch(url)).json()) as {
        readonly status: string;
        readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
      };
      expect(answer.status, expr).toBe("success");
      return answer.data.result;
    };
    const findEmpty = async (): Promise<readonly string[]> => {
      for (const [rule, authorization, client] of [
        ["read", good],
        ["read", good, "198.51.100.9"],
        ["read", "Bearer a.b.c"],
        ["watched", ""],
      ] as const) {
        await ask(rule, authorization, client);
      }
      const empty: string[] = [];
      for (const { title, targets } of panels) {
        for (const { expr } of targets) {
          const result = await query(expr);
          if (!result.some(({ value: [, value] }) => Number.isFinite(Number(value)))) {
            empty.push(`${title}: ${expr}`);
          }
        }
      }
      return empty;
    };
    await expect.poll(async () => (await query("up"))[0]?.value[1]).toBe("1");
    await expect.poll(findEmpty).toEqual([]);
    const metrics = await (await fetch(`http://${address}/metrics`)).text();
    // promtool complains about three names that prom-client gives to metrics of the process.
    const ours = metrics.split("\n").filter((line) => /^(?:# \w+ )?jwt_policy_/.test(line));
    const input = `${ours.join("\n")}\n`;
    expect(execFileSync("promtool", ["check", "metrics"], { input, encoding: "utf8", stdio: "pipe" })).toBe("");
  });
});

describe("the dashboard", () => {
  it("has a panel for each family of our metrics", () => {
    const source = readFileSync(join(import.meta.dirname, "../../docs/guides/metrics.md"), "utf8");
    const names = new Set([...source.matchAll(/`(jwt_policy_\w+)/g)].map(([, name = ""]) => name));
    const all = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join("\n");
    const OTHERWISE = ["jwt_policy_info", "jwt_policy_verdict_cache_bytes", "jwt_policy_key_load_failures"];
    expect([...names].filter((name) => !all.includes(name) && !OTHERWISE.includes(name))).toEqual([]);
    expect(panels.length).toBeGreaterThanOrEqual(12);
  });
});
