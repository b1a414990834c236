import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { listAllowed, type Probe, type ProbeWorld, plainRequest } from "./probe.ts";
import { unmatchedRequest, varyRequest } from "./vary-request.ts";
import { varyToken } from "./vary-token.ts";

/**
 * Lists requests that may show a difference of two policies, or the effect of a requirement. One of the policies allows
 * some of these requests. Each other request differs from an allowed request in one respect. The simplest requests come
 * first.
 *
 * @param rules ids of the rules that judge the requests.
 */
export async function* listProbes(
  policies: readonly CompiledPolicy[],
  rules: readonly string[],
  world: ProbeWorld,
): AsyncIterable<Probe> {
  const seen = new Set<string>();
  for (const rule of rules) {
    for await (const probe of probeRule(policies, rule, world)) {
      const name = nameProbe(probe);
      if (!seen.has(name)) {
        seen.add(name);
        yield probe;
      }
    }
  }
  yield unmatchedRequest();
}

async function* probeRule(policies: readonly CompiledPolicy[], rule: string, world: ProbeWorld): AsyncIterable<Probe> {
  const allowed: Probe[] = [];
  for (const policy of policies) {
    allowed.push(...(await listAllowed(policy, rule, world)));
  }
  const bases: readonly Probe[] = allowed.length > 0 ? allowed : [{ token: undefined, request: plainRequest(rule) }];
  yield* bases.map(({ request }) => ({ token: undefined, request }));
  yield* allowed;
  yield* mixIssuers(allowed);
  for (const { token, request } of bases) {
    yield* token ? varyToken(token, policies, rule, world).map((changed) => ({ token: changed, request })) : [];
  }
  for (const probe of bases) {
    yield* varyRequest(probe, policies);
  }
}

/** Lists each allowed request with a token of another issuer. The token has the claims of both issuers' tokens. */
function mixIssuers(allowed: readonly Probe[]): readonly Probe[] {
  return allowed.flatMap(({ token: one }) =>
    allowed.flatMap(({ token: other, request }) => {
      if (!one || !other || one.issuer === other.issuer) {
        return [];
      }
      return [{ token: { ...one, claims: { ...one.claims, ...other.claims } }, request }];
    }),
  );
}

function nameProbe({ token, request }: Probe): string {
  return JSON.stringify([token, { ...request, headers: [...request.headers] }]);
}
