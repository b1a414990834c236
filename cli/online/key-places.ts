import type { CompiledIssuer, KeyOrigin } from "../../plugin/core/model/policy.ts";
import type { DocumentPath } from "../../plugin/policy/language/finding.ts";
import { FILE_LISTS } from "../keys/check-key-files.ts";

/**
 * Returns the path of a source of an issuer's keys in the policy document. For discovery, the plugin derives the URL
 * from the issuer itself.
 */
export function pathOfOrigin({ id, keys }: CompiledIssuer, origin: KeyOrigin): DocumentPath {
  switch (origin.from) {
    case "discovery":
      return ["issuers", id, "issuer"];
    case "metadata_uri":
    case "jwks_uri":
    case "jwks":
      return ["issuers", id, "keys", origin.from];
    default: {
      const alike = keys.filter(({ from }) => from === origin.from);
      return ["issuers", id, "keys", FILE_LISTS[origin.from], alike.indexOf(origin)];
    }
  }
}
