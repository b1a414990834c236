import { subscribe } from "node:diagnostics_channel";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import { type Decision, isAllow } from "../../plugin/core/model/decision.ts";
import type { KeySource } from "../../plugin/core/model/key.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { createKeySource, type ProcessKeySource } from "../../plugin/keys/life/key-source.ts";
import { createExit } from "../../plugin/kong/calls/create-exit.ts";
import { formatDenial } from "../../plugin/observe/decision-log.ts";
import { createRootFiles } from "../../plugin/runtime/load/root-files.ts";
import { rememberVerified } from "../../plugin/runtime/verified-tokens.ts";
import { compileDocument, joseHeaderOf, NOW, OVER_TLS } from "../core/fixtures.ts";
import { silentLog } from "../logs.ts";
import { POLICY_NAME } from "./attack-policy.ts";
import { type AttackWorld, createAttackWorld, POLICY_FILE, SOURCE_POLICY_FILE } from "./attack-world.ts";
import { ATTACK_CLASSES } from "./classes/classes.ts";
import type { Attack, Honest } from "./forge/attack.ts";
import { type AttackScene, makeRequest, type WireRequest } from "./make-request.ts";

/** Runs every attack and every honest request through the pipeline, with real keys and a fixed clock. */

/** RSA keys take their time on a busy machine. */
const ALL = ATTACK_CLASSES.flatMap(({ attacks }) => attacks);
const CLEARED = Object.fromEntries(
  ["x-user-id", "x-user_id", "x_user-id", "x_user_id", "x-tenant", "x_tenant", "x-roles", "x_roles"].map((name) => [
    name,
    [],
  ]),
);

let world: AttackWorld;
let source: ProcessKeySource;
let keys: KeySource;
let policies: readonly CompiledPolicy[];
let scene: AttackScene;
let connections = 0;

beforeAll(async () => {
  world = await createAttackWorld();
  scene = { ...world.scene, now: () => NOW };
  const texts = [POLICY_FILE, SOURCE_POLICY_FILE].map((file) => readFile(join(world.policyRoot, file), "utf8"));
  policies = (await Promise.all(texts)).map(compileDocument);
  source = createKeySource({ now: () => NOW * 1_000, log: silentLog, files: createRootFiles(world.policyRoot) });
  keys = rememberVerified(source);
  await Promise.all(policies.map((policy) => source.prepare(policy)));
  // The keys of a tenant are loaded with its first token.
  const tenants = policies.flatMap(({ issuers }) => [...issuers.values()].filter(({ tenantOf }) => tenantOf));
  await Promise.all(tenants.map((tenant) => source.find(tenant, joseHeaderOf())));
  subscribe("net.client.socket", () => {
    connections += 1;
  });
});
afterAll(async () => {
  source?.stop();
  await world?.stop();
});

function policyOf(rule: string): CompiledPolicy {
  const policy = policies.find(({ rules }) => rules.has(rule));
  if (!policy) {
    throw new Error(`no policy has the rule ${rule}`);
  }
  return policy;
}

function judge({ rule, method, target, authorization, headers }: WireRequest): Promise<Decision> {
  const names = headers.filter((_text, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const fields = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const before = fields.get(name);
    const text = headers[index * 2 + 1] ?? "";
    fields.set(name, before === undefined ? text : `${before}${name === "cookie" ? "; " : ", "}${text}`);
  }
  const facts = {
    binding: { by: "rule", rule },
    requestLine: { method, target },
    connection: headers[names.indexOf("connection") * 2 + 1],
    authorization: authorization.length === 0 ? undefined : authorization.join(", "),
    ...OVER_TLS,
    headers: fields,
  } as const;
  return decide(facts, policyOf(rule), keys, scene.now);
}

const countRequests = async (): Promise<number> => (await world.server.listRequests()).length;

async function judgeQuietly(request: WireRequest): Promise<Decision> {
  const before = [connections, await countRequests()];
  const decision = await judge(request);
  // A fetch in the background would begin now.
  await new Promise((resolve) => setImmediate(resolve));
  expect([connections, await countRequests()], "no token makes the plugin fetch something").toEqual(before);
  return decision;
}

async function expectRefused(attack: Attack): Promise<void> {
  const request = makeRequest(attack, scene);
  const decision = await judgeQuietly(request);
  expect(isAllow(decision)).toBe(false);
  if (decision.verdict === "allow") {
    return;
  }
  expect(decision.denial.reason).toBe(attack.reason);
  expect("headers" in decision, "no header is set").toBe(false);
  const { status, message, challenge } = attack.told;
  const realm = `Bearer realm="${POLICY_NAME}"${challenge === "" ? "" : `, ${challenge}`}`;
  expect(createExit(decision)).toEqual({
    status,
    body: `${JSON.stringify({ message })}\n`,
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
      ...(challenge === null ? {} : { "WWW-Authenticate": realm }),
    },
  });
  expectPlain(formatDenial(decision), request.token);
}

/** One line of plain characters for the operator. Its length is limited, and it does not contain the token. */
function expectPlain(line: string, token: string): void {
  expect(line).toMatch(/^[\x20-\x7e]{1,1500}$/);
  const parts = token.split(".").filter((part) => part.length >= 20);
  expect(parts.filter((part) => line.includes(part.slice(0, 20)))).toEqual([]);
}

async function expectPassed(honest: Honest): Promise<void> {
  const request = makeRequest(honest, scene);
  const decision = await judgeQuietly(request);
  expect(decision).toMatchObject({ verdict: "allow" });
  expect(isAllow(decision) && decision.headers).toEqual({
    ...CLEARED,
    ...Object.fromEntries(policyOf(request.rule).credentialHeaders.map((name) => [name, []])),
    authorization: expect.stringMatching(/^bearer /i),
    "x-user-id": "alice",
    ...honest.upstream,
  });
}

for (const { name, honest, attacks } of ATTACK_CLASSES) {
  describe(name, () => {
    for (const each of honest) {
      it(`passes ${each.what}`, () => expectPassed(each));
    }
    for (const attack of attacks) {
      it(`refuses ${attack.id}: ${attack.tries}`, () => expectRefused(attack));
    }
    for (const each of honest) {
      it(`still passes ${each.what}`, () => expectPassed(each));
    }
  });
}

const describeRecipe = (attack: Attack | Honest): string => {
  const outcome = ["id", "tries", "reference", "reason", "told", "kong", "what", "upstream"];
  const recipe = Object.entries(attack).filter(([name]) => !outcome.includes(name));
  return JSON.stringify(recipe.sort(), (_name, value) => (value === undefined ? "absent" : value));
};

describe("the table", () => {
  it("gives each attack a different id", () => {
    const ids = ALL.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it("has each attack once, and no attack that equals an honest request", () => {
    const recipes = [...ALL, ...ATTACK_CLASSES.flatMap((each) => each.honest)].map(describeRecipe);
    expect(ALL.filter((_attack, index) => recipes.lastIndexOf(recipes[index] ?? "") !== index)).toEqual([]);
  });
});

it("a thousand unknown kids of an issuer whose keys are fetched cost no fetch before the cooldown is over", async () => {
  const of = (index: number): Attack => ({
    id: "",
    tries: "",
    reference: "",
    key: "remote",
    header: { kid: `random-${index}` },
    claims: { iss: "https://remote.example.com" },
    rule: "remote",
    reason: "key_not_found",
    told: { status: 401, message: "", challenge: "" },
  });
  const before = await countRequests();
  for (let index = 0; index < 1_000; index += 1) {
    const decision = await judge(makeRequest(of(index), scene));
    expect(decision).toMatchObject({ denial: { reason: "key_not_found" } });
  }
  expect(await countRequests()).toBe(before);
});
