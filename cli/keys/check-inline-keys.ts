import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { importKeySet } from "../../plugin/keys/import/import-key-set.ts";
import { isMeantForVerifying } from "../../plugin/keys/rules/jwk.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";

/**
 * {@link importKeySet} begins each reason with the name of the key. The code removes this name, because the finding
 * already says where the key is.
 */
const KEY_NAME = /^key 0(?:, kid "(?:[^"\\]|\\.)*")?: /;

/**
 * Imports the keys that are in a policy document, as the gateway does. The gateway ignores a weak or damaged key.
 * Without this check, operators would notice this only when the plugin refuses tokens. The policy compiler cannot find
 * weak or damaged keys, because the compiler uses no cryptography.
 *
 * @param text the text of the policy's own file. The findings have positions in this text.
 */
export async function checkInlineKeys(policy: CompiledPolicy, text: string): Promise<readonly Finding[]> {
  const findings = (await Promise.all(listIssuers(policy).map(findUnusable))).flat();
  const source = readDocument(text);
  return findings.length === 0 || !source.ok ? [] : source.value.locate(findings);
}

async function findUnusable(issuer: CompiledIssuer): Promise<readonly Finding[]> {
  const jwks = issuer.keys.flatMap((origin) => (origin.from === "jwks" ? origin.jwks.keys : []));
  const findings = jwks.map(async (jwk, index): Promise<Finding[]> => {
    if (!isMeantForVerifying(jwk)) {
      return []; // Skips keys that are not for signatures, because providers publish such keys too.
    }
    const { ignored } = await importKeySet({ keys: [jwk] }, issuer);
    return ignored.map((reason) => ({
      code: "key_unusable",
      path: ["issuers", issuer.id, "keys", "jwks", "keys", index],
      message: `This key cannot be used: ${reason.replace(KEY_NAME, "")}.`,
    }));
  });
  return (await Promise.all(findings)).flat();
}
