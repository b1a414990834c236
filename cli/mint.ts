import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { readTime, TIME_CLAIMS } from "../offline/tokens/times.ts";
import { listIssuers } from "../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy, CompiledRule, Requirements } from "../plugin/core/model/policy.ts";
import { toPrintableLines } from "../plugin/core/text/printable.ts";
import { durationSeconds } from "../plugin/policy/language/duration.ts";
import { didYouMean } from "../plugin/policy/language/suggest-name.ts";
import { acceptAll, requireOnly } from "../plugin/policy/satisfy/least-requirements.ts";
import { describePath, listOperations, type Operation } from "../plugin/policy/satisfy/list-operations.ts";
import { satisfyRule } from "../plugin/policy/satisfy/satisfy-rule.ts";
import { placeToken, type SatisfyingRequest } from "../plugin/policy/satisfy/write-request.ts";
import { type ClaimChanges, changeClaims } from "../sandbox/stand-in/change-claims.ts";
import { defaultKeyDirectory, takeKey } from "../sandbox/stand-in/key-directory.ts";
import { signToken } from "../sandbox/stand-in/sign-token.ts";
import { collectValues } from "./files/collect-values.ts";
import { readOrReport } from "./files/read-or-report.ts";

interface MintOptions {
  readonly rule?: string;
  readonly operation?: string;
  readonly issuer?: string;
  readonly alternative?: number;
  readonly consumer: readonly string[];
  readonly claims?: string;
  readonly exactClaims?: string;
  readonly set: readonly string[];
  readonly remove: readonly string[];
  readonly without: readonly string[];
  readonly expired?: boolean;
  readonly notYetValid?: boolean;
  readonly wrongAudience?: boolean;
  readonly lifetime?: number;
  /** If false, the token's header has no `typ`. */
  readonly typ?: string | false;
  readonly alg?: string;
  readonly keys: string;
}

/** The name of a rule that requires only a valid token. A policy document cannot have a rule with this name. */
const ANY_RULE = "(any rule)";

export function addMintCommand(program: Command): void {
  program
    .command("mint")
    .description(
      "make a token for a sandbox that was started with --stand-in; by default, the token satisfies a rule of the policy; prints only the token",
    )
    .argument("<file>", "policy file, YAML or JSON")
    .option("--rule <rule>", "the rule that the token must satisfy; without it, the token is only valid")
    .option("--operation <operation>", 'the operation of the rule, such as "GET /refunds/{id}"')
    .option("--issuer <id>", "id of the token's issuer in the policy")
    .option("--alternative <number>", "which alternative of any_of the token must satisfy, counted from 1", parseNumber)
    .option(
      "--consumer <username>",
      "a Consumer that Kong has, for policies that refuse unknown Consumers",
      collectValues,
      [],
    )
    .addOption(new Option("--claims <json>", "claims to set, as a JSON object").conflicts("exactClaims"))
    .addOption(
      new Option(
        "--exact-claims <json>",
        'the only claims of the token, apart from those of --set, as a JSON object; times may be relative, such as "exp": "+300s"',
      ).conflicts(["expired", "notYetValid", "lifetime"]),
    )
    .option(
      "--set <claim=value>",
      "set one claim (a name or a JSON Pointer) to a JSON value, or to a string",
      collectValues,
      [],
    )
    .option("--remove <claim>", "remove one claim (a name or a JSON Pointer)", collectValues, [])
    .option("--without <name>", "remove this scope, role or group from the claims that have it", collectValues, [])
    .option("--expired", "a token that has expired")
    .option("--not-yet-valid", "a token that is valid in an hour")
    .option("--wrong-audience", "a token for another audience")
    .option("--lifetime <duration>", "how long the token is valid, such as 8h", parseLifetime)
    .option("--typ <type>", "the header parameter typ")
    .option("--no-typ", "no header parameter typ")
    .addOption(new Option("--alg <algorithm>", "the algorithm, one of the issuer's algorithms"))
    .option("--keys <dir>", "directory of the sandbox's keys", defaultKeyDirectory())
    .action(printToken);
}

async function printToken(file: string, options: MintOptions): Promise<void> {
  const load = await readOrReport(file);
  if (!load) {
    return;
  }
  const request = await findRequest(load.value, options);
  if (typeof request === "string") {
    process.stderr.write(`${toPrintableLines(request)}\n`);
    process.exitCode = 1;
    return;
  }
  const { token } = request;
  if (token === undefined) {
    throw new Error("the request needs no token");
  }
  const key = await takeKey(resolve(options.keys), options.alg ?? token.algorithm);
  const drafted = options.exactClaims === undefined ? token.claims : readExactClaims(options.exactClaims);
  const claims = changeClaims(drafted, token.issuer, readChanges(options));
  const typ = options.typ === false ? undefined : (options.typ ?? token.typ);
  process.stdout.write(`${await signToken(key, typ, claims)}\n`);
  if (request.source?.from !== "authorization" || request.headers.size > 0) {
    process.stderr.write(`${toPrintableLines(describePlace(request))}\n`);
  }
}

/** @returns a request that satisfies the policy. If there is no such request, a message that says why. */
async function findRequest(policy: CompiledPolicy, options: MintOptions): Promise<SatisfyingRequest | string> {
  const { issuer: id, alg, alternative } = options;
  const issuers = listIssuers(policy);
  const issuer = id === undefined ? undefined : issuers.find((one) => one.id === id);
  if (id !== undefined && issuer === undefined) {
    throw new Error(
      `policy "${policy.name}" has no issuer "${id}".${describeKnown(
        id,
        issuers.map((one) => one.id),
      )}`,
    );
  }
  if (alg !== undefined && !issuers.some((one) => one.algorithms.has(alg))) {
    throw new Error(`no issuer of policy "${policy.name}" has the algorithm "${alg}"`);
  }
  const { asked, rule } = findRule(policy, options);
  const reasons: string[] = [];
  for (const operation of selectOperations(rule, options.operation)) {
    const satisfied = await satisfyRule({
      policy: asked,
      rule: rule.id,
      operation,
      withToken: true,
      canSign: (one) => (id === undefined || one.id === id) && (alg === undefined || one.algorithms.has(alg)),
      ...(alternative === undefined ? {} : { alternative: alternative - 1 }),
      consumers: options.consumer.map((username) => ({ id: username, username })),
      nowSeconds: Date.now() / 1000,
    });
    if (satisfied.ok && satisfied.value.token !== undefined) {
      return satisfied.value;
    }
    reasons.push(...(satisfied.ok ? ["the rule is public: it needs no token"] : satisfied.failure.reasons));
  }
  return [`No token was found that satisfies rule "${rule.id}" of policy "${policy.name}":`, ...new Set(reasons)].join(
    "\n- ",
  );
}

/** If the user names no rule, the token only has to be valid. */
function findRule(policy: CompiledPolicy, { rule: id }: MintOptions): { asked: CompiledPolicy; rule: CompiledRule } {
  if (id === undefined) {
    const rule = { id: ANY_RULE, operations: undefined, requirements: requireNothing(policy) };
    return { asked: { ...policy, rules: new Map([[ANY_RULE, rule]]), headerMappings: [], identity: undefined }, rule };
  }
  const rule = policy.rules.get(id);
  if (rule === undefined) {
    throw new Error(`policy "${policy.name}" has no rule "${id}".${describeKnown(id, [...policy.rules.keys()])}`);
  }
  return { asked: policy, rule };
}

function requireNothing(policy: CompiledPolicy): Requirements {
  return requireOnly(acceptAll(new Set(listIssuers(policy).map(({ id }) => id)), undefined));
}

/** The comparison ignores the names in braces: `GET /refunds/{id}` is the same operation as `GET /refunds/{refund}`. */
function selectOperations(rule: CompiledRule, wanted: string | undefined): readonly Operation[] {
  const operations = listOperations(rule);
  if (wanted === undefined) {
    return operations;
  }
  const [method = "", path = ""] = wanted.trim().split(/\s+/);
  const plain = path.replace(/\{[^/{}]*\}/g, "{}");
  const found = operations.filter(
    ({ methods, segments }) => methods?.includes(method.toUpperCase()) && describePath(segments ?? []) === plain,
  );
  if (found.length === 0) {
    const known = operations.map(({ methods = [], segments = [] }) => `${methods.join(",")} ${describePath(segments)}`);
    const which = rule.operations === undefined ? "it has no operations" : `it has ${known.join("; ")}`;
    throw new Error(`rule "${rule.id}" has no operation "${wanted}": ${which}`);
  }
  return found;
}

function readChanges(options: MintOptions): ClaimChanges {
  const { claims, set, remove, without, expired, notYetValid, wrongAudience, lifetime } = options;
  const pairs = set.map((pair): [string, unknown] => {
    const equals = pair.indexOf("=");
    if (equals < 1) {
      throw new Error(`--set ${pair} must be claim=value, such as --set sub=alice`);
    }
    return [pair.slice(0, equals), readValue(pair.slice(equals + 1))];
  });
  return {
    nowSeconds: Math.floor(Date.now() / 1000),
    lifetimeSeconds: lifetime,
    period: expired === true ? "past" : notYetValid === true ? "future" : "now",
    hasWrongAudience: wrongAudience === true,
    without,
    set: [...Object.entries(readClaims(claims)).map(([name, value]): [string, unknown] => [name, value]), ...pairs],
    remove,
  };
}

/** Reads a JSON value. If the text is not JSON, the value is the text itself. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readClaims(text: string | undefined, option = "--claims"): object {
  const claims = text === undefined ? {} : readValue(text);
  if (typeof claims !== "object" || claims === null || Array.isArray(claims)) {
    throw new Error(`${option} must be a JSON object`);
  }
  return claims;
}

function readExactClaims(text: string): object {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const claims = Object.entries(readClaims(text, "--exact-claims")).map(([name, value]) => [
    name,
    TIME_CLAIMS.includes(name) && typeof value === "string" ? (readTime(value, nowSeconds) ?? value) : value,
  ]);
  return Object.fromEntries(claims);
}

function describePlace(request: SatisfyingRequest): string {
  const { method } = request;
  const { target, headers } = placeToken(request, "$TOKEN");
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  return `The policy allows this token in: ${[`${method} ${target}`, ...lines].join("; ")}`;
}

function describeKnown(name: string, known: readonly string[]): string {
  return didYouMean(name, known) || ` Known: ${known.join(", ")}.`;
}

function parseNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) {
    throw new InvalidArgumentError("The value must be a number from 1.");
  }
  return Number(text);
}

function parseLifetime(text: string): number {
  if (!/^[1-9]\d{0,8}[smhd]$/.test(text)) {
    throw new InvalidArgumentError("The value must be a duration such as 30s, 10m or 8h.");
  }
  return durationSeconds(text);
}
