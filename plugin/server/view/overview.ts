import {
  type Count,
  type CountedRule,
  type Grouping,
  listRules,
  type ServerReading,
  sumCounts,
} from "./counted-rows.ts";
import { formatAge, formatCount, formatNumber, formatRate, formatShare } from "./format.ts";
import { areSound, isRefused, judgeFailing, tableOfAlarms, tableOfIssuers, tableOfPolicies } from "./state-tables.ts";
import { type Cell, createCell, type Table } from "./table.ts";
import { tableOfRejections, tableOfReportMode, tableOfRules } from "./traffic-tables.ts";

/** One important number of the overview. */
export interface Figure {
  readonly id: "requests" | "refused" | "would-refuse" | "guard" | "keys" | "policies";
  readonly name: string;
  readonly value: Cell;
  /** The same number, counted since the start, or a text that says what the number counts. */
  readonly detail: Cell;
}

/** Requests per second at one point in time, for the chart. */
export interface Traffic {
  readonly requests: number | undefined;
  readonly refused: number | undefined;
  readonly wouldRefuse: number | undefined;
}

/** All data that a view shows. */
export interface Overview {
  readonly state: Cell;
  /** The version of the server, and the time since which requests are counted. */
  readonly about: Cell;
  /** Why a server is not ready for requests. */
  readonly reasons: readonly Cell[];
  readonly figures: readonly Figure[];
  readonly traffic: Traffic;
  readonly tables: readonly Table[];
}

export interface OverviewOptions {
  readonly by: Grouping;
  /** Whether the view is wide enough for whole hashes. */
  readonly isHashWhole: boolean;
}

/** Describes for people what one or more plugin servers do. */
export function describeServers(servers: readonly ServerReading[], { by, isHashWhole }: OverviewOptions): Overview {
  const rules = listRules(servers);
  return {
    state: describeReadiness(servers),
    about: describeProcesses(servers),
    reasons: servers.flatMap(({ name, document }) =>
      document.reasons.map((reason) => createCell(servers.length > 1 ? `${name}: ${reason}` : reason, "bad")),
    ),
    ...describeTraffic(servers, rules),
    tables: listTables(servers, rules, by, isHashWhole),
  };
}

/** Describes only the important numbers. */
export function describeTraffic(
  servers: readonly ServerReading[],
  rules: readonly CountedRule[] = listRules(servers),
): Pick<Overview, "figures" | "traffic"> {
  const [requests, refused, wouldRefuse] = [
    sumCounts(
      rules.map((rule) => rule.requests),
      servers,
    ),
    sumCounts(
      rules.map((rule) => rule.denied),
      servers,
    ),
    sumCounts(
      rules.map((rule) => rule.wouldDeny),
      servers,
    ),
  ];
  return {
    figures: [
      {
        id: "requests",
        name: "Requests",
        value: createCell(`${formatRate(requests.perSecond)} /s`),
        detail: createCell(`${formatCount(requests.requests)} in total`, "quiet"),
      },
      describeShare("refused", "Refused", refused, requests, "bad"),
      describeShare("would-refuse", "Report mode", wouldRefuse, requests, "warn"),
      describeGuard(servers, requests),
      describeKeyState(servers),
      describePolicyState(servers),
    ],
    traffic: {
      requests: requests.perSecond,
      refused: refused.perSecond,
      wouldRefuse: wouldRefuse.perSecond,
    },
  };
}

function listTables(
  servers: readonly ServerReading[],
  rules: readonly CountedRule[],
  by: Grouping,
  isHashWhole: boolean,
): readonly Table[] {
  const alarms = tableOfAlarms(servers);
  return [
    tableOfRejections(servers, by),
    ...(alarms === undefined ? [] : [alarms]),
    tableOfIssuers(servers),
    tableOfPolicies(servers, isHashWhole),
    tableOfReportMode(rules),
    tableOfRules(rules),
  ];
}

function describeReadiness(servers: readonly ServerReading[]): Cell {
  const ready = servers.filter(({ document }) => document.isReady).length;
  if (servers.length === 1) {
    return ready === 1 ? createCell("ready", "good") : createCell("not ready", "bad");
  }
  return createCell(`${ready} of ${servers.length} servers ready`, ready === servers.length ? "good" : "bad");
}

function describeProcesses(servers: readonly ServerReading[]): Cell {
  const versions = new Set(servers.map(({ document }) => document.version));
  const ages = servers.map(({ document }) => document.at - document.countedSince);
  const since = ages.length === 0 ? "" : `, counting for ${formatAge(Math.max(...ages))}`;
  return createCell(`version ${[...versions].join(", ")}${since}`, "quiet");
}

function describeShare(id: Figure["id"], name: string, count: Count, of: Count, tone: "bad" | "warn"): Figure {
  const { perSecond = 0 } = count;
  const isNow = perSecond > 0;
  const now = isNow ? `${formatShare(perSecond, of.perSecond ?? 0)} now, ` : "";
  return {
    id,
    name,
    value: createCell(`${formatRate(count.perSecond)} /s`, isNow ? tone : undefined),
    detail: createCell(`${now}${formatCount(count.requests)} in total (${formatShare(count.requests, of.requests)})`),
  };
}

/** The guard's hits are the requests that the guard let pass, so that the plugin server did not have to judge them. */
function describeGuard(servers: readonly ServerReading[], requests: Count): Figure {
  const hits = sumCounts(
    servers.flatMap(({ document, rates }) =>
      document.guardHits === undefined ? [] : [{ requests: document.guardHits, perSecond: rates.guardHits }],
    ),
    servers,
  );
  return {
    id: "guard",
    name: "Guard hits",
    value: createCell(`${formatRate(hits.perSecond)} /s`),
    detail: createCell(
      `${formatCount(hits.requests)} in total (${formatShare(hits.requests, requests.requests)})`,
      "quiet",
    ),
  };
}

function describeKeyState(servers: readonly ServerReading[]): Figure {
  const all = servers.flatMap(({ document }) => document.keys);
  const failing = all.filter((keys) => !areSound(keys));
  const count = new Set(failing.map(({ issuer }) => issuer)).size;
  const total = new Set(all.map(({ issuer }) => issuer)).size;
  return {
    id: "keys",
    name: "Issuers",
    value:
      count === 0
        ? createCell("all answer", "good")
        : createCell(`${count} of ${total} failing`, judgeFailing(failing)),
    detail: createCell(
      `${formatNumber(total, "issuer")}, ${formatNumber(
        all.reduce((sum, { keys }) => sum + keys, 0),
        "key",
      )}`,
      "quiet",
    ),
  };
}

function describePolicyState(servers: readonly ServerReading[]): Figure {
  const all = servers.flatMap(({ document }) => document.policies);
  const refused = all.filter(isRefused).length;
  const inEffect = all.filter(({ sha256 }) => sha256 !== undefined).length;
  return {
    id: "policies",
    name: "Policies",
    value:
      refused === 0
        ? createCell(`${formatCount(inEffect)} in effect`, "good")
        : createCell(`${formatCount(refused)} refused`, "bad"),
    detail: createCell(
      `${formatCount(inEffect)} of ${formatNumber(all.length, "policy", "policies")} in effect`,
      "quiet",
    ),
  };
}
