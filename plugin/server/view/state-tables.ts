import type { ServerReading } from "./counted-rows.ts";
import { formatAge, formatCount, formatNumber } from "./format.ts";
import type { AlarmRow, KeysRow, PolicyRow } from "./status-document.ts";
import { type Cell, type ColumnOf, createCell, createTable, type Table, type Tone } from "./table.ts";

const SHOWN_HASH = 12;

/** A row of one server. */
interface Placed {
  readonly server: string;
}

/** If there is only one server, the tables omit the server's name. */
function serverColumn(servers: readonly ServerReading[]): readonly ColumnOf<Placed>[] {
  return servers.length > 1 ? [{ heading: "Server", kind: "code", cell: ({ server }) => createCell(server) }] : [];
}

interface PlacedKeys extends Placed {
  readonly keys: KeysRow;
  /** The server's time, in milliseconds since the epoch. */
  readonly at: number;
}

/** The table of the keys of each issuer, with their age. Issuers with problems come first. */
export function tableOfIssuers(servers: readonly ServerReading[]): Table {
  const all = servers.flatMap(({ name, document }) =>
    document.keys.map((keys): PlacedKeys => ({ server: name, keys, at: document.at })),
  );
  const [failing, sound] = split(all, ({ keys }) => !areSound(keys));
  const summary =
    failing.length === 0
      ? createCell(`All keys of ${formatNumber(countIssuers(all), "issuer")} are loaded.`, "good")
      : createCell(
          `${countIssuers(failing)} of ${formatNumber(countIssuers(all), "issuer")} failing.`,
          judgeFailing(failing.map(({ keys }) => keys)),
        );
  return createTable<PlacedKeys>(
    { id: "issuers", title: "Issuers and keys", summary },
    [
      ...serverColumn(servers),
      { heading: "Issuer", kind: "code", cell: ({ keys }) => createCell(keys.issuer) },
      { heading: "State", kind: "text", cell: ({ keys }) => describeKeys(keys) },
      { heading: "Keys", kind: "number", cell: ({ keys }) => createCell(formatCount(keys.keys)) },
      { heading: "Age", kind: "number", cell: ({ keys, at }) => createCell(ageOf(keys, at)) },
      { heading: "Problem", kind: "note", cell: ({ keys }) => describeKeyProblem(keys) },
      { heading: "From", kind: "text", cell: ({ keys }) => createCell(placeOf(keys), "quiet") },
      { heading: "iss", kind: "long", cell: ({ keys }) => createCell(keys.iss, "quiet") },
    ],
    [...failing, ...sound],
  );
}

function split<Row>(rows: readonly Row[], isFirst: (row: Row) => boolean): readonly [readonly Row[], readonly Row[]] {
  return [rows.filter(isFirst), rows.filter((row) => !isFirst(row))];
}

function countIssuers(rows: readonly PlacedKeys[]): number {
  return new Set(rows.map(({ keys }) => keys.issuer)).size;
}

/** Whether the source of these keys currently answers with usable keys. */
export function areSound({ state, failures }: KeysRow): boolean {
  return state === "serving" && failures === 0;
}

/** If a provider does not answer, but its keys are still in use, the row shows only a warning. */
export function judgeFailing(failing: readonly KeysRow[]): Tone {
  return failing.every(({ state }) => state === "serving") ? "warn" : "bad";
}

function describeKeys(keys: KeysRow): Cell {
  switch (keys.state) {
    case "serving":
      return areSound(keys) ? createCell("loaded", "good") : createCell("no answer, keys kept", "warn");
    case "waiting":
      return createCell("no keys yet", "bad");
    case "without_keys":
      return createCell("no usable key", "bad");
    case "too_old":
      return createCell("keys too old", "bad");
    default:
      return createCell(keys.state, "warn");
  }
}

/** Keys that are written in the policy have no age. */
function ageOf({ from, loadedAt }: KeysRow, at: number): string | undefined {
  return from === "jwks" || loadedAt === undefined ? undefined : formatAge(at - loadedAt);
}

function placeOf({ from, isRestored }: KeysRow): string {
  return isRestored ? `${from} (stored)` : from;
}

function describeKeyProblem({ failure, failures, warnings }: KeysRow): Cell {
  return failures > 0
    ? createCell(`${formatNumber(failures, "failure")}, last: ${failure ?? "unknown"}`, "bad")
    : createCell(warnings.join("; "), "warn");
}

interface PlacedPolicy extends Placed {
  readonly policy: PolicyRow;
}

/** The table of the policies in effect and their versions. Policies with problems come first. */
export function tableOfPolicies(servers: readonly ServerReading[], isHashWhole: boolean): Table {
  const all = servers.flatMap(({ name, document }) =>
    document.policies.map((policy): PlacedPolicy => ({ server: name, policy })),
  );
  const [refused, sound] = split(all, ({ policy }) => isRefused(policy));
  const total = formatNumber(all.length, "policy", "policies");
  const summary =
    refused.length === 0
      ? createCell(`${total} in effect, none refused.`, all.length === 0 ? "quiet" : "good")
      : createCell(`The plugin refuses the newest version of ${formatCount(refused.length)} of ${total}.`, "bad");
  return createTable<PlacedPolicy>(
    { id: "policies", title: "Policies", summary },
    [
      ...serverColumn(servers),
      { heading: "Policy", kind: "code", cell: ({ policy }) => createCell(policy.name) },
      { heading: "State", kind: "text", cell: ({ policy }) => describePolicy(policy) },
      { heading: "Problem", kind: "note", cell: ({ policy }) => describePolicyProblem(policy) },
      { heading: "Source", kind: "long", cell: ({ policy }) => createCell(policy.source) },
      {
        heading: "SHA-256",
        kind: "long",
        cell: ({ policy: { sha256 } }) => createCell(isHashWhole ? sha256 : sha256?.slice(0, SHOWN_HASH), "quiet"),
      },
    ],
    [...refused, ...sound],
  );
}

/** Whether the newest version of a policy has mistakes. */
export function isRefused({ mistakes }: PolicyRow): boolean {
  return mistakes.length > 0;
}

function describePolicy(policy: PolicyRow): Cell {
  if (policy.sha256 === undefined) {
    return createCell("not in effect", "bad");
  }
  return isRefused(policy) ? createCell("older version in effect", "warn") : createCell("in effect", "good");
}

function describePolicyProblem({ mistakes: [mistake, ...others], issuersWithoutKeys }: PolicyRow): Cell {
  if (mistake !== undefined) {
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    return createCell(`line ${mistake.line}: ${mistake.message}${more}`, "bad");
  }
  return createCell(issuersWithoutKeys.length === 0 ? "" : `no keys of ${issuersWithoutKeys.join(", ")}`, "bad");
}

interface PlacedAlarm extends Placed {
  readonly alarm: AlarmRow;
}

/** The table of alarms about replayed and stolen tokens. Returns undefined if no server watches for abuse. */
export function tableOfAlarms(servers: readonly ServerReading[]): Table | undefined {
  const watching = servers.flatMap(({ name, document: { abuse } }) => (abuse === undefined ? [] : [{ name, abuse }]));
  if (watching.length === 0) {
    return undefined;
  }
  const rows = watching
    .flatMap(({ name, abuse }) => abuse.alarms.map((alarm): PlacedAlarm => ({ server: name, alarm })))
    .sort((one, other) => other.alarm.alarms - one.alarm.alarms);
  const refused = watching.reduce((sum, { abuse }) => sum + abuse.refusedTokens, 0);
  return createTable<PlacedAlarm>(
    { id: "alarms", title: "Abuse", summary: summarizeAlarms(rows, refused) },
    [
      ...serverColumn(servers),
      { heading: "Alarms", kind: "number", cell: ({ alarm }) => createCell(formatCount(alarm.alarms)) },
      { heading: "Kind", kind: "code", cell: ({ alarm }) => createCell(alarm.kind) },
      { heading: "Policy", kind: "code", cell: ({ alarm }) => createCell(alarm.policy) },
      { heading: "Rule", kind: "code", cell: ({ alarm }) => createCell(alarm.rule) },
      { heading: "Issuer", kind: "code", cell: ({ alarm }) => createCell(alarm.issuer) },
    ],
    rows,
  );
}

function summarizeAlarms(rows: readonly PlacedAlarm[], refused: number): Cell {
  if (rows.length === 0) {
    return createCell("No alarm about replayed or stolen tokens.", "good");
  }
  const alarms = formatNumber(
    rows.reduce((sum, { alarm }) => sum + alarm.alarms, 0),
    "alarm",
  );
  const now = refused === 0 ? "" : ` ${formatNumber(refused, "token")} refused now.`;
  return createCell(`${alarms} about replayed or stolen tokens.${now} Kong's log has the details.`, "bad");
}
