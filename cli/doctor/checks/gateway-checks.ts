import { findLintRule, pageOf } from "../../../offline/lint/rules/registry.ts";
import { isLoopbackName } from "../../../plugin/keys/rules/fetch-url.ts";
import type { Finding } from "../../../plugin/policy/language/finding.ts";
import { type DoctorCheck, failed, notChecked, outcomeOf, passed } from "../model/check.ts";
import type { Problem } from "../model/problem.ts";
import type { Setup } from "../model/setup.ts";

const CLOCK = "clock_differs";
const MAX_FINDINGS = 50;

/** Checks of Kong's entities, of the issuers, and of the status port. */
export const GATEWAY_CHECKS: readonly DoctorCheck[] = [
  {
    id: "routes_judged",
    checks:
      "Each jwt-policy plugin has a valid policy under the root, and each Route has a policy and a rule. The check uses the rules of `lint`.",
    why: "A Route without a policy lets every request pass. A plugin without a usable policy answers 503.",
    fix: "Correct the entity that the finding names.",
    run({ gateway }) {
      if (!gateway.ok) {
        const { detail, wasAsked } = gateway.failure;
        return wasAsked ? failed({ message: detail, fix: "correct --admin-url, or start Kong" }) : notChecked(detail);
      }
      const { source, findings, routes, plugins } = gateway.value;
      return plugins === 0 && findings.length === 0
        ? failed({
            severity: "warning",
            message: `${source} has no jwt-policy plugin, so no request is judged`,
            fix: "add the plugin to a Route or a Service, or globally (docs/guides/kong.md)",
          })
        : outcomeOf(findings.slice(0, MAX_FINDINGS).map(fromLint), `${routes} Routes, ${plugins} plugins in ${source}`);
    },
  },
  {
    id: "plugins_conflict",
    checks:
      "On Routes with jwt-policy, no other plugin reads the same token, changes the token before jwt-policy, or caches one answer for all callers.",
    why: "Such a plugin may refuse requests that the policy allows, or may send one caller the answer for another caller.",
    fix: "Remove one of the two plugins from the Route, or configure it as the finding says.",
    run: ({ gateway }) =>
      gateway.ok ? outcomeOf(gateway.value.conflicts, "no plugin in conflict") : notChecked(gateway.failure.detail),
  },
  {
    id: "plugins_order",
    checks: "No plugin has an `ordering` that moves jwt-policy, or that moves another plugin in front of jwt-policy.",
    why: "A plugin that runs before jwt-policy sees requests that no policy has judged.",
    fix: "Remove the ordering, or check that the plugin does not trust such requests.",
    run: ({ gateway }) =>
      gateway.ok
        ? outcomeOf(gateway.value.orders, "no plugin has an ordering that changes when jwt-policy runs")
        : notChecked(gateway.failure.detail),
  },
  {
    id: "issuers_answer",
    checks:
      "Each issuer of each policy answers with metadata and keys that fit the policy. The check is the same as `validate --online`.",
    why: "Without keys, all tokens of the issuer get 503.",
    fix: "Each finding says what to do ([checking issuers](../guides/checking-issuers.md)).",
    run({ issuers }) {
      if (!issuers.ok) {
        return notChecked(issuers.failure);
      }
      const found = issuers.value.findings.filter(({ code }) => code !== CLOCK);
      const fix = "follow the message; `kong-jwt-policy validate --online` repeats only this check";
      return outcomeOf(
        found.slice(0, MAX_FINDINGS).map((finding) => ({ ...finding, fix })),
        issuers.value.issuers.map(({ id }) => id).join(", "),
      );
    },
  },
  {
    id: "clock",
    checks: "The clocks of this machine and of each issuer differ by less than the policy's `clock_skew`.",
    why: "If the clocks differ more, the plugin may refuse valid tokens or accept expired tokens.",
    fix: "Synchronise the clock by NTP (`timedatectl set-ntp true`).",
    run: checkClock,
  },
  {
    id: "status_port",
    checks: "The status port of the plugin server answers, is ready, and listens on loopback only.",
    why: "Probes use this port. The answers contain the names of policies and issuers, so other machines should not reach the port.",
    fix: "Set `--status-listen 127.0.0.1:8008`. If the server is not ready, correct the problems that `/status/ready` lists.",
    run: checkStatus,
  },
];

/** The fix only says to follow the message, because a message of `lint` already contains the fix. */
function fromLint(finding: Finding): Problem {
  const rule = findLintRule(finding.code);
  return { ...finding, fix: rule ? `follow the message; see ${pageOf(rule)}` : "follow the message" };
}

function checkClock({ issuers }: Setup): ReturnType<DoctorCheck["run"]> {
  if (!issuers.ok) {
    return notChecked(issuers.failure);
  }
  const places = issuers.value.issuers.flatMap(({ id, places: all }) =>
    all.flatMap(({ clock_ahead_seconds: ahead }) => (ahead === null ? [] : [{ id, ahead }])),
  );
  const found = issuers.value.findings.filter(({ code }) => code === CLOCK);
  if (places.length === 0 && found.length === 0) {
    return notChecked("no issuer sent its time");
  }
  return outcomeOf(
    found.map((finding) => ({
      ...finding,
      fix: "synchronise the clock of this machine by NTP, such as with timedatectl set-ntp true",
    })),
    places.map(({ id, ahead }) => `${id} ${ahead >= 0 ? "+" : ""}${ahead} s`).join(", "),
  );
}

function checkStatus({ status }: Setup): ReturnType<DoctorCheck["run"]> {
  if (!status.ok) {
    return notChecked(status.failure);
  }
  const { url, host, answer } = status.value;
  const problems: Problem[] = [];
  if (!answer.ok) {
    problems.push({
      message: `${url} does not answer as jwt-policy does: ${answer.failure}`,
      fix: "start the plugin server, or correct --status-listen and --status-url",
    });
  } else if (!answer.value.isReady) {
    problems.push({
      message: `the plugin server is not ready: ${answer.value.reasons.join("; ") || "it gives no reason"}`,
      fix: "correct these problems; Kong's log has more details (docs/guides/monitoring.md)",
    });
  }
  if (!isLoopbackName(host === "::1" ? "[::1]" : host)) {
    problems.push({
      severity: "warning",
      message: `the status port listens on ${host}, and its status names policies and issuers`,
      fix: "use --status-listen 127.0.0.1:8008, or let only the probes reach the port",
    });
  }
  return problems.length === 0 ? passed(`${url} is ready`) : failed(...problems);
}
