import {
  type CountedRejection,
  type CountedRule,
  type Grouping,
  listRejections,
  type ServerReading,
} from "./counted-rows.ts";
import { formatAge, formatCount, formatNumber, formatShare } from "./format.ts";
import { type Cell, type ColumnOf, cellOfRate, cellOfShare, createCell, createTable, type Table } from "./table.ts";

interface OfRule {
  readonly policy: string | undefined;
  readonly rule: string | undefined;
}

const RULE_COLUMNS: readonly ColumnOf<OfRule>[] = [
  { heading: "Policy", kind: "code", cell: ({ policy }) => createCell(policy) },
  { heading: "Rule", kind: "code", cell: ({ rule }) => cellOfName(rule, "(no rule)") },
];
const REASON: ColumnOf<CountedRejection> = {
  heading: "Reason",
  kind: "code",
  cell: ({ reason }) => createCell(reason),
};
const ISSUER: ColumnOf<CountedRejection> = {
  heading: "Issuer",
  kind: "code",
  cell: ({ issuer }) => cellOfName(issuer, "(no issuer)"),
};
const STATUS: ColumnOf<CountedRejection> = {
  heading: "Status",
  kind: "number",
  cell: ({ status }) => createCell(String(status)),
};
/** The most important columns come first, because a narrow terminal cuts off the last columns. */
const GROUP_COLUMNS: Readonly<Record<Grouping, readonly ColumnOf<CountedRejection>[]>> = {
  all: [...RULE_COLUMNS, REASON, ISSUER, STATUS],
  rule: RULE_COLUMNS,
  reason: [REASON, STATUS],
  issuer: [ISSUER],
};
const OUTCOMES = { deny: createCell("refused", "bad"), would_deny: createCell("would refuse", "warn") } as const;

function cellOfName(name: string | undefined, absent: string): Cell {
  return name === undefined ? createCell(absent, "quiet") : createCell(name);
}

/** The table of requests that were refused, or that passed only because of report mode. */
export function tableOfRejections(servers: readonly ServerReading[], by: Grouping): Table {
  const rows = listRejections(servers, by);
  const summary =
    rows.length === 0
      ? createCell("No request was rejected.", "good")
      : createCell("Requests that were refused, and requests that passed only because of report mode.", "quiet");
  return createTable<CountedRejection>(
    { id: "rejections", title: "Rejections", summary },
    [
      { heading: "Per second", kind: "number", cell: ({ perSecond }) => cellOfRate(perSecond) },
      { heading: "Total", kind: "number", cell: ({ requests }) => createCell(formatCount(requests)) },
      { heading: "Outcome", kind: "text", cell: ({ outcome }) => OUTCOMES[outcome] },
      ...GROUP_COLUMNS[by],
      { heading: "Last", kind: "number", cell: ({ ageMs }) => createCell(formatAge(ageMs), "quiet") },
    ],
    rows,
  );
}

/** The table of what rules in report mode would refuse. The rule with the largest share comes first. */
export function tableOfReportMode(rules: readonly CountedRule[]): Table {
  const shareOf = ({ wouldDeny, inReportMode }: CountedRule): number => wouldDeny.requests / inReportMode;
  const reporting = rules
    .filter(({ inReportMode }) => inReportMode > 0)
    .sort((one, other) => shareOf(other) - shareOf(one));
  return createTable<CountedRule>(
    { id: "report-mode", title: "Report mode", summary: summarizeReportMode(reporting) },
    [
      {
        heading: "Would refuse",
        kind: "number",
        cell: ({ wouldDeny, inReportMode }) => cellOfShare(wouldDeny.requests, inReportMode, "warn"),
      },
      { heading: "Per second", kind: "number", cell: ({ wouldDeny }) => cellOfRate(wouldDeny.perSecond) },
      { heading: "Requests", kind: "number", cell: ({ wouldDeny }) => createCell(formatCount(wouldDeny.requests)) },
      { heading: "Of", kind: "number", cell: ({ inReportMode }) => createCell(formatCount(inReportMode)) },
      ...RULE_COLUMNS,
    ],
    reporting,
  );
}

function summarizeReportMode(rules: readonly CountedRule[]): Cell {
  if (rules.length === 0) {
    return createCell("No request was judged in report mode.", "quiet");
  }
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const finding = rules.filter(({ wouldDeny }) => wouldDeny.requests > 0);
  const judged = sum(rules.map(({ inReportMode }) => inReportMode));
  if (finding.length === 0) {
    const who = formatNumber(rules.length, "rule");
    return createCell(`${who} would refuse none of ${formatNumber(judged, "request")}.`, "good");
  }
  const share = formatShare(sum(finding.map(({ wouldDeny }) => wouldDeny.requests)), judged);
  const others = rules.length - finding.length;
  const rest = others === 0 ? "" : ` ${formatNumber(others, "other rule")} would refuse none.`;
  return createCell(
    `${formatNumber(finding.length, "rule")} would refuse ${share} of the ${formatNumber(judged, "request")} in report mode.${rest}`,
    "warn",
  );
}

/** The table of the traffic of each rule. The rule that is busiest now comes first. */
export function tableOfRules(rules: readonly CountedRule[]): Table {
  const summary = rules.length === 0 ? "No request was judged." : "Requests that each rule judged.";
  return createTable<CountedRule>(
    { id: "rules", title: "Rules", summary: createCell(summary, "quiet") },
    [
      { heading: "Per second", kind: "number", cell: ({ requests }) => cellOfRate(requests.perSecond) },
      { heading: "Refused now", kind: "number", cell: ({ denied, requests }) => shareNow(denied, requests) },
      { heading: "Total", kind: "number", cell: ({ requests }) => createCell(formatCount(requests.requests)) },
      {
        heading: "Refused in total",
        kind: "number",
        cell: ({ denied, requests }) => cellOfShare(denied.requests, requests.requests),
      },
      ...RULE_COLUMNS,
    ],
    rules,
  );
}

function shareNow(denied: CountedRule["denied"], requests: CountedRule["requests"]): Cell {
  return cellOfShare(denied.perSecond ?? 0, requests.perSecond ?? 0, "bad");
}
