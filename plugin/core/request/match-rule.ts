import { listValues, quotePath, quoteValue } from "../detail/quote-value.ts";
import { type Denial, deny } from "../model/denial.ts";
import type { CompiledPolicy, CompiledRule, Mode, Requirements } from "../model/policy.ts";
import { type Binding, type RequestFacts, type RequestLine, RULE_TAG_PREFIX } from "../model/request.ts";
import { fail, PASSED, type Result, succeed } from "../model/result.ts";
import { pathOf } from "../text/query.ts";
import { chooseOperation } from "./choose-operation.ts";
import { countBytes, hasDotSegment, MAX_UNUSUAL_BYTES } from "./dot-segments.ts";
import { readPreflight } from "./preflight.ts";
import { splitPath } from "./request-path.ts";

export interface Match {
  readonly requirements: Requirements;
  /**
   * One text for each segment of the request's path. If the operation has a placeholder at the segment, the list has
   * the text that fills the placeholder. Otherwise, the list has the whole segment of the path. The list is empty if
   * the rule has no operations.
   */
  readonly segments: readonly string[];
  /**
   * Whether the request needs no token: the rule is public, or the request is a CORS preflight that may pass.
   */
  readonly isOpen: boolean;
}

/** A request that is denied before the plugin looks for a token. */
export interface Mismatch {
  readonly denial: Denial;
  /**
   * The mode of the matched rule or operation. If several rules or operations may match, `mode` is the strictest of
   * their modes.
   */
  readonly mode: Mode;
  /** Requirements of the matched rule or operation; undefined if no rule or operation matched. */
  readonly requirements?: Requirements;
}

// Matches a real connection option, or an empty string. Any other string in `Connection` is the name of a header, and
// Kong deletes the named header after all plugins have run. Letters of other alphabets never match, even if their lower
// case is an ASCII letter (the Kelvin sign becomes k).
const CONNECTION_OPTION =
  /^[ \t]*(?:(?:close|keep-alive|upgrade|te|trailer|transfer-encoding|http2-settings|proxy-connection)[ \t]*)?$/i;

/** Only field names of this form are shown in the log. A string that is not a field name may be a secret. */
const FIELD_NAME = /^[A-Za-z0-9_-]{1,40}$/;
const PROTOCOL = /^[a-z]{1,8}(?:, ?[a-z]{1,8})?$/i;

/**
 * Only eight options exist, so no client needs more than 64 options or a header with more than 1,024 characters.
 * Reading thousands of options would take long.
 */
const MAX_CONNECTION_OPTIONS = 64;
const MAX_CONNECTION_LENGTH = 1_024;

/**
 * Rejects a path that the upstream may read as a path of another Kong Route, whatever the rule says. Also rejects a
 * path with `#`. Requests have no fragment (RFC 9112 section 3.2), so servers disagree on where such a path ends.
 */
export function checkPath(policy: CompiledPolicy, { requestLine }: RequestFacts): Result<undefined, Mismatch> {
  if (!requestLine) {
    // Report mode still rejects a request when no decision was possible.
    return fail({
      denial: { reason: "path_ambiguous", detail: "the request line is malformed: it is not METHOD PATH HTTP/VERSION" },
      mode: "enforce",
    });
  }
  const { target } = requestLine;
  const hasFragment = target.includes("#");
  if (!hasFragment && !hasDotSegment(target)) {
    return PASSED;
  }
  const detail = hasFragment
    ? `a # in the request line, after ${quotePath(target)}`
    : `the path ${quotePath(target)} has a dot segment, or a part that some servers read as a dot segment${describeLength(target)}`;
  return fail({ denial: { reason: "path_ambiguous", detail }, mode: strictestModeOfAll(policy) });
}

/** If the path may have been refused only because of its length, returns a note with the length. */
function describeLength(target: string): string {
  const bytes = countBytes(pathOf(target));
  return bytes > MAX_UNUSUAL_BYTES ? `, or its ${bytes} bytes are too many to check` : "";
}

/**
 * Finds the requirements for the request. Rejects ambiguous requests. Also rejects clear-text requests, unless the rule
 * allows them.
 *
 * @param isBare whether the request has no credentials in any token source.
 */
export function matchRequest(rule: CompiledRule, facts: RequestFacts, isBare: boolean): Result<Match, Mismatch> {
  const match = matchOperation(rule, facts, isBare);
  if (facts.connection !== undefined && !hasOnlyConnectionOptions(facts.connection)) {
    return mismatch({ reason: "connection_header_refused", detail: describeConnection(facts.connection) }, match);
  }
  return !match.ok || match.value.isOpen || match.value.requirements.allowsHttp || facts.transport !== "plain"
    ? match
    : mismatch({ reason: "insecure_transport", detail: describeTransport(facts) }, match);
}

/**
 * Denies a request because of its `Connection` header or its transport, even if the request matches a rule or
 * operation. The denial has the mode of the matched rule or operation.
 */
function mismatch(denial: Denial, match: Result<Match, Mismatch>): Result<never, Mismatch> {
  if (!match.ok) {
    return fail({ denial, mode: match.failure.mode });
  }
  const { requirements } = match.value;
  return fail({ denial, mode: requirements.mode, requirements });
}

function matchOperation(rule: CompiledRule, facts: RequestFacts, isBare: boolean): Result<Match, Mismatch> {
  const preflight = readPreflight(facts, isBare);
  const found = (
    requirements: Requirements,
    segments: readonly string[],
    isPreflight: boolean,
  ): Result<Match, never> => {
    const isOpen = requirements.access === "public" || (isPreflight && requirements.passesPreflight);
    return succeed({ requirements, segments, isOpen });
  };
  if (!rule.operations) {
    return found(rule.requirements, [], preflight !== undefined);
  }
  const segments = facts.requestLine && splitPath(facts.requestLine.target);
  if (!facts.requestLine || !segments) {
    const mode = strictestMode(rule.requirements, rule.operations.values);
    const path = quotePath(facts.requestLine?.target ?? "");
    const detail = `the path ${path} has an empty segment, an encoded separator or a wrong escape, and rule "${rule.id}" decides by path`;
    return fail({ denial: { reason: "path_ambiguous", detail }, mode });
  }
  const { method, target } = facts.requestLine;
  const own = chooseOperation(rule.operations, method, target, segments);
  if (own.ok) {
    return found(own.value.value, own.value.captured, false);
  }
  // For a preflight, the plugin matches the request that the preflight announces.
  const asked = preflight === undefined ? own : chooseOperation(rule.operations, preflight, target, segments);
  if (asked.ok && own.failure === "none" && asked.value.value.passesPreflight) {
    return found(asked.value.value, asked.value.captured, true);
  }
  if (own.failure === "ambiguous" || (!asked.ok && asked.failure === "ambiguous")) {
    const detail = `some servers read the path as the path of a more specific operation of rule "${rule.id}"`;
    const mode = strictestMode(rule.requirements, rule.operations.values);
    return fail({ denial: { reason: "path_ambiguous", detail }, mode });
  }
  const detail = `no operation of rule "${rule.id}" fits ${describeRequest(facts.requestLine)}`;
  return fail({ denial: { reason: "no_matching_rule", detail }, mode: rule.requirements.mode });
}

/**
 * Returns `enforce` if the rule or one of its operations enforces, because some server may read the path as the path of
 * any operation.
 */
function strictestMode(rule: Requirements, operations: readonly Requirements[]): Mode {
  return [rule, ...operations].some(({ mode }) => mode === "enforce") ? "enforce" : "report";
}

/** Returns `enforce` if any part of the policy enforces, because the path may lead to any Kong Route. */
function strictestModeOfAll({ rules, unmatchedMode }: CompiledPolicy): Mode {
  const modes = [...rules.values()].map((rule) => strictestMode(rule.requirements, rule.operations?.values ?? []));
  return [unmatchedMode, ...modes].includes("enforce") ? "enforce" : "report";
}

/**
 * Finds the rule that the configuration names. If the configuration names no rule, finds the rule with the Route's
 * name, or the rule that a tag of the Route names.
 */
export function findRule(policy: CompiledPolicy, binding: Binding): Result<CompiledRule, Denial> {
  if (binding.by === "rule") {
    const named = policy.rules.get(binding.rule);
    return named
      ? succeed(named)
      : deny({
          reason: "policy_unavailable",
          detail: `policy "${policy.name}" has no rule "${binding.rule}", which the plugin's config names; it has ${listValues(policy.rules.keys())}`,
        });
  }
  const byName = binding.name === undefined ? undefined : policy.rules.get(binding.name);
  const tag = binding.tags.find((candidate) => candidate.startsWith(RULE_TAG_PREFIX));
  const byTag = tag === undefined ? undefined : policy.rules.get(tag.slice(RULE_TAG_PREFIX.length));
  const rule = byName ?? byTag;
  return rule
    ? succeed(rule)
    : deny({
        reason: "no_matching_rule",
        detail: `policy "${policy.name}" names no rule for ${describeRoute(binding.name, tag)}; it has ${listValues(policy.rules.keys())}`,
      });
}

function describeRoute(name: string | undefined, tag: string | undefined): string {
  const route = name === undefined ? "a Kong Route without a name" : `Kong Route "${name}"`;
  return tag === undefined ? route : `${route} with the tag ${quoteValue(tag)}`;
}

function describeRequest({ method, target }: RequestLine): string {
  return `${quoteValue(method)} ${quotePath(target)}`;
}

function describeTransport({ headers, client }: RequestFacts): string {
  const from = client === undefined ? "" : ` from ${quoteValue(client)}`;
  const said = headers.get("x-forwarded-proto");
  if (said === undefined) {
    return `http${from}, and no X-Forwarded-Proto`;
  }
  if (!PROTOCOL.test(said)) {
    return `http${from}, and X-Forwarded-Proto is not the name of a protocol, expected https`;
  }
  return said.toLowerCase() === "https"
    ? `http${from}, and X-Forwarded-Proto: https came from an address that is not in trusted_ips`
    : `http${from}, and X-Forwarded-Proto is ${quoteValue(said)}, expected https`;
}

/**
 * Shows a name in `Connection` only if it is a plain field name, because a client can write any string into this
 * header.
 */
function describeConnection(connection: string): string {
  if (connection.length > MAX_CONNECTION_LENGTH) {
    return `Connection has ${connection.length} characters, at most ${MAX_CONNECTION_LENGTH} are allowed`;
  }
  const options = connection.split(",", MAX_CONNECTION_OPTIONS + 1);
  const field = options.find((option) => !CONNECTION_OPTION.test(option)) ?? "";
  return options.length > MAX_CONNECTION_OPTIONS
    ? `Connection has more than ${MAX_CONNECTION_OPTIONS} options`
    : `Connection names ${FIELD_NAME.test(field.trim()) ? quoteValue(field.trim()) : "a text that is not a field name"}`;
}

function hasOnlyConnectionOptions(connection: string): boolean {
  if (connection.length > MAX_CONNECTION_LENGTH) {
    return false;
  }
  const options = connection.split(",", MAX_CONNECTION_OPTIONS + 1);
  return options.length <= MAX_CONNECTION_OPTIONS && options.every((option) => CONNECTION_OPTION.test(option));
}
