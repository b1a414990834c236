import type { DecidingFacts } from "../../core/model/policy.ts";
import type { VerdictKey } from "../../runtime/verdict-cache.ts";
import { countLines, FACT_LINES, readHead } from "./facts-variable.ts";

/**
 * Matches a request line whose path all servers read in the same way. The matched path has no dot segment and no escape, and is
 * never the path of an API's metadata. So if no rule reads the path, a verdict about a request with a plain path
 * depends only on the method. The pattern does not match OPTIONS, because answers to preflights are not reused. The
 * guard uses the same pattern. A dot in the path must be between letters or digits.
 */
const PLAIN =
  /^(?!OPTIONS )[A-Z]{1,16} \/(?:[A-Za-z0-9](?:\.(?=[A-Za-z0-9]))?|[_~/-])*(?:\?[!"$-~]*)? HTTP\/[0-9.]{1,8}$/;
/** A longer path is not plain. No stage reads the whole of such a long path, so the path counts as ambiguous. */
const MAX_PLAIN_LENGTH = 2_048;
const USUAL_LINE = /^(?!OPTIONS )[A-Z]{1,16} [!-~]+ HTTP\/[0-9.]{1,8}$/;

/** Matches the scheme and the two addresses. The rest of the line is the guard's message to the plugin server. */
const CONNECTION = /^[^ ]* [^ ]* [^ ]*/;

/**
 * Returns the part of the facts variable that can influence whether the policy allows the request. If two requests of
 * one policy and rule get the same text, an Allow for one of them is right for the other one too. Returns undefined if
 * the plugin must judge the request each time.
 *
 * @param binding the rule, or the Route that selects the rule, as one line of text.
 */
export function narrowFacts(variable: string, deciding: DecidingFacts, binding: string): VerdictKey | undefined {
  const starts = findLineStarts(variable);
  const lineAt = (index: number): string => variable.slice(starts[index], (starts[index + 1] ?? 0) - 1);
  const places = findPlaces(lineAt(FACT_LINES.head), deciding);
  const request = starts.length - 1 === places?.lines && narrowRequestLine(lineAt(FACT_LINES.request), deciding);
  if (!places || !request) {
    return undefined;
  }
  let rest = `${binding}\n${request}`;
  if (deciding.transport) {
    rest += `\n${narrowConnection(lineAt(FACT_LINES.connection), lineAt(places.forwardedProto))}`;
  }
  for (const place of places.otherHeaders) {
    rest += `\n${lineAt(place)}`;
  }
  return { authorization: lineAt(places.authorization), rest };
}

/**
 * Returns the position at which each line starts. The last number is the position at which a line after the last line
 * would start. Finding the few needed lines in this way takes half as long as splitting the text.
 */
function findLineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) {
    starts.push(end + 1);
  }
  starts.push(text.length + 1);
  return starts;
}

function narrowRequestLine(line: string, { target }: DecidingFacts): string | undefined {
  if (!target && line.length <= MAX_PLAIN_LENGTH && PLAIN.test(line)) {
    return line.slice(0, line.indexOf(" "));
  }
  return USUAL_LINE.test(line) ? line : undefined;
}

/** Over TLS, decisions do not depend on addresses or proxies. */
function narrowConnection(connection: string, forwardedProto: string): string {
  const [own = ""] = CONNECTION.exec(connection) ?? [];
  return own.startsWith("https ") ? "https" : `${own} ${forwardedProto}`;
}

/** Indexes of the lines on which the decision can depend. */
interface Places {
  readonly lines: number;
  readonly forwardedProto: number;
  readonly authorization: number;
  readonly otherHeaders: readonly number[];
}

/** The indexes are cached, because the variable's first line comes from Kong's configuration and is the same for all requests. */
const known = new WeakMap<DecidingFacts, { readonly head: string; readonly places: Places | undefined }>();

function findPlaces(head: string, deciding: DecidingFacts): Places | undefined {
  const remembered = known.get(deciding);
  if (remembered?.head === head) {
    return remembered.places;
  }
  const carried = readHead(head) ?? [];
  const placeOf = (name: string): number => FACT_LINES.firstHeader + carried.indexOf(name);
  const wanted = ["connection", "x-forwarded-proto", "authorization", ...deciding.headers];
  const places = wanted.every((name) => carried.includes(name))
    ? {
        lines: countLines(carried),
        forwardedProto: placeOf("x-forwarded-proto"),
        authorization: placeOf("authorization"),
        otherHeaders: ["connection", ...deciding.headers].filter((name) => name !== "authorization").map(placeOf),
      }
    : undefined;
  known.set(deciding, { head, places });
  return places;
}
