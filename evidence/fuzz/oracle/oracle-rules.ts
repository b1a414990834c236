import type { RequestFacts } from "../../../plugin/core/model/request.ts";
import { hasDotSegment } from "../../../plugin/core/request/dot-segments.ts";
import type { PolicyData, RequirementData, RuleData } from "../seeds/worlds.ts";

const CONNECTION = "close keep-alive upgrade te trailer transfer-encoding http2-settings proxy-connection".split(" ");
// Paths that all servers read in the same way. They have no dot segments, no empty segments except at the end, and no
// escapes of special characters.
const PLAIN_PATH = /^(?:\/(?!\.{0,2}(?:\/|$))(?:[\w\-.~!$&'()*+,=:@]|%(?!25|2e|2f|3b|5c|7f|[01])[0-9a-f]{2})+)*\/?$/i;

export interface Matched extends RequirementData {
  /** Maps the names in the path template to the decoded segments. */
  readonly captures: Readonly<Record<string, string>>;
}

/** The requirements of the request's rule. Undefined if no rule applies, or if it is not certain which rule applies. */
export function findRequirements(data: PolicyData, facts: RequestFacts): Matched | undefined {
  const rule = findRule(data, facts);
  const target = facts.requestLine?.target;
  // test/core/request/dot-segments.test.ts compares this parser with a parser that shares no code with it.
  if (target === undefined || target.includes("#") || hasDotSegment(target)) {
    return undefined;
  }
  if (!rule || !(facts.connection ?? "").split(",").every(isConnectionOption)) {
    return undefined;
  }
  if (!rule.operations) {
    return { ...data.defaults, ...rule, captures: {} };
  }
  const operation = findOperation(rule.operations, facts);
  return operation && { ...data.defaults, ...rule, ...operation };
}

function findRule({ routes }: PolicyData, { binding }: RequestFacts): RuleData | undefined {
  const own = (id: string | undefined): RuleData | undefined =>
    id !== undefined && Object.hasOwn(routes, id) ? routes[id] : undefined;
  if (binding.by === "rule") {
    return own(binding.rule);
  }
  const [tag] = binding.tags.filter((text) => text.startsWith("jwt-policy-rule:"));
  return own(binding.name) ?? own(tag?.slice("jwt-policy-rule:".length));
}

function isConnectionOption(text: string): boolean {
  const bare = text.replaceAll(/^[ \t]+|[ \t]+$/g, "");
  const small = bare.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  return bare === "" || CONNECTION.includes(small);
}

function findOperation(
  operations: NonNullable<RuleData["operations"]>,
  { requestLine }: RequestFacts,
): Matched | undefined {
  const path = requestLine?.target.replace(/\?.*$/s, "") ?? "";
  const decoded = path.startsWith("/") && PLAIN_PATH.test(path) ? decode(path) : undefined;
  if (!requestLine || decoded === undefined) {
    return undefined;
  }
  const wanted = requestLine.method === "HEAD" ? ["HEAD", "GET"] : [requestLine.method];
  for (const operation of operations) {
    const fit = new RegExp(`^${operation.path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`).exec(decoded);
    if (fit && wanted.some((method) => operation.methods.includes(method))) {
      return { ...operation, captures: fit.groups ?? {} };
    }
  }
  return undefined;
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
