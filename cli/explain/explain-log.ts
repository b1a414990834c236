import { text as readAll } from "node:stream/consumers";
import { explainLogLine } from "../../offline/explain/explain-log-line.ts";
import { isDenialLine, readLogLine } from "../../offline/logs/read-log-line.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { STDIN } from "../files/list-files.ts";
import type { Explained } from "./explain-one-token.ts";
import { type Form, formatLogExplanation } from "./format-explanation.ts";

const MAX_LENGTH = 1024 * 1024;

/**
 * Explains one line of the operator's log or of the decision log. A line of the decision log may be wrapped, as `jq` prints it.
 *
 * @param argument the line; `-` for standard input.
 */
export async function explainLog(policy: CompiledPolicy, argument: string, form: Form): Promise<Explained> {
  const text = argument === STDIN ? await readAll(process.stdin) : argument;
  if (text.length > MAX_LENGTH) {
    throw new Error("--log-line takes one line. To judge a whole log, use replay");
  }
  const lines = isJson(text) ? [text] : text.split(/\r?\n/).filter(isDenialLine);
  const [first = text, ...others] = lines;
  if (others.length > 0) {
    throw new Error(
      `this text has ${others.length + 1} lines about refused requests: give only one of them. To judge a whole log, use replay`,
    );
  }
  const line = readLogLine(first);
  const explanation = line.ok ? explainLogLine(line.value, policy) : line;
  if (!explanation.ok) {
    throw new Error(`--log-line: ${explanation.failure}`);
  }
  return { text: formatLogExplanation(explanation.value, form), isAllowed: explanation.value.verdict === "allow" };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
