import { stringify } from "yaml";
import type { Sender } from "../../../offline/compare/cells/compare-cell.ts";
import type { Both } from "../../../offline/compare/cells/policy-version.ts";
import { fingerprintOf } from "../../../offline/compare/fingerprint.ts";
import { Replayer } from "../../../offline/compare/replay.ts";
import { compareRoutes, type RoutingChange, type Witness } from "../../../offline/compare/routing/compare-routes.ts";
import type { Target } from "../../../offline/compare/routing/find-target.ts";
import { reasonOf, writeToken } from "../../../offline/compare/write-test.ts";
import type { CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import { compileRegex } from "../../../sandbox/regex/run-regex.ts";
import { describeDecision, type FileComparison, type FoundChange } from "../policies/compare-files.ts";
import { type GatewayPlace, loadGateway } from "./load-gateway.ts";

/** The outcome of a request in one version of the gateway. */
interface Outcome {
  readonly text: string;
  readonly passes: boolean;
  /** The reason of a denial, even if report mode lets the request pass. */
  readonly reason: string | undefined;
}

/** Compares two versions of Kong's files. Findings use `file` as the file's name. */
export async function compareGateways(
  file: string,
  [before, after]: Both<GatewayPlace>,
  nowSeconds: number,
): Promise<FileComparison> {
  const [old, current] = [await loadGateway(before), await loadGateway(after)];
  if (!old.ok || !current.ok) {
    return { changes: [], findings: [old, current].flatMap((one) => (one.ok ? [] : one.failure)) };
  }
  const changes = compareRoutes([old.value, current.value], nowSeconds, samplePattern);
  const replayer = new Replayer(nowSeconds);
  const found = await Promise.all(changes.map((change) => describeChange(file, change, replayer, nowSeconds)));
  return { changes: found, findings: [] };
}

function samplePattern(pattern: string): string | undefined {
  try {
    return compileRegex(pattern).example;
  } catch {
    return undefined;
  }
}

async function describeChange(
  file: string,
  { change, witness }: RoutingChange,
  replayer: Replayer,
  nowSeconds: number,
): Promise<FoundChange> {
  const fingerprint = fingerprintOf(change, file);
  if (!witness) {
    return { file, path: file, change, fingerprint, policy: undefined };
  }
  const [before, after] = [
    await replay(witness, witness.targets[0], replayer),
    await replay(witness, witness.targets[1], replayer),
  ];
  if (change.direction !== "unknown" && isSame(before, after, witness)) {
    throw new Error(
      `the example of a change in ${file} has the same outcome in both versions. This is a defect of diff: please report it with both files`,
    );
  }
  return {
    file,
    path: file,
    change,
    fingerprint,
    before: before.text,
    after: after.text,
    request: describeRequest(witness),
    ...(canBeTested(witness) && { test: writeRoutedTest(witness, before, nowSeconds) }),
    policy: policiesOf(witness).at(-1),
  };
}

/**
 * Usually, a request that passes only because of report mode counts as denied. But if the example shows a change of the
 * mode itself, such a request counts as passed.
 */
function isSame(before: Outcome, after: Outcome, { shows }: Witness): boolean {
  return shows === "mode"
    ? before.passes === after.passes
    : (before.passes && before.reason === undefined) === (after.passes && after.reason === undefined);
}

/** Routes the request again, and lets the gateway's own code decide. */
async function replay({ request, sender }: Witness, target: Target, replayer: Replayer): Promise<Outcome> {
  const { judge, upstream } = target;
  if (!judge) {
    return { text: "no Route, Kong answers 404", passes: false, reason: undefined };
  }
  if (judge.by === "nobody") {
    return { text: `passes to ${upstream}, no jwt-policy runs`, passes: true, reason: undefined };
  }
  if (judge.by === "refused") {
    return { text: `refused, because ${judge.why}`, passes: false, reason: undefined };
  }
  const headers = new Map([
    ...(request.host === undefined ? [] : [["host", request.host] as const]),
    ...request.headers,
  ]);
  const decision = await replayer.decide(
    sender,
    { ...request, headers, binding: judge.binding, transport: request.isTls ? "tls" : "plain" },
    judge.version.policy,
  );
  const passes = decision.verdict === "allow";
  const text = describeDecision(decision);
  return { text: passes ? `${text}, to ${upstream}` : text, passes, reason: reasonOf(decision) };
}

function describeRequest({ request, sender }: Witness): string {
  const { method, host, path, headers, isTls } = request;
  const fields = [...headers].map(([name, value]) => `, ${name}: ${value}`);
  const what = sender.sends === "preflight" ? `CORS preflight for ${method}` : method;
  return `${what} ${isTls ? "https" : "http"}://${host ?? "any-host"}${path}${fields.join("")}${describeSent(sender)}`;
}

function describeSent(sender: Sender): string {
  switch (sender.sends) {
    case "token":
      return `, with a token of ${String(sender.token.claims.iss)}`;
    case "invalid_token":
      return ", with an invalid token";
    default:
      return ", without a token";
  }
}

/**
 * A test is possible only if a policy judges the request, or if no Route fits the request. A test cannot show a change
 * of the upstream, or a caller that another plugin has authenticated.
 */
function canBeTested({ targets: [old], sender, shows }: Witness): boolean {
  const isKnown = sender.sends !== "preflight" && sender.isKnownToKong;
  return shows !== "upstream" && old.judge?.by !== "nobody" && old.judge?.by !== "refused" && !isKnown;
}

function writeRoutedTest(witness: Witness, before: Outcome, nowSeconds: number): string {
  const { request, sender } = witness;
  const { method, host, path, template, headers, isTls } = request;
  const isPreflight = sender.sends === "preflight";
  const preflight = { origin: "https://app.example.com", "access-control-request-method": method };
  const fields = { ...Object.fromEntries(headers), ...(isPreflight && preflight) };
  const expect = witness.targets[0].judge === undefined ? "not_routed" : (before.reason ?? "allow");
  const test = {
    name: `${method} ${template} is routed as before`,
    ...writeToken(sender, policiesOf(witness), nowSeconds),
    method: isPreflight ? "OPTIONS" : method,
    path,
    ...(host !== undefined && { host }),
    ...(Object.keys(fields).length > 0 && { headers: fields }),
    ...(!isTls && { transport: "plain" }),
    expect: before.passes && before.reason !== undefined ? { report: before.reason } : expect,
  };
  return stringify([test], { lineWidth: 0 });
}

function policiesOf({ targets }: Witness): readonly CompiledPolicy[] {
  return targets.flatMap(({ judge }) => (judge?.by === "policy" ? [judge.version.policy] : []));
}
