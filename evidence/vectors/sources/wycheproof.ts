import { judgeJws, judgeJwsWithAnySecret } from "../judge-jws.ts";
import type { JudgedVector, VectorSource } from "../judged.ts";
import { readVectors } from "../vector-folder.ts";
import { issuerKeysOf, type VectorKey } from "../vector-issuer.ts";
import { rightReason } from "./wycheproof-refusals.ts";

interface WycheproofVector {
  readonly id: string;
  readonly group: string;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly kind: "jws" | "jwe";
  /** The JSON serialisations may be objects. */
  readonly token: string | object;
  readonly key: VectorKey;
  readonly expect: "accept" | "reject";
}

export const wycheproofJws: VectorSource = {
  name: "Wycheproof: JWS",
  judge() {
    // Wycheproof published these vectors as valid, but they break a rule that the plugin enforces. The collection
    // itself lists them.
    const overrides = readVectors<Record<string, string>>("wycheproof/strict_overrides.json");
    return judgeKind("jws", (vector) =>
      vector.expect === "accept" && !(vector.id in overrides) ? "accepted" : rightReason(vector),
    );
  },
};

/** The plugin accepts no JWE, even if the JWE can be decrypted. The plugin recognises a JWE by its five segments. */
export const wycheproofJwe: VectorSource = {
  name: "Wycheproof: JWE",
  judge: () =>
    judgeKind("jwe", ({ token }) =>
      textOf(token).split(".").length === 5 ? "token_encrypted" : "token_malformed: not three non-empty segments",
    ),
};

function judgeKind(
  kind: WycheproofVector["kind"],
  expectedOf: (vector: WycheproofVector) => string,
): Promise<readonly JudgedVector[]> {
  const vectors = readVectors<WycheproofVector[]>("wycheproof/cases.json").filter((vector) => vector.kind === kind);
  return Promise.all(
    vectors.map(async (vector) => ({
      id: vector.id,
      expected: expectedOf(vector),
      found: await judgeVector(vector),
    })),
  );
}

/**
 * The secret of the group `base64` has 32 zero bytes, and the plugin does not load such a secret. This group tests only
 * the encoding of tokens.
 */
function judgeVector({ group, token, key }: WycheproofVector): Promise<string> {
  return group === "base64"
    ? judgeJwsWithAnySecret(textOf(token), Buffer.alloc(32))
    : judgeJws(textOf(token), issuerKeysOf(key));
}

function textOf(token: string | object): string {
  return typeof token === "string" ? token : JSON.stringify(token);
}
