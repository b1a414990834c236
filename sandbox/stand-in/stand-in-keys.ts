import { ALWAYS_VALID } from "../../plugin/core/model/decision.ts";
import { listEntries, listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { KeyLookup, VerificationKey } from "../../plugin/core/model/key.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { fail, succeed } from "../../plugin/core/model/result.ts";
import type { JoseHeader } from "../../plugin/core/model/token.ts";
import { createVerificationKey } from "../../plugin/keys/verify/verification-key.ts";
import type { ReplaceKeys } from "../../plugin/runtime/runtime.ts";
import { readKey, type StandInKey } from "./key-directory.ts";

/**
 * For some issuers, uses only the sandbox's own keys. The sandbox never fetches the real keys of these issuers. All
 * other issuers keep their own keys.
 *
 * @param ids the ids of the issuers whose keys are replaced.
 * @param directory the directory of the sandbox's keys.
 */
export function standInFor(ids: ReadonlySet<string>, directory: string): ReplaceKeys {
  const keys = new Map<string, VerificationKey>();
  const reduced = new WeakMap<CompiledPolicy, CompiledPolicy>();

  const find = (issuer: CompiledIssuer, { alg, kid }: JoseHeader): KeyLookup => {
    const name = JSON.stringify([issuer.issuer, alg, kid]);
    const known = keys.get(name) ?? load(issuer, alg, kid);
    if (known === undefined) {
      return fail({ because: "unknown" });
    }
    keys.set(name, known);
    return succeed(known);
  };
  const load = (issuer: CompiledIssuer, alg: string, kid: string | undefined): VerificationKey | undefined => {
    // `alg` is one of the issuer's algorithms, so it is safe as a part of a file name.
    const key = issuer.algorithms.has(alg) ? tryToRead(directory, alg) : undefined;
    return key?.kid === kid && key ? createVerificationKey(issuer.issuer, key.kid, alg, key.verifyingKey) : undefined;
  };
  /**
   * Returns the policy without the issuers whose keys the sandbox replaces. For the same policy, the function always
   * returns the same object, because callers store results for each policy object.
   */
  const reduce = (policy: CompiledPolicy): CompiledPolicy => {
    const others = reduced.get(policy) ?? withoutIssuers(policy, ids);
    reduced.set(policy, others);
    return others;
  };

  return (real) => ({
    ...real,
    find: (issuer, joseHeader) => (isOneOf(ids, issuer) ? find(issuer, joseHeader) : real.find(issuer, joseHeader)),
    validity: (issuer) => (isOneOf(ids, issuer) ? ALWAYS_VALID : real.validity?.(issuer)),
    prepare: (policy) => real.prepare(reduce(policy)),
    findMissing: (policy) => real.findMissing(reduce(policy)),
  });
}

/**
 * A key source must not throw an error, so a damaged key counts as missing here. `mint` also reads this key, and
 * reports why it is damaged.
 */
function tryToRead(directory: string, algorithm: string): StandInKey | undefined {
  try {
    return readKey(directory, algorithm);
  } catch {
    return undefined;
  }
}

function withoutIssuers(policy: CompiledPolicy, ids: ReadonlySet<string>): CompiledPolicy {
  if (!listIssuers(policy).some(({ id }) => ids.has(id))) {
    return policy;
  }
  const { issuers, issuerTemplates } = policy;
  return {
    ...policy,
    issuers: withoutIds(issuers, ids),
    issuerTemplates: { ...issuerTemplates, issuers: withoutIds(issuerTemplates.issuers, ids) },
  };
}

function withoutIds(issuers: ReadonlyMap<string, CompiledIssuer>, ids: ReadonlySet<string>) {
  return new Map([...issuers].filter(([, issuer]) => !isOneOf(ids, issuer)));
}

/**
 * Whether one of these ids belongs to an entry of this issuer. An issuer has one entry for each kind of token. All
 * entries of an issuer have the same keys.
 */
function isOneOf(ids: ReadonlySet<string>, issuer: CompiledIssuer): boolean {
  return listEntries(issuer).some(({ id }) => ids.has(id));
}
