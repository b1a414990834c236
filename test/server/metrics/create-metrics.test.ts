import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RequestFacts } from "../../../plugin/core/model/request.ts";
import { denyOwn } from "../../../plugin/kong/contract/deny-own.ts";
import { VERSION } from "../../../plugin/kong/contract/plugin-identity.ts";
import { EventRecord } from "../../../plugin/kong/facts/event-record.ts";
import { createPolicyStore } from "../../../plugin/runtime/load/policy-store.ts";
import { createRuntime, type Runtime } from "../../../plugin/runtime/runtime.ts";
import { createMetrics, type Metrics, type MetricsSource } from "../../../plugin/server/metrics/create-metrics.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "../../core/fixtures.ts";
import { silentLog } from "../../logs.ts";
import { createRandom } from "../../random.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { generateSigningKey, mintToken, replaceSignature } from "../../tokens.ts";

const COUNTED = { mode: "enforce", requests: 1, lastAt: 0, status: 401 } as const;
const FLOOD = Number(process.env.FLOOD ?? 20_000);
const key = generateSigningKey("ES256", "acme-1");
const DOCUMENT = policyDocument(inlineIssuer([key], { keys: { jwks_files: ["acme.jwks"] } }), {
  routes: { read: { required_scopes: ["read"] }, watched: { required_scopes: ["read"], mode: "report" } },
});
const policy = compileDocument(DOCUMENT);
const directory = temporaryFolder();
let runtime: Runtime;
let metrics: Metrics;
beforeAll(() => {
  writeFileSync(join(directory, "payments.json"), JSON.stringify(DOCUMENT));
  writeFileSync(join(directory, "acme.jwks"), JSON.stringify({ keys: [key.publicJwk] }));
  runtime = createRuntime({
    policyRoot: directory,
    compiler: createPolicyStore(directory),
    policyPollMs: 600_000,
    now: () => NOW * 1_000,
    log: silentLog,
  });
  metrics = createMetrics({ runtime, decisionLog: undefined, now: () => NOW * 1_000 });
});
afterAll(() => runtime.stop());

const KONG = {
  workspace: "",
  loadConsumer: async () => undefined,
  authenticatedCredential: async () => undefined,
  authenticatedConsumer: async () => undefined,
};

async function send(facts: RequestFacts): Promise<void> {
  const event = new EventRecord();
  runtime.observe(await runtime.decide(facts, policy, KONG, event), event, 0.15);
  metrics.observeDecision(0.15);
}

const mint = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): string =>
  mintToken({ key, header, claims: claimsOf(claims) });
const boundTo = (rule: string): Partial<RequestFacts> => ({ binding: { by: "rule", rule } });

/** The series of one family. The keys are the labels, in the form in which Prometheus writes them. */
async function read(family: string): Promise<Readonly<Record<string, number>>> {
  const text = await metrics.render([]);
  const lines = text.split("\n").filter((line) => line.startsWith(family) && /[ {]/.test(line.charAt(family.length)));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(family.length, line.lastIndexOf(" ")),
      Number(line.slice(line.lastIndexOf(" ") + 1)),
    ]),
  );
}

/** A server with two policies. Both use the same issuer id, and one policy has lost its keys. */
const LARGE: MetricsSource = {
  runtime: {
    countStatus: () => [
      { ...{ policy: "p", rule: undefined, outcome: "deny", reason: "token_missing", issuer: undefined }, ...COUNTED },
      { ...{ policy: "p", rule: "r", outcome: "answer", reason: undefined, issuer: "acme" }, ...COUNTED, requests: 3 },
    ],
    cacheStatus: () => [
      { cache: "signatures", hits: 5, misses: 6 },
      { cache: "guard", hits: 7, misses: undefined },
    ],
    keyStatus: () => [
      {
        id: "acme",
        sets: [
          { from: "jwks_uri", loadedAt: 1_000, keys: 2, failures: 1, loads: { ok: 3, failed: 4 } },
          { from: "jwks_uri", loadedAt: 4_000, keys: 3, failures: 5, loads: { ok: 10, failed: 20 } },
          { from: "jwks", loadedAt: 0, keys: 1, failures: 0, loads: { ok: 1, failed: 0 } },
        ],
      },
      {
        id: "acme",
        sets: [{ from: "jwks_uri", loadedAt: undefined, keys: 0, failures: 2, loads: { ok: 0, failed: 2 } }],
      },
      { id: "none", sets: [] },
    ],
    loadStatus: () => ({ in_effect: 8, refused: 9 }),
    readiness: { isReady: () => false },
    status: () => [
      { source: "a.yaml", inForce: { name: "p", sha256: "ab" }, refused: [{}] },
      { source: "b.yaml", inForce: undefined, refused: [] },
    ],
    verdictStatus: () => ({ bytes: 11 }),
  } as never,
  decisionLog: { status: () => ({ lines: 12, dropped: { full: 13, failed: 14 } }) },
  now: () => 9_000,
};

describe("the metrics", () => {
  it("have exactly these series, and the worst value for an issuer id that two policies use", async () => {
    const text = await createMetrics(LARGE).render([]);
    const lines = text
      .split("\n")
      .filter((line) => /^jwt_policy_/.test(line) && !/_(?:decision|key_wait)_seconds/.test(line));
    const decision = (labels: string) => `jwt_policy_decisions_total{policy="p",${labels},mode="enforce"}`;
    expect(lines.sort()).toEqual([
      ...["abuse_bytes 0", "abuse_records_lost_total 0", "abuse_refused_tokens 0"].map((line) => `jwt_policy_${line}`),
      'jwt_policy_cache_requests_total{cache="guard",result="hit"} 7',
      'jwt_policy_cache_requests_total{cache="signatures",result="hit"} 5',
      'jwt_policy_cache_requests_total{cache="signatures",result="miss"} 6',
      'jwt_policy_decision_log_lines_total{result="failed"} 14',
      'jwt_policy_decision_log_lines_total{result="full"} 13',
      'jwt_policy_decision_log_lines_total{result="written"} 12',
      `${decision('rule="",outcome="deny",reason="token_missing"')} 1`,
      `${decision('rule="r",outcome="answer",reason=""')} 3`,
      `jwt_policy_info{version="${VERSION}"} 1`,
      'jwt_policy_key_load_failures{issuer="acme"} 5',
      'jwt_policy_key_load_failures{issuer="none"} 0',
      'jwt_policy_key_loads_total{issuer="acme",result="failed"} 26',
      'jwt_policy_key_loads_total{issuer="acme",result="ok"} 14',
      'jwt_policy_keys_age_seconds{issuer="acme"} 8',
      'jwt_policy_keys{issuer="acme"} 6',
      'jwt_policy_keys{issuer="none"} 0',
      'jwt_policy_policy_info{source="a.yaml",policy="p",sha256="ab"} 1',
      'jwt_policy_policy_loads_total{result="in_effect"} 8',
      'jwt_policy_policy_loads_total{result="refused"} 9',
      'jwt_policy_policy_refused{source="a.yaml"} 1',
      'jwt_policy_policy_refused{source="b.yaml"} 0',
      "jwt_policy_ready 0",
      "jwt_policy_verdict_cache_bytes 11",
    ]);
  });

  it("are zero for a decision log and stored verdicts that this server does not have", async () => {
    const runtime = { ...LARGE.runtime, verdictStatus: () => undefined };
    const text = await createMetrics({ ...LARGE, runtime, decisionLog: undefined }).render([]);
    expect(text.match(/^jwt_policy_(?:decision_log|verdict_cache)_.*/gm)).toEqual([
      'jwt_policy_decision_log_lines_total{result="written"} 0',
      "jwt_policy_verdict_cache_bytes 0",
    ]);
  });

  it("have at most 10,000 series of one name", async () => {
    const status = Array.from({ length: 10_001 }, (_, index) => ({
      source: `${index}`,
      inForce: undefined,
      refused: [],
    }));
    const cacheStatus = () => status.map(({ source }) => ({ cache: source, hits: 1, misses: undefined }));
    const runtime = { ...LARGE.runtime, status: () => status, cacheStatus } as never;
    const text = await createMetrics({ ...LARGE, runtime }).render([]);
    const count = (name: string) => text.split("\n").filter((line) => line.startsWith(`jwt_policy_${name}{`)).length;
    expect([count("policy_refused"), count("cache_requests_total")]).toEqual([10_000, 10_000]);
  });

  it("add the counts of other processes, but show the state of their own process", async () => {
    const other = createMetrics(LARGE);
    other.observeDecision(0.15);
    other.observeKeyWait(3);
    const shown = createMetrics(LARGE);
    shown.observeDecision(6_000);
    const text = await shown.render([await other.snapshot()]);
    const lineOf = (name: string) => text.split("\n").find((line) => line.startsWith(`${name} `));
    expect(lineOf('jwt_policy_cache_requests_total{cache="guard",result="hit"}')).toMatch(/ 14$/);
    expect(lineOf('jwt_policy_keys{issuer="acme"}')).toMatch(/ 6$/);
    expect(lineOf("jwt_policy_decision_seconds_count")).toMatch(/ 2$/);
    expect(lineOf('jwt_policy_decision_seconds_bucket{le="5"}')).toMatch(/ 1$/);
    expect(lineOf("jwt_policy_decision_seconds_sum")).toMatch(/ 6\.00015$/);
    expect(lineOf('jwt_policy_key_wait_seconds_bucket{le="0.001"}')).toMatch(/ 0$/);
    expect(lineOf('jwt_policy_key_wait_seconds_bucket{le="0.005"}')).toMatch(/ 1$/);
    const bounds = (name: string) => [...text.matchAll(new RegExp(`^jwt_policy_${name}_bucket\\{le="([^"]+)"`, "gm"))];
    expect(bounds("decision_seconds").map(([, bound]) => Number(bound))).toEqual([
      ...[0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5, Number.NaN],
    ]);
    expect(bounds("key_wait_seconds").map(([, bound]) => Number(bound))).toEqual([
      ...[0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, Number.NaN],
    ]);
  });

  it("count decisions by policy, rule, outcome, reason and mode", async () => {
    const good = requestOf(mint(), boundTo("read"));
    await send(good);
    await send(good);
    await send(requestOf(mint({ scope: "x" }), boundTo("read")));
    await send(requestOf(undefined, boundTo("watched")));
    runtime.observe(denyOwn("deadline_exceeded", "late"), new EventRecord(), 5_000);
    const labels = (rule: string, outcome: string, reason: string, mode: string): string =>
      `{policy="payments",rule="${rule}",outcome="${outcome}",reason="${reason}",mode="${mode}"}`;
    expect(await read("jwt_policy_decisions_total")).toEqual({
      [labels("read", "allow", "", "enforce")]: 2,
      [labels("read", "deny", "scope_insufficient", "enforce")]: 1,
      [labels("watched", "would_deny", "token_missing", "report")]: 1,
      '{policy="jwt-policy",rule="",outcome="deny",reason="deadline_exceeded",mode="enforce"}': 1,
    });
  });

  it("have the time of decisions, and look-ups in each cache", async () => {
    expect(await read("jwt_policy_decision_seconds_count")).toEqual({ "": 4 });
    expect(await read("jwt_policy_decision_seconds_bucket")).toMatchObject({ '{le="0.0001"}': 0, '{le="0.0002"}': 4 });
    expect(await read("jwt_policy_cache_requests_total")).toMatchObject({
      '{cache="signatures",result="hit"}': 1,
      '{cache="signatures",result="miss"}': 2,
      '{cache="guard",result="hit"}': 0,
    });
  });

  it("have keys, policies in effect, and what the process itself uses", async () => {
    await expect.poll(() => runtime.status()[0]?.inForce).toBeDefined();
    const sha256 = runtime.status()[0]?.inForce?.sha256;
    expect(await read("jwt_policy_policy_info")).toEqual({
      [`{source="payments.json",policy="payments",sha256="${sha256}"}`]: 1,
    });
    expect(await read("jwt_policy_policy_refused")).toEqual({ '{source="payments.json"}': 0 });
    expect(await read("jwt_policy_policy_loads_total")).toEqual({ '{result="in_effect"}': 1, '{result="refused"}': 0 });
    expect(await read("jwt_policy_keys")).toEqual({ '{issuer="acme"}': 1 });
    const later = createMetrics({ runtime, decisionLog: undefined, now: () => (NOW + 7) * 1_000 });
    expect(await later.render([])).toContain('jwt_policy_keys_age_seconds{issuer="acme"} 7\n');
    expect(Object.values(await read("process_resident_memory_bytes"))[0]).toBeGreaterThan(1e6);
    expect(await read("nodejs_eventloop_lag_p99_seconds")).toHaveProperty("");
  });

  it("have the alarms about stolen tokens by configured names, if abuse is watched", async () => {
    const alarms = [
      { kind: "unknown_keys", policy: "payments", rule: undefined, issuer: "acme", alarms: 3 },
      { kind: "denial_rate", policy: "payments", rule: "read", issuer: undefined, alarms: 1 },
    ] as const;
    const abuse = { status: () => ({ alarms, refusedTokens: 2, lost: 4, bytes: 5 }) };
    const watched = createMetrics({ runtime, decisionLog: undefined, abuse, now: () => NOW * 1_000 });
    const lines = (await watched.render([])).split("\n").filter((line) => line.startsWith("jwt_policy_abuse_"));
    expect(lines.sort()).toEqual([
      'jwt_policy_abuse_alarms_total{kind="denial_rate",policy="payments",rule="read",issuer=""} 1',
      'jwt_policy_abuse_alarms_total{kind="unknown_keys",policy="payments",rule="",issuer="acme"} 3',
      "jwt_policy_abuse_bytes 5",
      "jwt_policy_abuse_records_lost_total 4",
      "jwt_policy_abuse_refused_tokens 2",
    ]);
    expect(await read("jwt_policy_abuse_alarms_total")).toEqual({});
  });

  it("are all in docs/guides/metrics.md, which the test of the dashboard reads", async () => {
    const names = [...(await metrics.render([])).matchAll(/^# TYPE (jwt_policy_\w+)/gm)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(15);
    const page = readFileSync(new URL("../../../docs/guides/metrics.md", import.meta.url), "utf8");
    expect(names.filter((name) => !new RegExp(`\`${name}[\`{]`).test(page))).toEqual([]);
  });

  it(`get no series from a flood of ${FLOOD} hostile tokens, and no text of them`, { timeout: 600_000 }, async () => {
    const random = createRandom(18);
    const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => random.below(256)));
    const text = (): string => bytes(12).toString("base64url");
    const seriesOf = async (): Promise<readonly string[]> =>
      (await metrics.render([])).split("\n").map((line) => line.slice(0, line.lastIndexOf(" ")));
    const HOSTILE: readonly (() => RequestFacts)[] = [
      () => requestOf(`${text()}.${text()}.${text()}`, boundTo("read")),
      () => requestOf(text(), { ...boundTo("read"), requestLine: { method: text(), target: `/${text()}` } }),
      () => requestOf(mint({ iss: `https://${text()}` }), boundTo("read")),
      () => requestOf(mint({}, { kid: text() }), boundTo("read")),
      () => requestOf(mint({}, { alg: text() }), boundTo("read")),
      () => requestOf(mint({}, { typ: text() }), boundTo("watched")),
      () => requestOf(replaceSignature(mint({ jti: text() }), bytes(64)), boundTo("read")),
      () => requestOf(undefined, { authorization: `${text()} ${text()}` }),
      () => requestOf(mint(), { binding: { by: "route", name: text(), tags: [text()] } }),
      () => requestOf(mint(), boundTo(text())),
    ];
    const samples = HOSTILE.map((make) => Array.from({ length: 50 }, make));
    for (const facts of samples.flat()) {
      await send(facts);
    }
    const before = await seriesOf();
    for (let count = 0; count < FLOOD; count += 1) {
      const kind = count % HOSTILE.length;
      // For cheap kinds, the texts are new each time. Signing a new token each time would only measure the test.
      const isCheap = kind < 2 || kind > 6;
      await send((isCheap ? HOSTILE[kind]?.() : samples[kind]?.[count % 50]) as RequestFacts);
    }
    const after = await seriesOf();
    expect(new Set(after)).toEqual(new Set(before));
    expect(after.filter((line) => line.startsWith("jwt_policy_decisions_total")).length).toBeLessThan(20);
  });
});
