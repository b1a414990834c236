import type { KeyLookup, KeySource } from "../../plugin/core/model/key.ts";
import type { CompiledIssuer } from "../../plugin/core/model/policy.ts";
import { PASSED, succeed } from "../../plugin/core/model/result.ts";
import type { JoseHeader } from "../../plugin/core/model/token.ts";
import { importKeySet } from "../../plugin/keys/import/import-key-set.ts";
import { indexKeys, type KeyIndex, selectKey } from "../../plugin/keys/import/select-key.ts";

/**
 * Keys that need no network: a key set from the user, or keys in the policy. If an issuer has no such keys, the command
 * does not check its signatures.
 */
export class OwnKeys implements KeySource {
  readonly #jwks: unknown;
  readonly #indexes = new Map<CompiledIssuer, Promise<KeyIndex>>();
  #assumed = 0;

  /**
   * @param jwks the user's key set for every issuer; undefined for the keys in the policy.
   */
  constructor(jwks: unknown) {
    this.#jwks = jwks;
  }

  /**
   * Whether every signature was checked. If no key for a signature is known, the signature counts as valid without a
   * check.
   */
  get isChecked(): boolean {
    return this.#assumed === 0;
  }

  /** How many signatures counted as valid without a check. */
  get assumed(): number {
    return this.#assumed;
  }

  async find(issuer: CompiledIssuer, joseHeader: JoseHeader): Promise<KeyLookup> {
    const inline = issuer.keys.flatMap((origin) => (origin.from === "jwks" ? [origin.jwks] : []));
    const sets = this.#jwks === undefined ? inline : [this.#jwks];
    if (sets.length === 0 || (this.#jwks === undefined && inline.length < issuer.keys.length)) {
      this.#assumed += 1;
      const { alg, kid } = joseHeader;
      return succeed({ issuer: issuer.issuer, kid, algorithm: alg, verify: () => PASSED });
    }
    const index = this.#indexes.get(issuer) ?? importSets(sets, issuer);
    this.#indexes.set(issuer, index);
    return selectKey(await index, joseHeader);
  }
}

async function importSets(sets: readonly unknown[], issuer: CompiledIssuer): Promise<KeyIndex> {
  const imported = await Promise.all(sets.map((jwks) => importKeySet(jwks, issuer)));
  return indexKeys(imported.flatMap(({ keys }) => keys));
}
