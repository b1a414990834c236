import { type Counted, sumOf } from "../../offline/logs/counted.ts";
import type { ChangeKind, CountedLines, TallyResult } from "../../offline/replay/tally.ts";
import { toPrintable, toPrintableJson } from "../../plugin/core/text/printable.ts";
import { formatColumns } from "../../sandbox/message/format-columns.ts";
import { plural } from "../findings/plural.ts";

interface ReplayReport extends TallyResult {
  readonly lines: number;
  /** The number of signatures that counted as valid without a check. */
  readonly assumed: number;
}

const KINDS: Readonly<Record<ChangeKind, string>> = {
  newly_refused: "newly refused",
  newly_allowed: "newly allowed",
  other_reason: "another reason",
};
const HEADINGS = ["CHANGE", "REQUESTS", "POLICY", "RULE", "BEFORE", "AFTER", "EXAMPLE"];

/** Writes the table of changes, then the lines that were not decided or not read, then the sums. */
export function formatReplay(report: ReplayReport, form: "text" | "json"): string {
  if (form === "json") {
    return `${toPrintableJson(report, 2)}\n`;
  }
  const { changes, unknown, broken, unchanged, isUnchangedEstimate, sampled, assumed, lines } = report;
  const cells = changes.map((change) => [
    KINDS[change.kind],
    write(change),
    change.policy,
    change.rule,
    change.before,
    change.after,
    placeOf(change.example),
  ]);
  const sum = (kind: ChangeKind): string => write(sumOf(changes.filter((change) => change.kind === kind)));
  const sums = [
    plural(lines, "line"),
    `${write({ requests: unchanged, isEstimate: isUnchangedEstimate })} requests unchanged`,
    `${sum("newly_refused")} newly refused`,
    `${sum("newly_allowed")} newly allowed`,
    `${sum("other_reason")} with another reason`,
    `${write(sumOf(unknown))} unknown`,
    `${write(sumOf(broken))} not read`,
  ];
  const estimated = `about: an estimate, because the log contains only a sample of the allowed requests (${plural(sampled, "line")})`;
  const unchecked = `${plural(assumed, "signature")} not checked, because the keys are not in the policy: give --jwks`;
  return [
    ...(cells.length > 0 ? [...formatColumns([HEADINGS, ...cells]).split("\n"), ""] : []),
    ...writeLines("unknown:", unknown),
    ...writeLines("not read:", broken),
    ...(sampled > 0 ? [estimated] : []),
    ...(assumed > 0 ? [unchecked] : []),
    sums.join(", "),
  ]
    .map((line) => `${toPrintable(line)}\n`)
    .join("");
}

function writeLines(title: string, lines: readonly CountedLines[]): readonly string[] {
  return lines.length === 0
    ? []
    : [title, ...lines.map((line) => `  ${write(line)}  ${line.why} (${placeOf(line.example)})`)];
}

function placeOf({ file, line }: CountedLines["example"]): string {
  return `${file}:${line}`;
}

function write({ requests, isEstimate }: Counted): string {
  return isEstimate ? `about ${requests}` : String(requests);
}
