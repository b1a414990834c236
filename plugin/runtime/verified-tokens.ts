import { BoundedMap } from "../bounded/bounded-map.ts";
import type { KeySource, SignatureCheck, VerificationKey } from "../core/model/key.ts";

/** Maximum bytes of remembered signed texts and signatures: about 20,000 tokens of usual size. */
const MAX_BYTES = 16 * 1024 * 1024;

interface Verified {
  readonly key: VerificationKey;
  readonly signingInput: Uint8Array;
}

/**
 * Remembers which signatures were valid, so that a token that comes a thousand times is verified once. It remembers only the
 * signature: claims, time and rules are checked every time. If an issuer removes a key, the key is no longer found, and its
 * remembered signatures are no longer used.
 */
export function rememberVerified(keys: KeySource): KeySource {
  // The signature identifies the entry, and the whole signed text is compared, because a hash could collide.
  const verified = new BoundedMap<string, Verified>({
    maxEntries: Number.POSITIVE_INFINITY,
    maxSize: MAX_BYTES,
    sizeOf: (name, { signingInput }) => name.length + signingInput.byteLength,
  });
  const remembering = new WeakMap<VerificationKey, VerificationKey>();

  const createRemembering = (key: VerificationKey): VerificationKey => {
    /** Checks that run on the thread pool. The same token may come on many connections at once. */
    const checking = new Map<string, { readonly signingInput: Uint8Array; readonly check: Promise<SignatureCheck> }>();
    return {
      ...key,
      verify(signingInput, signature, client) {
        const name = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString("latin1");
        const known = verified.get(name);
        if (known?.key === key && Buffer.compare(known.signingInput, signingInput) === 0) {
          return true;
        }
        const same = checking.get(name);
        if (same && Buffer.compare(same.signingInput, signingInput) === 0) {
          return same.check;
        }
        const conclude = (check: SignatureCheck): SignatureCheck => {
          checking.delete(name);
          if (check === true) {
            verified.set(name, { key, signingInput });
          }
          return check;
        };
        const result = key.verify(signingInput, signature, client);
        if (!(result instanceof Promise)) {
          return conclude(result);
        }
        const check = result.then(conclude);
        checking.set(name, { signingInput, check });
        return check;
      },
    };
  };

  return {
    find(issuer, joseHeader) {
      const withMemory = (lookup: Awaited<ReturnType<KeySource["find"]>>) => {
        if (!lookup.found) {
          return lookup;
        }
        const found = remembering.get(lookup.found) ?? createRemembering(lookup.found);
        remembering.set(lookup.found, found);
        return { found };
      };
      const lookup = keys.find(issuer, joseHeader);
      return lookup instanceof Promise ? lookup.then(withMemory) : withMemory(lookup);
    },
  };
}
