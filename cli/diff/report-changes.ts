import { type Change, type Direction, isLooser } from "../../offline/compare/change.ts";
import type { Finding, FindingCode } from "../../plugin/policy/language/finding.ts";
import { plural } from "../findings/plural.ts";
import type { Approval } from "./approvals.ts";
import type { Comparison } from "./compare-versions.ts";
import type { FoundChange } from "./policies/compare-files.ts";

const CODES: Readonly<Record<Direction, FindingCode>> = {
  looser: "policy_looser",
  stricter: "policy_stricter",
  changed: "policy_changed",
  unknown: "policy_not_compared",
};

const MAX_CELLS = 4;

/** A looser change without an approval is an error. Every other change is a warning. */
export function toFinding(found: FoundChange, approvals: readonly Approval[]): Finding {
  const { file, change, fingerprint, before, after, test, request } = found;
  const approval = approvals.find((one) => one.fingerprint === fingerprint);
  const notes = [
    ...(change.cells.length > 0 ? [`requests: ${describeCells(change)}`] : []),
    ...(request === undefined ? [] : [`example: ${request}`]),
    ...(before === undefined ? [] : [`before: ${before}`, `now: ${after}`]),
    ...(approval ? [`approved: ${approval.reason}`] : []),
    `fingerprint: ${fingerprint}`,
  ];
  return {
    code: CODES[change.direction],
    severity: isLooser(change) && !approval ? "error" : "warning",
    message: `${change.class}, ${change.subject}: ${change.summary}`,
    file,
    notes,
    ...(test === undefined ? {} : { paste: test }),
  };
}

function describeCells({ cells }: Change): string {
  const texts = [
    ...new Set(
      cells.map(({ method, template, isOtherMethod }) => `${isOtherMethod ? "other methods" : method} ${template}`),
    ),
  ];
  const more = texts.length - MAX_CELLS;
  return more > 0 ? `${texts.slice(0, MAX_CELLS).join(", ")} and ${more} more` : texts.join(", ");
}

/** Text about renamed files, and one line with the number of changes. */
export function summarize({ changes, files, kongFiles, findings, renamed }: Comparison): readonly string[] {
  return [
    ...renamed.map(({ from, to }) => `${to} is compared with ${from}, which had the same policy name`),
    count(changes, describeFiles(files, kongFiles), findings.length > 0),
  ];
}

function describeFiles(policies: number, kongFiles: number): string {
  const gateways = kongFiles === 0 ? [] : [plural(kongFiles, "Kong file")];
  const own = policies === 0 && kongFiles > 0 ? [] : [policies === 1 ? "1 policy" : `${policies} policies`];
  return [...own, ...gateways].join(" and ");
}

function count(changes: readonly FoundChange[], files: string, hasMistakes: boolean): string {
  const counts = (["looser", "stricter", "changed", "unknown"] as const).map((direction) => {
    const number = changes.filter(({ change }) => change.direction === direction).length;
    return number > 0 ? [`${number} ${direction}`] : [];
  });
  if (hasMistakes) {
    return "Not all policies could be compared: correct the mistakes first.";
  }
  const found = counts.flat().join(", ");
  return `${files} compared: ${found === "" ? "no change of access, trust, effect, mode, transport or routing" : found}`;
}

/** One change in the form of the JSON report. */
export function toJson({ file, change, fingerprint, before, after, test, request }: FoundChange): unknown {
  const { class: kind, direction, subject, summary, cells, example } = change;
  return {
    file,
    class: kind,
    direction,
    subject,
    summary,
    fingerprint,
    requests: cells.map(({ rule, method, template }) => ({ rule, method, path: template })),
    example: example && { ...example, cell: undefined, method: example.cell.method, path: example.cell.path },
    request,
    before,
    after,
    test,
  };
}
