import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  type MetricConfiguration,
  Registry,
} from "prom-client";
import { VERSION } from "../../kong/contract/plugin-identity.ts";
import type { AbuseWatch } from "../../observe/abuse/abuse-watch.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { TimeHistogram } from "./time-histogram.ts";

/** Metrics in the format of prom-client. In this format, the counts of several processes can be added up. */
export type MetricsSnapshot = readonly object[];

/** Adds up the counts of several processes. */
export async function sumSnapshots(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  return AggregatorRegistry.aggregate(snapshots as object[]).getMetricsAsJSON();
}

export interface Metrics {
  /** @param tookMs how long one decision took, in milliseconds. */
  observeDecision(tookMs: number): void;
  /** @param waitedMs how long one request waited for keys, in milliseconds. */
  observeKeyWait(waitedMs: number): void;
  /** Returns all values that another process may add to its own counts. */
  snapshot(): Promise<MetricsSnapshot>;
  /**
   * Returns the text for Prometheus.
   *
   * @param carried counts of other processes. The metrics add them to the counts of this process.
   */
  render(carried: readonly MetricsSnapshot[]): Promise<string>;
  readonly contentType: string;
}

/** Values that the metrics show besides their own counts. */
export interface MetricsSource {
  readonly runtime: Pick<
    Runtime,
    "countStatus" | "cacheStatus" | "keyStatus" | "loadStatus" | "readiness" | "status" | "verdictStatus"
  >;
  readonly decisionLog:
    | { status(): { readonly lines: number; readonly dropped: Readonly<Record<string, number>> } }
    | undefined;
  readonly abuse?: Pick<AbuseWatch, "status"> | undefined;
  /** Returns the time in milliseconds since the epoch. */
  readonly now: () => number;
}

const PREFIX = "jwt_policy_";
/**
 * Bounds of the buckets in seconds. A decision about a new token takes about 0.15 ms. A decision that waits for keys takes up
 * to 5 s.
 */
const DECISION_BUCKETS = [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5];
const WAIT_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/**
 * Maximum number of series of one metric. The labels have names of policies and issuers, and a configuration can have
 * very many of them.
 */
const MAX_SERIES = 10_000;

/**
 * The metrics of the process. Each request changes only plain numbers. The metrics read these numbers when Prometheus
 * asks for the metrics. Labels come from configuration and from closed lists, never from a request.
 */
export function createMetrics(source: MetricsSource): Metrics {
  const summed = new Registry();
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  for (const family of listCounters(source)) {
    new Counter({
      ...describe(family, summed),
      collect() {
        this.reset();
        for (const [labels, value] of family.read().slice(0, MAX_SERIES)) {
          this.inc(labels, value);
        }
      },
    });
  }
  for (const family of listGauges(source)) {
    new Gauge({
      ...describe(family, own),
      collect() {
        this.reset();
        for (const [labels, value] of joinSeries(family.read().slice(0, MAX_SERIES))) {
          this.set(labels, value);
        }
      },
    });
  }
  const decisions = new TimeHistogram(
    `${PREFIX}decision_seconds`,
    "Time from Kong's call to the decision, including waits for keys and for Kong's answers.",
    DECISION_BUCKETS,
  );
  const keyWaits = new TimeHistogram(
    `${PREFIX}key_wait_seconds`,
    "How long requests waited for the keys of their issuer. Requests that did not wait are not counted.",
    WAIT_BUCKETS,
  );
  const snapshot = async (): Promise<MetricsSnapshot> => [
    ...(await summed.getMetricsAsJSON()),
    decisions.get(),
    keyWaits.get(),
  ];
  return {
    observeDecision: (tookMs) => decisions.observe(tookMs),
    observeKeyWait: (waitedMs) => keyWaits.observe(waitedMs),
    snapshot,
    async render(carried) {
      const all = [await snapshot(), ...carried];
      return `${await AggregatorRegistry.aggregate(all as object[]).metrics()}\n${await own.metrics()}`;
    },
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
  };
}

type Labels = Readonly<Record<string, string>>;
type Series = readonly [labels: Labels, value: number];

interface Family {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: () => readonly Series[];
}

/** The data that prom-client needs about a metric, in addition to the metric's values. */
function describe({ name, help, labels }: Family, registry: Registry): MetricConfiguration<string> {
  return { name: PREFIX + name, help, labelNames: labels, registers: [registry] };
}

function listCounters({ runtime, decisionLog, abuse }: MetricsSource): readonly Family[] {
  return [
    {
      name: "decisions_total",
      help: "Requests by policy, rule and outcome: allow, deny, would_deny (report mode let the request pass) or answer.",
      labels: ["policy", "rule", "outcome", "reason", "mode"],
      read: () =>
        runtime
          .countStatus()
          .map(({ policy, rule = "", outcome, reason = "", mode, requests }) => [
            { policy, rule, outcome, reason, mode },
            requests,
          ]),
    },
    {
      name: "cache_requests_total",
      help: "Look-ups in each cache. The guard reports its hits later, with the next request that it sends to the plugin server.",
      labels: ["cache", "result"],
      read: () =>
        runtime
          .cacheStatus()
          .flatMap(({ cache, hits, misses }) => [
            [{ cache, result: "hit" }, hits],
            ...(misses === undefined ? [] : ([[{ cache, result: "miss" }, misses]] as const)),
          ]),
    },
    {
      name: "key_loads_total",
      help: "Attempts to load the keys of an issuer.",
      labels: ["issuer", "result"],
      read: () =>
        runtime.keyStatus().flatMap(({ id, sets }) =>
          sets.flatMap(({ loads }): Series[] => [
            [{ issuer: id, result: "ok" }, loads.ok],
            [{ issuer: id, result: "failed" }, loads.failed],
          ]),
        ),
    },
    {
      name: "policy_loads_total",
      help: "Versions of policies that took effect, or that were refused because of mistakes.",
      labels: ["result"],
      read: () => Object.entries(runtime.loadStatus()).map(([result, loads]) => [{ result }, loads]),
    },
    {
      name: "decision_log_lines_total",
      help: "Lines of the decision log: those that were written, and those that were dropped, by cause.",
      labels: ["result"],
      read: () => {
        const { lines, dropped } = decisionLog?.status() ?? { lines: 0, dropped: {} };
        return [
          [{ result: "written" }, lines],
          ...Object.entries(dropped).map(([result, count]): Series => [{ result }, count]),
        ];
      },
    },
    {
      name: "abuse_alarms_total",
      help: "Alarms about replayed and stolen tokens. The same finding is counted again only when the time in repeat_after has passed.",
      labels: ["kind", "policy", "rule", "issuer"],
      read: () =>
        (abuse?.status().alarms ?? []).map(({ kind, policy, rule = "", issuer = "", alarms }) => [
          { kind, policy, rule, issuer },
          alarms,
        ]),
    },
    {
      name: "abuse_records_lost_total",
      help: "Records of tokens and subjects that were forgotten too early, because there were too many records.",
      labels: [],
      read: () => (abuse ? [[{}, abuse.status().lost]] : []),
    },
  ];
}

function listGauges({ runtime, abuse, now }: MetricsSource): readonly Family[] {
  return [
    {
      name: "info",
      help: "The version of the plugin server.",
      labels: ["version"],
      read: () => [[{ version: VERSION }, 1]],
    },
    {
      name: "ready",
      help: "1 if /status/ready answers 200.",
      labels: [],
      read: () => [[{}, runtime.readiness.isReady() ? 1 : 0]],
    },
    {
      name: "policy_info",
      help: "1 for each policy in effect, with the SHA-256 of its version.",
      labels: ["source", "policy", "sha256"],
      read: () =>
        runtime
          .status()
          .flatMap(({ source, inForce }) =>
            inForce ? [[{ source, policy: inForce.name, sha256: inForce.sha256 }, 1]] : [],
          ),
    },
    {
      name: "policy_refused",
      help: "1 if the newest version of a policy has mistakes. The last good version is then in effect, if there is one.",
      labels: ["source"],
      read: () => runtime.status().map(({ source, refused }) => [{ source }, refused.length > 0 ? 1 : 0]),
    },
    {
      name: "keys",
      help: "Keys of an issuer that are in effect.",
      labels: ["issuer"],
      read: () =>
        runtime.keyStatus().map(({ id, sets }) => [{ issuer: id }, sets.reduce((sum, { keys }) => sum + keys, 0)]),
    },
    {
      name: "keys_age_seconds",
      help: "Age of the issuer's keys: the time since their source last answered. If the issuer has several sources, the highest age counts. Keys in the policy have no age.",
      labels: ["issuer"],
      read: () =>
        runtime.keyStatus().flatMap(({ id, sets }): Series[] => {
          const times = sets.flatMap(({ from, loadedAt }) =>
            from === "jwks" || loadedAt === undefined ? [] : [loadedAt],
          );
          return times.length === 0 ? [] : [[{ issuer: id }, (now() - Math.min(...times)) / 1_000]];
        }),
    },
    {
      name: "key_load_failures",
      help: "Failed attempts to load keys of an issuer since the last success.",
      labels: ["issuer"],
      read: () =>
        runtime
          .keyStatus()
          .map(({ id, sets }) => [{ issuer: id }, Math.max(0, ...sets.map(({ failures }) => failures))]),
    },
    {
      name: "abuse_refused_tokens",
      help: "Tokens that are refused at the moment.",
      labels: [],
      read: () => (abuse ? [[{}, abuse.status().refusedTokens]] : []),
    },
    {
      name: "abuse_bytes",
      help: "Size of the tables that detect abuse.",
      labels: [],
      read: () => (abuse ? [[{}, abuse.status().bytes]] : []),
    },
    {
      name: "verdict_cache_bytes",
      help: "Size of the cache of verdicts in the plugin server.",
      labels: [],
      read: () => [[{}, runtime.verdictStatus()?.bytes ?? 0]],
    },
  ];
}

/**
 * Several policies may use the same issuer id, so two issuers can have the same labels. For equal labels, the metrics
 * show the worst value.
 */
function joinSeries(all: readonly Series[]): Iterable<Series> {
  const joined = new Map<string, Series>();
  for (const [labels, value] of all) {
    const name = JSON.stringify(labels);
    const [, known = Number.NEGATIVE_INFINITY] = joined.get(name) ?? [];
    joined.set(name, [labels, Math.max(known, value)]);
  }
  return joined.values();
}
