import { policyDocument } from "../../../test/core/fixtures.ts";
import { judgeJws } from "../judge-jws.ts";
import { judgeRequest } from "../judge-request.ts";
import type { VectorSource } from "../judged.ts";
import { readVectors } from "../vector-folder.ts";
import { type IssuerKeysSource, issuerKeysOf, type VectorKey } from "../vector-issuer.ts";
import { jwkOfOpenSsh } from "./openssh-key.ts";

/** The examples of RFC 7515, 7516 and 7519, and the tokens of CVE-2022-29217. */
interface RfcVector {
  readonly id: string;
  readonly token: string;
  readonly key: VectorKey | { readonly openssh: string } | null;
  readonly expect: "accept" | "reject";
}

/** The `exp` of the examples less one second. */
const NOW = 1_300_819_379;

/**
 * The reasons for the refusal of a vector. There is one reason in the test of signatures, and one as a request: there,
 * the plugin first checks credentials and `iss`.
 */
const REFUSALS: readonly { readonly id: RegExp; readonly signature: string; readonly request: string }[] = [
  // The token is unsecured. Its third segment is empty, and the plugin notices this before it reads `alg` and `crit`.
  { id: /^RFC7515\.(A5|E)$/, signature: "token_malformed: not three non-empty segments", request: "token_malformed" },
  // The tokens are JSON serialisations, so they contain commas.
  {
    id: /^RFC7515\.A[67]$|^RFC7516\.A4$|MMA/,
    signature: "token_malformed: not three non-empty segments",
    request: "token_ambiguous",
  },
  { id: /^RFC751[69]\.A|Issue_136/, signature: "token_encrypted", request: "token_encrypted" },
  // The line of a public key is used as the secret of HS256. The tokens name no issuer.
  { id: /GHSA-ffqj-6fqr-9h24#[13]$/, signature: "algorithm_not_allowed", request: "issuer_untrusted" },
];

export const rfcSignatures = createSource("signature", "RFC 7515, 7516, 7519, CVE-2022-29217: signatures", judgeJws);

export const rfcRequests = createSource(
  "request",
  "RFC 7515, 7516, 7519, CVE-2022-29217: requests",
  async (token, { algorithms, keys, files }) => {
    // The examples have `iss: joe` and no audience. So in this test, the audience is the claim `iss`.
    const issuer = {
      issuer: "joe",
      audiences: ["joe"],
      claims: { audience: "iss" },
      token_type: "any",
      algorithms,
      keys,
    };
    const document = policyDocument(issuer, { routes: { read: {} }, header_mappings: {} });
    return (await judgeRequest({ document, files, authorization: `Bearer ${token}`, now: NOW })).found;
  },
);

function createSource(
  stage: "signature" | "request",
  name: string,
  judge: (token: string, source: IssuerKeysSource) => Promise<string>,
): VectorSource {
  return {
    name,
    judge() {
      const vectors = readVectors<RfcVector[]>("rfc7515/cases.json");
      // Vectors without a key for signatures are sent to an issuer with another key.
      const otherKey = vectors.find(({ id }) => id === "RFC7515.A2")?.key ?? null;
      return Promise.all(
        vectors.map(async ({ id, token, key, expect }) => {
          const isForSignatures = expect === "accept" || (key !== null && "openssh" in key);
          return {
            id,
            expected: expect === "accept" ? "accepted" : rightReason(id, stage),
            found: await judge(token, issuerKeysOf(jwkOf(isForSignatures ? key : otherKey))),
          };
        }),
      );
    },
  };
}

function rightReason(id: string, stage: "signature" | "request"): string {
  const row = REFUSALS.find((refusal) => refusal.id.test(id));
  if (!row) {
    throw new Error(`rfc7515.ts does not say why ${id} has to be refused`);
  }
  return row[stage];
}

function jwkOf(key: RfcVector["key"]): VectorKey {
  return key === null ? { keys: [] } : "openssh" in key ? jwkOfOpenSsh(String(key.openssh)) : key;
}
