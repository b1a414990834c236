import { type Denial, deny } from "../../core/model/denial.ts";
import type { CompiledPolicy } from "../../core/model/policy.ts";
import type { Binding, RequestFacts, Transport } from "../../core/model/request.ts";
import { type Result, succeed } from "../../core/model/result.ts";
import type { GuardMark } from "../contract/guard-mark.ts";
import type { Pdk } from "../contract/pdk.ts";
import {
  FACTS_VARIABLE,
  parseFactsVariable,
  parseRequestLine,
  USUAL_HEADERS,
  type VariableFacts,
} from "./facts-variable.ts";
import { askTransport, readTransport } from "./read-transport.ts";

/**
 * Maximum number of header names to request from Kong. Kong silently omits further headers. So if Kong returns this many headers,
 * the list may be incomplete.
 */
const MAX_HEADERS = 1000;

/**
 * Reads all facts of the request that the policy needs, with as few calls to Kong as possible. `rule` is the rule that
 * the plugin's configuration names. If the configuration names no rule, the plugin asks Kong for the Route of every
 * request. A Route can be renamed while the plugin instance runs.
 */
export type ReadFacts = (
  pdk: Pdk,
  policy: CompiledPolicy,
  rule: string | undefined,
) => Promise<Result<ReadRequest, Denial>>;

export interface ReadRequest extends RequestFacts {
  /** What the guard expects of the verdict; undefined if no guard checks the verdict. */
  readonly guard: GuardMark | undefined;
}

/**
 * @param hasFactsVariable whether Kong is configured to set the facts variable.
 * @param log receives one line if Kong does not set the facts variable, although the configuration names the variable.
 *   `log` also receives one line for each header field that the variable lacks.
 */
export function createFactsReader(hasFactsVariable: boolean, log: (line: string) => void): ReadFacts {
  const warned = new Set<string>();
  const warnOnce = (line: string): void => {
    if (!warned.has(line)) {
      warned.add(line);
      log(line);
    }
  };
  const readVariable = async (pdk: Pdk): Promise<VariableFacts | undefined> => {
    const facts = parseFactsVariable(await pdk.nginx.getVar(FACTS_VARIABLE.name));
    if (!facts) {
      warnOnce(
        `$${FACTS_VARIABLE.name} is not what \`kong-jwt-policy kong env\` sets: the plugin reads the facts with more and slower calls`,
      );
    }
    return facts;
  };
  return async (pdk, policy, rule) => {
    const binding = rule === undefined ? await readRoute(pdk) : ({ by: "rule", rule } as const);
    const facts = hasFactsVariable ? await readVariable(pdk) : undefined;
    if (!facts) {
      const asked = await askFacts(pdk, policy);
      return asked.ok ? succeed({ binding, ...asked.value }) : asked;
    }
    const { requestLine, connection, authorization, headers, requestId, connectionFacts, carried, guard } = facts;
    const { client } = connectionFacts;
    const transport: Transport = policy.needsTransport ? await readTransport(pdk, connectionFacts, headers) : "plain";
    // The code lists the properties one by one, because an object spread would cost as much as reading the facts.
    const read = { binding, requestLine, connection, authorization, headers, client, transport, requestId, guard };
    const missing = policy.readHeaders.filter((name) => !carried.includes(name));
    if (missing.length === 0) {
      return succeed(read);
    }
    const more = `--header ${missing.join(" --header ")}`;
    warnOnce(
      `reading headers needs one more call to Kong: print the settings again with \`kong-jwt-policy kong env ${more}\``,
    );
    const others = await readHeaders(pdk, new Set(missing));
    return others.ok ? succeed({ ...read, headers: new Map([...others.value, ...headers]) }) : others;
  };
}

async function readRoute(pdk: Pdk): Promise<Binding> {
  const { name, tags } = await pdk.router.getRoute();
  return { by: "route", name, tags: tags ?? [] };
}

/** Reads each fact with a separate call to Kong. */
async function askFacts(pdk: Pdk, policy: CompiledPolicy): Promise<Result<Omit<ReadRequest, "binding">, Denial>> {
  const read = await readHeaders(pdk, namesToRead(policy));
  if (!read.ok) {
    return read;
  }
  const headers = read.value;
  return succeed({
    requestLine: parseRequestLine(await pdk.nginx.getVar("request")),
    connection: headers.get("connection"),
    authorization: headers.get("authorization"),
    headers,
    transport: policy.needsTransport ? await askTransport(pdk, headers) : "plain",
    requestId: undefined,
    guard: undefined, // The guard works only with the facts variable. If the variable is missing, the guard reports this to the operator.
  });
}

/** Header fields that nginx itself reads. nginx's variables for these fields accept only the usual spelling. */
const KNOWN_TO_NGINX: ReadonlySet<string> = new Set(["user-agent", "x-forwarded-for"]);

/**
 * Returns each wanted header field as one string, with the same content as nginx's variable for the field. The function
 * joins all lines of one field, including empty lines. Names that differ only in `-` and `_` count as the same name. So
 * the decision is the same, whether the facts come from this function or from the facts variable.
 *
 * @param wanted names of the fields that are used.
 */
async function readHeaders(
  pdk: Pdk,
  wanted: ReadonlySet<string>,
): Promise<Result<ReadonlyMap<string, string>, Denial>> {
  const headers = await pdk.request.getHeaders(MAX_HEADERS);
  const count = [...headers.values()].reduce((sum, values) => sum + values.length, 0);
  if (count >= MAX_HEADERS) {
    return deny({
      reason: "too_many_headers",
      detail: `${count} header fields, at most ${MAX_HEADERS - 1} can be read`,
    });
  }
  const sent = headers.get("authorization")?.length ?? 0;
  if (sent > 1) {
    return deny({ reason: "token_ambiguous", detail: `the request has ${sent} authorization headers` });
  }
  const joined = new Map<string, string>();
  const severalSpellings = new Set<string>();
  for (const [spelling, values] of headers) {
    const dashed = spelling.replaceAll("_", "-");
    const name = KNOWN_TO_NGINX.has(dashed) ? spelling : dashed;
    if (joined.has(name)) {
      severalSpellings.add(name);
    }
    joined.set(name, values.join(name === "cookie" ? "; " : ", "));
  }
  // The list does not show which spelling of a name came first, so the plugin reads nginx's variable.
  for (const name of severalSpellings) {
    if (wanted.has(name)) {
      joined.set(name, await pdk.nginx.getVar(`http_${name.replaceAll("-", "_")}`));
    }
  }
  return succeed(new Map([...joined].filter(([, text]) => text !== "")));
}

function namesToRead({ readHeaders: names }: CompiledPolicy): ReadonlySet<string> {
  return new Set([...USUAL_HEADERS, ...names]);
}
