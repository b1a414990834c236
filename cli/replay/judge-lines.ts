import { type Both, ofBoth, type PolicyVersion } from "../../offline/compare/cells/policy-version.ts";
import type { Gateway } from "../../offline/compare/routing/gateway.ts";
import { OwnKeys } from "../../offline/explain/own-keys.ts";
import { ONE } from "../../offline/logs/counted.ts";
import {
  type DecisionLine,
  type FactsLine,
  type OtherLine,
  readRecordedLine,
} from "../../offline/logs/read-recorded-line.ts";
import { judgeDecisionLine } from "../../offline/replay/judge-decision.ts";
import { judgeFacts } from "../../offline/replay/judge-facts.ts";
import { Tally } from "../../offline/replay/tally.ts";
import { ALLOW, denyIn, unknown, type Verdict } from "../../offline/replay/verdict.ts";
import { createRouter, type RouteRequest } from "../../offline/requests/kong-router.ts";
import type { Binding } from "../../plugin/core/model/request.ts";
import type { PolicyPair, World } from "./load-world.ts";
import type { LogText } from "./read-logs.ts";

interface Router {
  readonly gateway: Gateway;
  readonly route: RouteRequest;
}

type Place = Pick<LogText, "file" | "line">;

/** A verdict, and the policy and the rule from which it comes. */
interface RoutedVerdict {
  readonly verdict: Verdict;
  readonly policy?: string;
  readonly rule?: string;
}

/** Judges each line of the logs by the old version and by the new version. */
export class LineJudge {
  readonly tally = new Tally();
  readonly #pairs: readonly PolicyPair[];
  readonly #routers: Both<Router> | undefined;
  readonly #keys: Both<OwnKeys>;
  #lines = 0;

  /** @param jwks the user's keys for checking signatures; undefined if the keys in the policies are used. */
  constructor({ pairs, gateways }: World, jwks: unknown) {
    this.#pairs = pairs;
    this.#routers =
      gateways &&
      ofBoth(gateways, (gateway) => ({ gateway, route: createRouter(gateway.map(({ criteria }) => criteria)) }));
    this.#keys = [new OwnKeys(jwks), new OwnKeys(jwks)];
  }

  get lines(): number {
    return this.#lines;
  }

  /** The number of signatures that the new version accepted without a check. */
  get assumed(): number {
    return this.#keys[1].assumed;
  }

  async add({ file, line, text }: LogText): Promise<void> {
    if (text?.trim() === "") {
      return;
    }
    this.#lines += 1;
    const place = { file, line };
    const read = text === undefined ? undefined : readRecordedLine(text);
    if (!read?.ok) {
      this.tally.addBroken(read ? read.failure : "longer than any line of a log", place);
    } else if (read.value.kind === "other") {
      this.#addOther(read.value, place);
    } else if (read.value.kind === "decision") {
      const line = read.value;
      const pair = this.#findPair(line.policyFile, line.policy);
      await this.#addNamed(pair, line, place, (versions) => judgeDecisionLine(line, versions));
    } else {
      await this.#addFacts(read.value, place);
    }
  }

  #addOther({ why, counted }: OtherLine, place: Place): void {
    if (why === "answer") {
      this.tally.addUnchanged(counted);
    } else if (why !== "abuse") {
      this.tally.addUnknown(why, counted, place);
    }
  }

  async #addFacts(line: FactsLine, place: Place): Promise<void> {
    const binding = bindingOf(line);
    if (line.policy === undefined || !binding) {
      await this.#addRouted(line, place);
      return;
    }
    await this.#addNamed(this.#findPair(line.policy, line.policy), line, place, async ([before, after]) => [
      await this.#judge(line, binding, before, 0),
      await this.#judge(line, binding, after, 1),
    ]);
  }

  /** Judges a line that names its policy. */
  async #addNamed(
    pair: PolicyPair | undefined,
    line: DecisionLine | FactsLine,
    place: Place,
    judge: (versions: Both<PolicyVersion>) => Both<Verdict> | Promise<Both<Verdict>>,
  ): Promise<void> {
    const [before, after] = pair?.versions ?? [];
    const counted = line.kind === "decision" ? line.counted : ONE;
    if (pair && !pair.versions) {
      this.tally.addUnchanged(counted);
    } else if (pair && before && after) {
      const rule = line.rule ?? line.route ?? "(no rule)";
      this.tally.add(pair.name ?? pair.file, rule, await judge([before, after]), counted, place);
    } else {
      this.tally.addUnknown("no_policy", counted, place);
    }
  }

  /** If a line names no rule, kong.yml decides which rule judges the request. */
  async #addRouted(line: FactsLine, place: Place): Promise<void> {
    const [old, current] = [await this.#route(line, 0), await this.#route(line, 1)];
    const policy = current.policy ?? old.policy ?? "(no policy)";
    this.tally.add(policy, current.rule ?? old.rule ?? "(no rule)", [old.verdict, current.verdict], ONE, place);
  }

  async #route(line: FactsLine, side: 0 | 1): Promise<RoutedVerdict> {
    const { requestLine, headers, connectionFacts } = line.facts;
    const router = this.#routers?.[side];
    if (!router || !requestLine) {
      return { verdict: unknown("rule_not_logged") };
    }
    const { method, target } = requestLine;
    const path = target.split("?", 1)[0] ?? "/";
    const isTls = connectionFacts.scheme === "https" || headers.get("x-forwarded-proto")?.toLowerCase() === "https";
    const found = router.route({ method, host: headers.get("host"), path, headers, isTls });
    if (!found.ok) {
      return { verdict: unknown("route_unclear") };
    }
    const judge = router.gateway.find(({ criteria }) => criteria === found.value)?.judge(isTls);
    if (judge?.by !== "policy") {
      return {
        verdict: !judge
          ? { is: "not_routed" }
          : judge.by === "nobody"
            ? ALLOW
            : denyIn("enforce", "policy_unavailable"),
      };
    }
    const { binding, version } = judge;
    const rule = binding.by === "rule" ? binding.rule : binding.name;
    const verdict = await this.#judge(line, binding, version, side);
    return { verdict, policy: version.policy.name, ...(rule !== undefined && { rule }) };
  }

  #judge(line: FactsLine, binding: Binding, { policy }: PolicyVersion, side: 0 | 1): Promise<Verdict> {
    return judgeFacts(line, binding, policy, this.#keys[side]);
  }

  #findPair(file: string | undefined, name: string | undefined): PolicyPair | undefined {
    const isFile = (pair: PolicyPair): boolean =>
      file !== undefined && (pair.file === file || pair.file.endsWith(`/${file}`));
    const byFile = this.#pairs.filter(isFile);
    const found = byFile.length > 0 ? byFile : this.#pairs.filter((pair) => name !== undefined && pair.name === name);
    return found.length === 1 ? found[0] : undefined;
  }
}

function bindingOf({ rule, route }: FactsLine): Binding | undefined {
  if (rule !== undefined) {
    return { by: "rule", rule };
  }
  return route === undefined ? undefined : { by: "route", name: route, tags: [] };
}
