/**
 * The processor time that metrics, the decision log and the watch for abuse add to one decision. The measured variants
 * take turns in short rounds, so that a busy machine slows all of them down equally. The plugin server spends about 150
 * µs on a request without the cache of verdicts, and half of this time with the cache.
 *
 *   npm run bench:observe
 */

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pdk } from "../../plugin/kong/contract/pdk.ts";
import { type DecisionLimits, decideInTime } from "../../plugin/kong/decide-in-time.ts";
import { renderFacts } from "../../plugin/kong/facts/facts-variable.ts";
import { createFactsReader } from "../../plugin/kong/facts/read-facts.ts";
import { startPluginInstance } from "../../plugin/kong/handler.ts";
import { AbuseWatch } from "../../plugin/observe/abuse/abuse-watch.ts";
import { KEY_BYTES } from "../../plugin/observe/abuse/tables/keyed-hash.ts";
import { DecisionLog } from "../../plugin/observe/decisions/decision-log.ts";
import { FileSink } from "../../plugin/observe/decisions/file-sink.ts";
import { readAbuseSettings } from "../../plugin/policy/settings/read-abuse-settings.ts";
import { compileAbuseSettings } from "../../plugin/runtime/abuse-settings.ts";
import { createPolicyStore } from "../../plugin/runtime/load/policy-store.ts";
import { createRuntime, type VerdictCaching } from "../../plugin/runtime/runtime.ts";
import { WATCHED_REUSE_MS } from "../../plugin/runtime/verdict-cache.ts";
import { createMetrics } from "../../plugin/server/metrics/create-metrics.ts";
import { claimsOf, inlineIssuer, policyDocument } from "../../test/core/fixtures.ts";
import { silentLog } from "../../test/logs.ts";
import { generateSigningKey, mintToken } from "../../test/tokens.ts";

const ROUNDS = 60;
const PER_ROUND = 1_000;
const FIELDS = [
  "request_id",
  "trace_id",
  "policy",
  "policy_version",
  "rule",
  "method",
  "reason",
  "stage",
  "status",
] as const;

const key = generateSigningKey("RS256", "1");
const directory = mkdtempSync(join(tmpdir(), "observe-cost-"));
writeFileSync(join(directory, "p.json"), JSON.stringify(policyDocument(inlineIssuer([key]))));
const seconds = Math.floor(Date.now() / 1_000);
const token = mintToken({ key, claims: claimsOf({ iat: seconds, exp: seconds + 3_000 }) });

function factsOf(authorization: string): string {
  const values: Readonly<Record<string, string>> = {
    request: "GET /payments HTTP/1.1",
    scheme: "https",
    realip_remote_addr: "127.0.0.1",
    remote_addr: "127.0.0.1",
    http_authorization: authorization,
    http_traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    kong_request_id: "f811920ab33f697a25ae5c736ec13e7e",
  };
  return renderFacts(["traceparent"])
    .replaceAll("\\n", "\n")
    .replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? "");
}

const absent = (): never => {
  throw new Error("this is not asked");
};

const pdkOf = (facts: string): Pdk => ({
  nginx: { getVar: async () => facts },
  request: { getHeaders: absent, getForwardedScheme: absent },
  client: { loadConsumer: absent, getCredential: absent, getConsumer: absent },
  router: { getRoute: absent, getService: absent },
});

/** With all defaults. */
function createWatch(): AbuseWatch {
  const read = readAbuseSettings("abuse: 1");
  if (!read.ok) {
    throw new Error("the defaults are refused");
  }
  return new AbuseWatch({
    settings: compileAbuseSettings(read.value, undefined),
    now: Date.now,
    monotonicMs: () => performance.now(),
    hashKey: randomBytes(KEY_BYTES),
    unseenMs: WATCHED_REUSE_MS,
    warn: (line) => console.log(line),
  });
}

async function measure(
  what: string,
  verdictCache: VerdictCaching,
  authorization: string,
  allows: number,
): Promise<void> {
  const decisionLog = new DecisionLog({
    settings: {
      ...{ to: "", allows, fields: FIELDS, claims: [], pseudonymSecret: undefined, rotateSeconds: 86_400 },
      ...{ linesPerSecond: 1_000, queueBytes: 4_194_304 },
    },
    sink: new FileSink(join(directory, "decisions.jsonl")),
    now: Date.now,
    warn: (line) => console.log(line),
  });
  const options = {
    policyRoot: directory,
    compiler: createPolicyStore(directory),
    policyPollMs: 600_000,
    verdictCache,
    now: Date.now,
    log: silentLog,
  };
  const [plain, counted, logged, watched] = [
    createRuntime(options),
    createRuntime(options),
    createRuntime({ ...options, decisionLog }),
    createRuntime({ ...options, abuse: createWatch() }),
  ];
  const metrics = createMetrics({ runtime: counted, decisionLog, now: Date.now });
  const observeWith =
    (runtime: typeof plain): DecisionLimits["observe"] =>
    (outcome, event, tookMs) => {
      runtime.observe(outcome, event, tookMs);
      metrics.observeDecision(tookMs);
    };
  const pdk = pdkOf(factsOf(authorization));
  const ways = [
    { name: "nothing", runtime: plain, observe: undefined },
    { name: "metrics", runtime: counted, observe: observeWith(counted) },
    { name: "metrics and log", runtime: logged, observe: observeWith(logged) },
    { name: "metrics and the watch for abuse", runtime: watched, observe: observeWith(watched) },
  ].map(({ name, runtime, observe }) => {
    const config = JSON.stringify({ policy_file: "p.json", rule: "read", __plugin_id: "1", __seq__: 1 });
    const instance = startPluginInstance(
      config,
      runtime,
      createFactsReader(true, () => {}),
    );
    const limits = { deadlineMs: 5_000, log: () => {}, observe };
    return {
      name,
      runtime,
      times: [] as number[],
      ask: () => new Promise((resolve) => decideInTime(instance, pdk, limits, resolve)),
    };
  });
  for (let round = -5; round < ROUNDS; round += 1) {
    for (const { ask, times } of ways) {
      const start = process.cpuUsage();
      for (let count = 0; count < PER_ROUND; count += 1) {
        await ask();
      }
      if (round >= 0) {
        const { user, system } = process.cpuUsage(start);
        times.push(((user + system) * 1_000) / PER_ROUND);
      }
    }
  }
  const [base = 0, ...others] = ways.map(({ times }) => times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 4)] ?? 0);
  const added = others.map((ns, index) => `${ways[index + 1]?.name} add ${((ns - base) / 1_000).toFixed(2)} µs`);
  console.log(`${what}: ${(base / 1_000).toFixed(1)} µs; ${added.join("; ")}`);
  for (const { runtime } of ways) {
    runtime.stop();
  }
  await decisionLog.close();
}

await measure("a reused verdict", "server", `Bearer ${token}`, 0.01);
await measure("a known token, judged", "off", `Bearer ${token}`, 0.01);
await measure("a denial", "off", "Bearer a.b.c", 0.01);
rmSync(directory, { recursive: true, maxRetries: 5 });
process.exit(0);
