import { judgeJws } from "../judge-jws.ts";
import type { JudgedVector, VectorSource } from "../judged.ts";
import { readVectors } from "../vector-folder.ts";
import { issuerKeysOf, type Jwk } from "../vector-issuer.ts";

/** The examples of RFC 7520, 7797 and 8037 in each serialisation. */
interface CookbookVector {
  readonly id: string;
  readonly form: "compact" | "json" | "json_flat";
  readonly token: string | object;
  /** There are several tokens if there are several recipients or signatures. */
  readonly key: Jwk | readonly Jwk[] | null;
  /** `accept-signature`, or `reject` with the reason in words. */
  readonly expect_gateway: string;
}

/** Compact JWS that the plugin must refuse, and the reasons. The other compact texts are encrypted. */
const COMPACT_REFUSALS: ReadonlyMap<string, string> = new Map([
  // The payload is sent separately. An empty payload is not the signed payload.
  ["jws/4_5.signature_with_detached_content.json:compact", "signature_invalid"],
  ["rfc7797/hmac-sha2_b64_false.json:compact", "critical_header_unsupported"],
  // The collection expects a refusal, because the token has no claims. The signature is valid, so this is a disagreement.
  ["curve25519/jws.json:compact", "token_malformed: payload"],
]);

export const cookbook: VectorSource = {
  name: "JOSE cookbook: RFC 7520, 7797, 8037",
  judge: () => Promise.all(readVectors<CookbookVector[]>("ietf-jose-cookbook/cases.json").map(judge)),
};

async function judge({ id, form, token, key, expect_gateway }: CookbookVector): Promise<JudgedVector> {
  const text = typeof token === "string" ? token : JSON.stringify(token);
  const refusal = form === "compact" ? (COMPACT_REFUSALS.get(id) ?? "token_encrypted") : refusalOfJson(text);
  const found = await judgeJws(text, issuerKeysOf({ keys: [key ?? []].flat() }));
  return { id, expected: expect_gateway === "accept-signature" ? "accepted" : refusal, found };
}

/**
 * After `Bearer`, the plugin would find the commas. Where the code counts only dots, some JSON has four dots by chance.
 */
function refusalOfJson(text: string): string {
  return text.split(".").length === 5 ? "token_encrypted" : "token_malformed: not three non-empty segments";
}
