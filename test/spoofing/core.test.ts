import { beforeAll, describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import { type CallerSource, NO_CALLERS } from "../../plugin/core/model/caller.ts";
import { type HeaderChanges, isAllow } from "../../plugin/core/model/decision.ts";
import type { KeySource } from "../../plugin/core/model/key.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { rememberVerified } from "../../plugin/runtime/verified-tokens.ts";
import { findHeaders, type HeaderList, headerVariable, readHeaderList } from "../../sandbox/message/header-list.ts";
import { compileDocument, NOW, OVER_TLS } from "../core/fixtures.ts";
import { createInlineKeys } from "../core/inline-keys.ts";
import { isThorough } from "../runs.ts";
import { generateSigningKey } from "../tokens.ts";
import { ACCESS_MODES, type AccessMode, CONSUMER } from "./modes.ts";
import type { Line } from "./oracle.ts";
import { createAllProbes, createProbes, type Probe } from "./probes.ts";
import { createCredentials, createPolicies } from "./world/policies.ts";

/**
 * Tests every variant of every name in every mode through the pipeline. Headers are read and changed as on a gateway.
 */

const key = generateSigningKey("ES256", "1");
const credentials = createCredentials(key, NOW);
const policies = new Map<string, CompiledPolicy>();
let keys: KeySource;
const callers: CallerSource = {
  ...NO_CALLERS,
  findConsumer: async ({ value }) => (value === CONSUMER.username ? CONSUMER : undefined),
};

beforeAll(() => {
  for (const [name, document] of Object.entries(createPolicies(key))) {
    policies.set(name, compileDocument(document));
  }
  keys = rememberVerified(createInlineKeys());
});

function policyOf({ route }: AccessMode): CompiledPolicy {
  const byRule = [...policies.values()].find(({ rules }) => rules.has(route));
  return byRule ?? (policies.get("by-route") as CompiledPolicy);
}

/** The content of the facts variable, or the result of a call for all headers. */
function readFacts(
  mode: AccessMode,
  { method, path }: Probe["request"],
  headers: HeaderList,
  byVariable: boolean,
): RequestFacts {
  const read = (name: string): string | undefined =>
    (byVariable ? headerVariable(headers, name.replaceAll("-", "_")) : findHeaders(headers, name).join(",")) ||
    undefined;
  const names = [
    "connection",
    "authorization",
    "origin",
    "access-control-request-method",
    "cookie",
    "x-tenant",
    "x-access-token",
  ];
  return {
    binding: { by: "route", name: mode.route, tags: [] },
    requestLine: { method, target: path },
    connection: read("connection"),
    authorization: read("authorization"),
    ...OVER_TLS,
    headers: new Map(
      names
        .flatMap((name) => [[name, read(name)] as const])
        .filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  };
}

/** @returns the headers for the upstream; undefined if the request does not pass. */
async function proxy(mode: AccessMode, { request }: Probe, byVariable: boolean): Promise<readonly Line[] | undefined> {
  const headers = readHeaderList(request.lines.flat());
  // nginx refuses the request before it asks the plugin.
  if (findHeaders(headers, "authorization").length > 1) {
    return undefined;
  }
  const decision = await decide(
    readFacts(mode, request, headers, byVariable),
    policyOf(mode),
    keys,
    () => NOW,
    callers,
  );
  return isAllow(decision) ? applyChanges(headers, decision.headers) : undefined;
}

function applyChanges(headers: HeaderList, changes: HeaderChanges): HeaderList {
  const kept = headers.filter(([name]) => !Object.hasOwn(changes, name.toLowerCase()));
  const set = Object.entries(changes).flatMap(([name, value]) => [value].flat().map((text): Line => [name, text]));
  return [...kept, ...set];
}

describe("made-up identities in the pipeline", () => {
  const modes = ACCESS_MODES.map((mode) => [mode.title, mode] as const);
  const tryAll = async (mode: AccessMode, probes: readonly Probe[], byVariable: boolean): Promise<void> => {
    const findings: string[] = [];
    for (const probe of probes) {
      const lines = await proxy(mode, probe, byVariable);
      findings.push(...probe.findFaults(lines).map((fault) => `${probe.title}: ${fault}`));
    }
    expect(findings).toEqual([]);
  };

  // The fast tests send all variants of a name in the same requests.
  const createFor = (mode: AccessMode): readonly Probe[] =>
    isThorough ? createAllProbes(mode, credentials) : createProbes(mode, "http/1.1", credentials);

  it.each(modes)("%s: every variant of every name", (_title, mode) => tryAll(mode, createFor(mode), true));

  it.each(modes)("%s, with facts by calls: every variant", (_title, mode) =>
    tryAll(mode, createProbes(mode, "http/1.1", credentials), false),
  );
});
