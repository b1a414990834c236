import { timingSafeEqual } from "node:crypto";
import { listEntries } from "../../plugin/core/model/issuer-template.ts";
import type { KeyLookup, KeySource, SignatureCheck, VerificationKey } from "../../plugin/core/model/key.ts";
import type { CompiledIssuer } from "../../plugin/core/model/policy.ts";
import { PASSED, succeed } from "../../plugin/core/model/result.ts";
import type { JoseHeader } from "../../plugin/core/model/token.ts";
import { importKeySet } from "../../plugin/keys/import/import-key-set.ts";
import { indexKeys, type KeyIndex, selectKey } from "../../plugin/keys/import/select-key.ts";
import { createVerificationKey } from "../../plugin/keys/verify/verification-key.ts";
import type { TokenMaker } from "./token-maker.ts";

/**
 * The key source of a run with throw-away keys. The gateway's own code imports the keys, chooses a key, and verifies
 * the signature. Results are cached, because the same token is judged many times.
 */
export class ThrowAwayKeys implements KeySource {
  readonly #maker: TokenMaker;
  readonly #indexes = new Map<string, KeyIndex>();
  /** The latest index of each issuer. The entry also has the number of keys that existed when the index was made. */
  readonly #ofIssuers = new WeakMap<CompiledIssuer, { readonly index: KeyIndex; readonly keys: number }>();
  readonly #checks = new Map<string, SignatureCheck>();
  #verified = 0;
  #assumed = 0;

  constructor(maker: TokenMaker) {
    this.#maker = maker;
  }

  /** How many signatures were verified. */
  get verified(): number {
    return this.#verified;
  }

  /** How many signatures counted as valid without a check. */
  get assumed(): number {
    return this.#assumed;
  }

  find(issuer: CompiledIssuer, joseHeader: JoseHeader): KeyLookup | Promise<KeyLookup> {
    const latest = this.#ofIssuers.get(issuer);
    if (latest?.keys === this.#maker.keys.count) {
      return this.#select(latest.index, joseHeader);
    }
    const keys = this.#listKeys(issuer);
    const name = [issuer.id, issuer.issuer, keys.length, ...issuer.algorithms].join(" ");
    const known = this.#indexes.get(name);
    if (!known) {
      return this.#import(name, issuer, joseHeader);
    }
    this.#ofIssuers.set(issuer, { index: known, keys: this.#maker.keys.count });
    return this.#select(known, joseHeader);
  }

  /** Lists the keys of all policy entries that have the issuer's `iss`, because these entries share their keys. */
  #listKeys(issuer: CompiledIssuer): ReturnType<TokenMaker["keys"]["list"]> {
    return listEntries(issuer).flatMap(({ id }) => this.#maker.keys.list(id));
  }

  async #import(name: string, issuer: CompiledIssuer, joseHeader: JoseHeader): Promise<KeyLookup> {
    const keys = this.#listKeys(issuer);
    const jwks = { keys: keys.flatMap(({ published }) => published?.jwk ?? []) };
    const secrets = keys
      .filter(({ published, algorithm }) => !published && issuer.algorithms.has(algorithm))
      .map(({ kid, algorithm, key }) => createVerificationKey(issuer.issuer, kid, algorithm, key));
    const imported = jwks.keys.length === 0 ? [] : (await importKeySet(jwks, issuer)).keys;
    const index = indexKeys([...imported, ...secrets]);
    this.#indexes.set(name, index);
    return this.#select(index, joseHeader);
  }

  #select(index: KeyIndex, joseHeader: JoseHeader): KeyLookup {
    const selected = selectKey(index, joseHeader);
    return selected.ok ? succeed(this.#remembering(selected.value)) : selected;
  }

  #remembering(key: VerificationKey): VerificationKey {
    const verify: VerificationKey["verify"] = (signingInput, signature) => {
      if (this.#isMark(signature)) {
        this.#assumed += 1;
        return PASSED;
      }
      const name = `${key.kid} ${key.candidates ?? 1} ${key.algorithm} ${latin1(signature)} ${latin1(signingInput)}`;
      const known = this.#checks.get(name);
      if (known) {
        return known;
      }
      this.#verified += 1;
      const check = key.verify(signingInput, signature);
      const remember = (result: SignatureCheck): SignatureCheck => {
        this.#checks.set(name, result);
        return result;
      };
      return check instanceof Promise ? check.then(remember) : remember(check);
    };
    return { ...key, verify };
  }

  #isMark(signature: Uint8Array): boolean {
    const { mark } = this.#maker;
    return mark !== undefined && mark.byteLength === signature.byteLength && timingSafeEqual(mark, signature);
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
