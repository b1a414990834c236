import type { LogExplanation } from "../../offline/explain/explain-log-line.ts";
import type { Explanation } from "../../offline/explain/explain-token.ts";
import { toPrintable, toPrintableJson } from "../../plugin/core/text/printable.ts";

export type Form = "text" | "json";

/** More facts for an explanation, such as what a test expects, or how a token was made. */
export interface Context {
  /** The lines that come below the first line of the explanation. */
  readonly lines: readonly string[];
  /** Additional members of the explanation's JSON form. */
  readonly members: Readonly<Record<string, unknown>>;
}

const NO_CONTEXT: Context = { lines: [], members: {} };

/**
 * Explains the verdict on a token: a table of stages, the reason, and the smallest change with which the policy would
 * allow the request.
 */
export function formatExplanation(explanation: Explanation, form: Form, context: Context = NO_CONTEXT): string {
  if (form === "json") {
    return `${toPrintableJson({ ...context.members, ...explanation }, 2)}\n`;
  }
  const { denial, nearestAllow } = explanation;
  const nearest = nearestAllow
    ? ["nearest allow:", ...nearestAllow.map((change) => `  - ${change}`)]
    : ["nearest allow: not found. explain found no changed claims with which the policy allows the request"];
  return printLines([
    describeVerdict(explanation),
    ...context.lines,
    ...(explanation.verdict === "answer"
      ? ["The plugin answers with the description of the API, and does not judge the request."]
      : describeStages(explanation)),
    ...describeDenial(denial),
    ...(denial ? nearest : []),
  ]);
}

/** Writes the explanation of a log line. The explanation also names the facts that the log line does not show. */
export function formatLogExplanation(explanation: LogExplanation, form: Form): string {
  if (form === "json") {
    return `${toPrintableJson(explanation, 2)}\n`;
  }
  const { denial, expected, nearestAllow, unknown } = explanation;
  const ways = expected.filter((way) => way.length > 0);
  const isOne = ways.length === 1;
  return printLines([
    describeVerdict(explanation),
    ...describeStages(explanation),
    ...describeDenial(denial),
    ...ways.flatMap((way, index) => [
      isOne ? "expected:" : `expected, way ${index + 1} of ${ways.length}:`,
      ...way.map((text) => `  - ${text}`),
    ]),
    ...(nearestAllow
      ? ["nearest allow, as far as this line shows:", ...nearestAllow.map((change) => `  - ${change}`)]
      : ["nearest allow: not known, because the line does not show enough"]),
    "not in the line:",
    ...unknown.map((text) => `  - ${text}`),
  ]);
}

function describeVerdict({ verdict, isReported, rule, issuer }: Omit<Explanation, "nearestAllow" | "stages">): string {
  const place = [rule === undefined ? [] : `rule "${rule}"`, issuer === undefined ? [] : `issuer "${issuer}"`].flat();
  return [isReported ? "allow, in report mode only" : verdict, ...place].join(", ");
}

function describeStages({ stages }: Pick<Explanation, "stages">): readonly string[] {
  return stages.map(({ stage, result }) => `  ${stage.padEnd(10)} ${result}${noteOf(stage, result)}`);
}

function noteOf(stage: string, result: string): string {
  return stage === "verify" && result === "not checked" ? ": give the issuer's keys with --jwks" : "";
}

function describeDenial(denial: Explanation["denial"]): readonly string[] {
  return denial
    ? [
        `reason: ${denial.reason} (HTTP ${denial.status})`,
        ...(denial.detail === undefined ? [] : [`detail: ${denial.detail}`]),
        `meaning: ${denial.meaning}`,
        `specification: ${denial.spec}`,
        `next step: ${denial.next}`,
      ]
    : [];
}

function printLines(lines: readonly string[]): string {
  return `${lines.map(toPrintable).join("\n")}\n`;
}
