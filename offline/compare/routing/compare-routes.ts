import { findRule } from "../../../plugin/core/request/match-rule.ts";
import { createRouter } from "../../requests/kong-router.ts";
import { compareCell, type Difference, type Sender } from "../cells/compare-cell.ts";
import { type Cell, listCells } from "../cells/list-cells.ts";
import { type Both, ofBoth, type PolicyVersion } from "../cells/policy-version.ts";
import { writeRequirements } from "../cells/write-requirements.ts";
import type { Change, Direction } from "../change.ts";
import { describeDifference } from "../describe-difference.ts";
import { createFindTarget, type FindTarget, type Target, type UnknownTarget } from "./find-target.ts";
import { type Gateway, type GatewayRoute, type SamplePattern, writeRoute } from "./gateway.ts";
import { listRequests, type OperationPath, type SampleRequest } from "./list-requests.ts";

/** A change of routing, with a request that shows the change. */
export interface RoutingChange {
  readonly change: Change;
  /** The request that shows the change; undefined if no single request can show it. */
  readonly witness: Witness | undefined;
}

export interface Witness {
  readonly request: SampleRequest;
  readonly sender: Sender;
  readonly targets: Both<Target>;
  /**
   * The difference that the request shows. `access`: only one version lets the request pass. `mode`: only one version
   * enforces the denial. `upstream`: the versions send the request to different upstreams.
   */
  readonly shows: "access" | "mode" | "upstream";
}

interface Found extends RoutingChange {
  /** The `content` of the same change for requests over TLS. */
  readonly overTls: string;
}

/** A group of requests that neither version distinguishes. */
interface Group {
  readonly targets: Both<Target>;
  readonly first: SampleRequest;
  readonly requests: SampleRequest[];
}

const NOBODY: Sender = { sends: "nothing", isKnownToKong: false };
const INVALID: Sender = { sends: "invalid_token", isKnownToKong: false };

/**
 * Compares two Kong configurations. It compares which policy and rule judge each request, and which upstream gets the
 * request.
 *
 * @param now seconds since the epoch, for the times of examples.
 */
export function compareRoutes(
  gateways: Both<Gateway>,
  now: number,
  samplePattern: SamplePattern,
): readonly RoutingChange[] {
  const [before, after] = ofBoth(gateways, (gateway) => new Map(gateway.map((route) => [writeRoute(route), route])));
  const changed = [
    ...[...before].filter(([key]) => !after.has(key)),
    ...[...after].filter(([key]) => !before.has(key)),
  ].map(([, route]) => route);
  const isKnown = ({ criteria }: GatewayRoute): boolean => criteria.unsupported === undefined;
  const known = ofBoth(gateways, (gateway) => gateway.filter(isKnown));
  const targets = ofBoth(known, (gateway) =>
    createFindTarget(gateway, createRouter(gateway.map(({ criteria }) => criteria))),
  );
  const unknown = changed
    .filter((route) => !isKnown(route))
    .map(({ criteria }) =>
      reportUnknown(nameOf(criteria.name), `It has ${criteria.unsupported}, which is not evaluated offline`),
    );
  const { groups, problems } = groupRequests(changed.filter(isKnown), known, targets, samplePattern);
  return [...unknown, ...problems, ...mergeSame(groups.flatMap((group) => compareGroup(group, now)))];
}

function groupRequests(
  changed: readonly GatewayRoute[],
  gateways: Both<Gateway>,
  [findOld, findNew]: Both<FindTarget>,
  samplePattern: SamplePattern,
): { readonly groups: readonly Group[]; readonly problems: readonly RoutingChange[] } {
  const groups = new Map<string, Group>();
  const problems: RoutingChange[] = [];
  const all = gateways.flatMap((gateway) => gateway.map(({ criteria }) => criteria));
  const operations = listOperations(changed, gateways);
  for (const { criteria } of changed) {
    const requests = listRequests(criteria, all, operations, samplePattern);
    if (!requests || requests.length === 0) {
      problems.push(
        reportUnknown(nameOf(criteria.name), "The requests of the Route are too many, or cannot be listed"),
      );
    }
    for (const request of requests ?? []) {
      const [old, current] = [findOld(request), findNew(request)];
      if (isUnknown(old) || isUnknown(current)) {
        const why = [old, current].flatMap((one) => (isUnknown(one) ? [one.unknown] : []));
        problems.push(reportUnknown(nameOf(criteria.name), why[0] ?? ""));
        continue;
      }
      const [was, is] = ofBoth([old, current], ({ requirements }) => writeRequirements(requirements));
      const key = JSON.stringify([old.key, current.key, was, is, request.isTls, old.mode, current.mode]);
      const group = groups.get(key) ?? { targets: [old, current], first: request, requests: [] };
      group.requests.push(request);
      groups.set(key, group);
    }
  }
  return {
    groups: [...groups.values()].filter(({ targets: [old, current] }) => old.key !== current.key),
    problems: [...new Map(problems.map((problem) => [problem.change.content, problem])).values()],
  };
}

function isUnknown(target: Target | UnknownTarget): target is UnknownTarget {
  return "unknown" in target;
}

/**
 * Lists the paths that rules distinguish. The function looks at the rules of changed Routes. It also looks at the rules
 * of Routes that may get requests of a changed Route.
 */
function listOperations(changed: readonly GatewayRoute[], gateways: Both<Gateway>): readonly OperationPath[] {
  const rules = new Map<string, readonly [rule: string, version: PolicyVersion]>();
  const paths = changed.flatMap(({ criteria }) => criteria.paths);
  const isNear = ({ criteria }: GatewayRoute): boolean =>
    criteria.paths.length === 0 ||
    criteria.paths.some((one) => paths.some((other) => one.startsWith(other) || other.startsWith(one)));
  for (const route of [...changed, ...gateways.flat().filter(isNear)]) {
    const judge = route.judge(true);
    const rule = judge.by === "policy" ? findRule(judge.version.policy, judge.binding) : undefined;
    if (judge.by === "policy" && rule?.ok) {
      rules.set(`${judge.version.policy.hash} ${rule.value.id}`, [rule.value.id, judge.version]);
    }
  }
  return [...rules.values()].flatMap(([rule, version]) =>
    version.document.routes[rule]?.operations ? (listCells(rule, [version]) ?? []) : [],
  );
}

function compareGroup({ targets, first, requests }: Group, now: number): readonly Found[] {
  const [old, current] = targets;
  const cell = toCell(first, current.route?.criteria.name ?? old.route?.criteria.name);
  const add = (
    direction: Direction,
    summary: string,
    content: unknown,
    sender: Sender,
    shows: Witness["shows"],
  ): Found => ({
    change: {
      class: "routing",
      direction,
      subject: nameOf(current.route?.criteria.name ?? old.route?.criteria.name),
      summary: `${summary} Before: ${describeTarget(old)}. Now: ${describeTarget(current)}.`,
      cells: requests.map((request) => toCell(request, cell.rule)),
      content: JSON.stringify([old.key, current.key, direction, content, first.isTls ? "tls" : "plain"]),
    },
    witness: { request: first, sender, targets, shows },
    overTls: JSON.stringify([old.key, current.key, direction, content, "tls"]),
  });
  const access = findDifferences(targets, cell, now).map((found) => {
    const transport = first.isTls ? "tls" : "plain";
    const summary = describeDifference({ ...found, transport }, policiesOf(targets));
    return add(found.direction, summary, writeSender(found), found.sender, "access");
  });
  return [...access, ...compareMode(targets, add), ...compareUpstream(targets, add)];
}

type AddChange = (
  direction: Direction,
  summary: string,
  content: unknown,
  sender: Sender,
  shows: Witness["shows"],
) => Found;

/**
 * If there are differences for requests without a token, the comparison reports only these differences. The comparison
 * reports preflights only if no other requests differ.
 */
function findDifferences(targets: Both<Target>, cell: Cell, now: number): readonly Difference[] {
  const versions = targets.map(({ judge }) => (judge?.by === "policy" ? judge.version : undefined));
  const some = versions.find((version) => version !== undefined);
  const opens = ofBoth(targets, ({ judge }) => judge?.by === "nobody");
  if (!some) {
    return opens[0] === opens[1]
      ? []
      : [
          {
            cell,
            direction: opens[1] ? "looser" : "stricter",
            cause: "rule",
            lacks: [],
            sender: NOBODY,
            transport: "tls",
          },
        ];
  }
  const sides = ofBoth(targets, ({ requirements }) => requirements);
  const found = compareCell({ cell, sides }, [versions[0] ?? some, versions[1] ?? some], now).filter(
    ({ transport }) => transport === "tls",
  );
  return (["looser", "stricter", "unknown"] as const).flatMap((direction) => {
    const own = found.filter((one) => one.direction === direction);
    const without = own.filter(({ sender }) => sender.sends === "nothing" && !sender.isKnownToKong);
    const others = own.filter(({ sender }) => sender.sends !== "preflight");
    return without.length > 0 ? without : others.length > 0 ? others : own;
  });
}

/** In report mode, requests pass even if the rule denies them. */
function compareMode([old, current]: Both<Target>, add: AddChange): readonly Found[] {
  const isOpen = ({ requirements: { requirements } }: Target): boolean => requirements?.access === "public";
  if (old.mode === current.mode || isOpen(old) || isOpen(current)) {
    return [];
  }
  return [
    current.mode === "report"
      ? add("looser", "Denied requests now pass, and the plugin only logs them.", "report", INVALID, "mode")
      : add("stricter", "Denied requests are now refused.", "enforce", INVALID, "mode"),
  ];
}

/**
 * A change of the upstream counts as looser, because the comparison does not know what the new upstream does with
 * requests.
 */
function compareUpstream([old, current]: Both<Target>, add: AddChange): readonly Found[] {
  const passes = ({ requirements: { requirements }, mode }: Target): boolean =>
    requirements !== undefined || mode === "report";
  if (old.upstream === undefined || current.upstream === undefined || old.upstream === current.upstream) {
    return [];
  }
  return passes(old) && passes(current)
    ? [
        add(
          "unknown",
          `Requests that pass reach ${current.upstream}. Before, they reached ${old.upstream}.`,
          "upstream",
          NOBODY,
          "upstream",
        ),
      ]
    : [];
}

/**
 * Merges the changes of all groups with the same Routes and the same kind of sender. A change for TLS is not reported
 * again for plain http.
 */
function mergeSame(changes: readonly Found[]): readonly RoutingChange[] {
  const merged = new Map<string, RoutingChange>();
  const isKnown = new Set(changes.map(({ change }) => change.content));
  for (const { change, witness, overTls } of changes) {
    const key = isKnown.has(overTls) ? overTls : change.content;
    const known = merged.get(key);
    const cells = change.content === overTls || !isKnown.has(overTls) ? change.cells : [];
    merged.set(
      key,
      known ? { ...known, change: { ...known.change, cells: [...known.change.cells, ...cells] } } : { change, witness },
    );
  }
  return [...merged.values()];
}

function writeSender({ sender, lacks }: Difference): unknown {
  return sender.sends === "token" ? [sender.sends, sender.isKnownToKong, sender.token.claims.iss, lacks] : sender;
}

function policiesOf(targets: Both<Target>) {
  return targets.flatMap(({ judge }) => (judge?.by === "policy" ? [judge.version.policy] : []));
}

function toCell({ method, path, template, host, isOtherMethod }: SampleRequest, route: string | undefined): Cell {
  return { rule: nameOf(route), method, path, template: `${host ?? ""}${template}`, isOtherMethod };
}

/** Describes the Route for users. The text also names the policy that judges the Route's requests. */
function describeTarget({ route, judge, mode, requirements }: Target): string {
  if (!route || !judge) {
    return "no Route, Kong answers 404";
  }
  const name = `Route ${nameOf(route.criteria.name)}`;
  switch (judge.by) {
    case "nobody":
      return `${name} without jwt-policy`;
    case "refused":
      return `${name}, every request is refused because ${judge.why}`;
    case "policy": {
      const rule = findRule(judge.version.policy, judge.binding);
      const which = rule.ok ? `rule ${rule.value.id}` : "no rule";
      const how = mode === "report" ? " in report mode" : requirements.requirements ? "" : ", which denies them";
      return `${name}, ${which} of ${judge.policyFile}${how}`;
    }
  }
}

function nameOf(route: string | undefined): string {
  return route ?? "(without a name)";
}

function reportUnknown(subject: string, why: string): RoutingChange {
  const summary = `The requests of this Route were not compared. ${why.replace(/\.$/, "")}. Requests that were refused before may now pass.`;
  const change: Change = {
    class: "routing",
    direction: "unknown",
    subject,
    summary,
    cells: [],
    content: `${subject} ${why}`,
  };
  return { change, witness: undefined };
}
