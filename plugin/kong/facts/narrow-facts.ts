import type { DecidingFacts } from "../../core/model/policy.ts";
import { countLines, FACT_LINES, readHead } from "./facts-variable.ts";

/**
 * Matches a request line whose path all servers read in the same way. The matched path has no dot segment and no escape, and is
 * never the path of an API's metadata. So if no rule reads the path, a verdict about such a request depends only on the method.
 * The pattern does not match OPTIONS, because answers to preflights are not reused. The guard uses the same pattern. A dot in
 * the path must be between letters or digits.
 */
const PLAIN =
  /^(?!OPTIONS )([A-Z]{1,16}) \/(?:[A-Za-z0-9](?:\.(?=[A-Za-z0-9]))?|[_~/-])*(?:\?[!"$-~]*)? HTTP\/[0-9.]{1,8}$/;
/** A longer path is never plain: it counts as ambiguous, because no stage reads all of it. */
const MAX_PLAIN_LENGTH = 2_048;
const USUAL_LINE = /^(?!OPTIONS )[A-Z]{1,16} [!-~]+ HTTP\/[0-9.]{1,8}$/;

/** Matches the scheme and the two addresses. The rest of the line is the guard's message to the plugin server. */
const CONNECTION = /^[^ ]* [^ ]* [^ ]*/;

/**
 * Reduces the facts variable to the facts on which an Allow of a policy can depend. If two requests of one policy and rule have
 * the same result here, an Allow for one request is right for the other request too. Returns undefined if the plugin must judge
 * the request each time.
 */
export function narrowFacts(variable: string, deciding: DecidingFacts): string | undefined {
  const lines = variable.split("\n");
  const request = narrowRequestLine(lines[FACT_LINES.request] ?? "", deciding);
  const places = findPlaces(lines[FACT_LINES.head] ?? "", deciding);
  if (request === undefined || places === undefined || lines.length !== places.lines) {
    return undefined;
  }
  let narrowed = request;
  if (deciding.transport) {
    narrowed += `\n${narrowConnection(lines[FACT_LINES.connection] ?? "", lines[places.forwardedProto] ?? "")}`;
  }
  for (const place of places.headers) {
    narrowed += `\n${lines[place]}`;
  }
  return narrowed;
}

function narrowRequestLine(line: string, { target }: DecidingFacts): string | undefined {
  if (!target && line.length <= MAX_PLAIN_LENGTH) {
    const [, method] = PLAIN.exec(line) ?? [];
    if (method !== undefined) {
      return method;
    }
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
  readonly headers: readonly number[];
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
  const wanted = ["connection", "x-forwarded-proto", ...deciding.headers];
  const places = wanted.every((name) => carried.includes(name))
    ? {
        lines: countLines(carried),
        forwardedProto: placeOf("x-forwarded-proto"),
        headers: ["connection", ...deciding.headers].map(placeOf),
      }
    : undefined;
  known.set(deciding, { head, places });
  return places;
}
