import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { NO_CALLERS } from "../../plugin/core/model/caller.ts";
import { parseClaimReference } from "../../plugin/core/model/claim-reference.ts";
import { EventRecord } from "../../plugin/kong/facts/event-record.ts";
import { AbuseWatch } from "../../plugin/observe/abuse/abuse-watch.ts";
import { DecisionLog } from "../../plugin/observe/decisions/decision-log.ts";
import type { DecisionLogSettings } from "../../plugin/observe/decisions/log-settings.ts";
import { createPolicyStore } from "../../plugin/runtime/load/policy-store.ts";
import { createRuntime } from "../../plugin/runtime/runtime.ts";
import { createMetrics } from "../../plugin/server/metrics/create-metrics.ts";
import { compileDocument, NOW } from "../core/fixtures.ts";
import { logInto } from "../logs.ts";
import { abuseSettings } from "../observe/abuse/settings.ts";
import { CANARY_POLICY, canaries, hasPartOf, requestsInPart } from "../observe/canaries.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/**
 * Every field, and two claims that the log may have: one plain claim without a canary, and one claim as a pseudonym.
 */
const SETTINGS: DecisionLogSettings = {
  to: "",
  allows: 1,
  fields: [
    ...(["request_id", "trace_id", "policy", "policy_file", "policy_version", "plugin_id", "rule", "route"] as const),
    ...(["method", "host", "path", "client", "headers", "transport", "mode", "reason", "stage", "status"] as const),
    ...(["issuer", "kid", "token_source", "reused"] as const),
  ],
  claims: [
    { claim: parseClaimReference("client_id"), as: "plain" },
    { claim: parseClaimReference("sub"), as: "hmac" },
  ],
  pseudonymSecret: undefined,
  rotateSeconds: 86_400,
  linesPerSecond: 100_000,
  queueBytes: 64 * 1024 * 1024,
};
const KONG = { ...NO_CALLERS, workspace: "", loadConsumer: async () => undefined };

/**
 * Values that the log shows on purpose. They are a `kid` after a valid signature, and the name of the Kong Route, which
 * is configuration.
 */
const SHOWN: ReadonlySet<string> = new Set(["header kid"]);

it(`no log, metric or status contains a part of ${canaries.length} tokens and secrets, wherever the client puts them`, {
  timeout: 600_000,
}, async () => {
  const directory = temporaryFolder(onTestFinished);
  writeFileSync(join(directory, "canary.json"), CANARY_POLICY);
  let lines = "";
  const sink = {
    async write(text: string) {
      lines += text;
    },
    writeLast() {},
    reopen() {},
  };
  const operatorLog: string[] = [];
  const now = (): number => NOW * 1_000;
  const warn = (line: string): void => void operatorLog.push(line);
  const decisionLog = new DecisionLog({ settings: SETTINGS, sink, now, warn });
  let requests = 0;
  // Each detector raises as many alarms as it can.
  const abuse = new AbuseWatch({
    settings: abuseSettings({
      shared_tokens: { networks: 2, on_abuse: "refuse_token" },
      failing_subjects: { per_minute: 10 },
      unknown_keys: { per_minute: 10 },
      limits: { lines_per_minute: 1000, repeat_after: "1m" },
    }),
    now: () => requests * 60_000,
    monotonicMs: () => requests * 100,
    hashKey: new Uint8Array(24),
    unseenMs: 10_000,
    warn,
    log: (members) => decisionLog.noteAbuse(members),
  });
  const compiler = createPolicyStore(directory);
  const ports = { now, log: logInto(operatorLog), decisionLog, abuse };
  const runtime = createRuntime({ policyRoot: directory, compiler, policyPollMs: 600_000, ...ports });
  onTestFinished(() => runtime.stop());
  const metrics = createMetrics({ runtime, decisionLog, abuse, now });
  const policy = compileDocument(CANARY_POLICY);
  const leaks: string[] = [];
  for (const [index, secret] of canaries.entries()) {
    for (const [where, facts] of requestsInPart(index, secret, 4)) {
      const event = new EventRecord();
      event.policy = policy;
      const headers = new Map([...facts.headers, ["traceparent", secret], ["host", secret]]);
      requests += 1;
      event.facts = { ...facts, headers, client: index % 8 < 4 ? "203.0.113.7" : "198.51.100.9", guard: undefined };
      runtime.observe(await runtime.decide(facts, policy, KONG, event), event, 0.1);
      await decisionLog.flush();
      if (hasPartOf(secret, lines) && !SHOWN.has(where)) {
        leaks.push(`${where}: ${secret} in ${lines}`);
      }
      lines = "";
    }
  }
  expect(leaks.slice(0, 5)).toEqual([]);
  const alarms = operatorLog.filter((line) => line.startsWith("abuse: "));
  expect(new Set(alarms.map((line) => / kind=(\w+)/.exec(line)?.[1]))).toEqual(
    new Set(["shared_token", "failing_subject", "unknown_keys"]),
  );
  expect(alarms.filter((line) => /alice|203\.0|198\.51/.test(line))).toEqual([]);
  const status = JSON.stringify([
    runtime.status(),
    runtime.keyStatus(),
    runtime.reportStatus(),
    runtime.judgedStatus(),
    runtime.countStatus(),
  ]);
  const rest = [...operatorLog, status, await metrics.render([])].join("\n");
  expect(canaries.filter((secret) => hasPartOf(secret, rest))).toEqual([]);
  await decisionLog.close();
});
