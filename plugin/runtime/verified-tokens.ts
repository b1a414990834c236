import type { KeySource, VerificationKey } from "../core/key.ts";

/** Tokens whose signature is remembered; one takes about a kilobyte. */
const MAX_VERIFIED = 10_000;

/**
 * Remembers which signatures held, so that a token that comes a thousand times is verified once. Only the signature is
 * remembered: claims, time and rules are checked every time, and a key that its issuer removed is no longer found, which
 * ends what was remembered for it.
 */
export function rememberVerified(keys: KeySource): KeySource {
  // The signature names the entry and the whole signed text is compared: no hash that could collide.
  const verified = new Map<string, { readonly key: VerificationKey; readonly signingInput: Uint8Array }>();
  const remembering = new WeakMap<VerificationKey, VerificationKey>();

  const createRemembering = (key: VerificationKey): VerificationKey => ({
    ...key,
    verify(signingInput, signature) {
      const name = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString("latin1");
      const known = verified.get(name);
      if (known?.key === key && Buffer.compare(known.signingInput, signingInput) === 0) {
        return true;
      }
      const holds = key.verify(signingInput, signature);
      if (holds) {
        const [oldest] = verified.keys();
        if (verified.size >= MAX_VERIFIED && oldest !== undefined) {
          verified.delete(oldest);
        }
        verified.set(name, { key, signingInput });
      }
      return holds;
    },
  });

  return {
    find(issuer, joseHeader) {
      const remember = (lookup: Awaited<ReturnType<KeySource["find"]>>) => {
        if (!lookup.found) {
          return lookup;
        }
        const found = remembering.get(lookup.found) ?? createRemembering(lookup.found);
        remembering.set(lookup.found, found);
        return { found };
      };
      const lookup = keys.find(issuer, joseHeader);
      return lookup instanceof Promise ? lookup.then(remember) : remember(lookup);
    },
  };
}
