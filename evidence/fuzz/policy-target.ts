import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";
import { decide } from "../../plugin/core/decide.ts";
import { isAllow } from "../../plugin/core/model/decision.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { importKeySet } from "../../plugin/keys/import/import-key-set.ts";
import { indexKeys, selectKey } from "../../plugin/keys/import/select-key.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readExactYaml } from "../../plugin/policy/read/read-document.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { readPlainYaml } from "../../plugin/policy/yaml/read-plain-yaml.ts";
import { claimsOf, NOW, OVER_TLS } from "../../test/core/fixtures.ts";
import { generateSigningKey, mintToken } from "../../test/tokens.ts";
import { mutatePolicy } from "./mutate/mutate-policy.ts";
import { POLICY_SEEDS } from "./seeds/seed-policies.ts";
import { describeThrown, type Outcome, type Target } from "./target.ts";

const HASH = "0".repeat(64);
/** The target tries at most this many rules of each policy. A mutated policy has few rules, or many similar rules. */
const MAX_RULES = 6;

interface RuleText {
  readonly access?: unknown;
  readonly operations?: readonly { readonly access?: unknown }[];
}

/** Texts that may be a policy. The target reads and compiles them, and uses them to judge requests of strangers. */
export function createPolicyTarget(): Target<string> {
  const stranger = generateSigningKey("ES256", "stranger");

  const run = async (text: string): Promise<Outcome> => {
    const start = performance.now();
    try {
      const result = readPolicy(text, HASH);
      const took = performance.now() - start;
      if (!result.ok) {
        return { features: result.failure.map(({ code }) => code), finding: checkFindings(text, result.failure), took };
      }
      const finding =
        checkParsers(text) ?? checkForms(text, result.value) ?? (await checkStrangers(text, result.value));
      return { features: describe(result.value), finding, took };
    } catch (error) {
      return { features: [], finding: describeThrown(error), took: performance.now() - start };
    }
  };

  /** A request of a stranger passes only if the text of the policy says so. */
  const checkStrangers = async (text: string, policy: CompiledPolicy): Promise<string | undefined> => {
    const { routes = {} } = parse(text) as { routes?: Readonly<Record<string, RuleText | null>> };
    const issuer = [...policy.issuers.keys()][0];
    const [audience] = [...(policy.issuers.get(issuer ?? "")?.audiences ?? [])];
    const token = mintToken({ key: stranger, claims: claimsOf({ iss: issuer, aud: audience }) });
    for (const rule of [...Object.keys(routes).slice(0, MAX_RULES), "no such rule"]) {
      for (const authorization of [undefined, `Bearer ${token}`]) {
        const requestLine = { method: "GET", target: "/" };
        const facts = {
          binding: { by: "rule", rule } as const,
          requestLine,
          connection: undefined,
          authorization,
          ...OVER_TLS,
        };
        const decision = await decide(facts, policy, { find: findInline }, () => NOW);
        const open = accessesOf(routes[rule]);
        const isOpen = open.includes("public") || (open.includes("optional") && authorization === undefined);
        if (isAllow(decision) && !isOpen) {
          return "lets a stranger pass where the text does not say so";
        }
      }
    }
    return undefined;
  };

  return {
    name: "policy",
    seeds: POLICY_SEEDS,
    mutate: mutatePolicy,
    run,
    surroundings: undefined,
    size: (text) => text.length,
  };
}

function accessesOf(rule: RuleText | null | undefined): readonly unknown[] {
  return [rule?.access, ...(rule?.operations ?? []).map(({ access }) => access)];
}

/** Keys in the policy itself; nothing is fetched, and no file is read. */
async function findInline(issuer: CompiledIssuer, joseHeader: Parameters<typeof selectKey>[1]) {
  const inline = issuer.keys.flatMap((origin) => (origin.from === "jwks" ? [importKeySet(origin.jwks, issuer)] : []));
  const keys = (await Promise.all(inline)).flatMap((set) => set.keys);
  return selectKey(indexKeys(keys), joseHeader);
}

function describe({ issuers, rules, headerMappings }: CompiledPolicy): readonly string[] {
  return [
    `${Math.min(issuers.size, 3)} issuers, ${Math.min(rules.size, 4)} rules, ${Math.min(headerMappings.length, 4)} mappings`,
    ...[...issuers.values()].map(
      (issuer) =>
        `issuer ${issuer.keys.map(({ from }) => from)} ${issuer.algorithms.size} ${[...(issuer.tokenTypes ?? [])]}`,
    ),
    ...[...rules.values()].map(
      ({ requirements, operations }) => `rule ${requirements.access} ${operations?.values.length}`,
    ),
  ];
}

/** Every mistake has a place in the text, and its words can be printed. */
function checkFindings(text: string, findings: readonly Finding[]): string | undefined {
  const lines = text.split("\n");
  const isPlaced = ({ line = 0, column = 0 }: Finding): boolean =>
    column >= 1 && column <= (lines[line - 1]?.length ?? -1) + 2;
  if (findings.length === 0) {
    return "refuses a policy without saying why";
  }
  return findings.every(isPlaced) ? undefined : "places a mistake outside of the text";
}

/** Both YAML parsers must read the same data, in the same order. */
function checkParsers(text: string): string | undefined {
  const plain = readPlainYaml(text);
  const exact = plain && readExactYaml(text);
  const isSame = !exact || (exact.ok && JSON.stringify(exact.value.data) === JSON.stringify(plain));
  return isSame ? undefined : "the two YAML parsers read different data";
}

/** If the same data is written in another form of YAML or as JSON, the policy must be the same. */
function checkForms(text: string, policy: CompiledPolicy): string | undefined {
  const data: unknown = parse(text, { maxAliasCount: 100 });
  const forms = [JSON.stringify(data), stringify(data)];
  const isSame = forms.every((form) => {
    const result = readPolicy(form, HASH);
    return result.ok && isDeepStrictEqual(result.value, policy);
  });
  return isSame ? undefined : "compiles the same data otherwise in another form";
}
