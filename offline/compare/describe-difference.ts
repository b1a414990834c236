import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { findIssuer } from "../../plugin/core/token/find-key.ts";
import type { Difference, Sender } from "./cells/compare-cell.ts";

/** A description names at most this many requirements. */
const MAX_SHOWN = 3;

/** Describes the requests that now pass or are now refused. */
export function describeDifference(difference: Difference, policies: readonly CompiledPolicy[]): string {
  const who = `${describeSender(difference.sender, policies)}${describeLacks(difference)}`;
  const how = difference.transport === "plain" ? " over plain http" : "";
  switch (difference.direction) {
    case "looser":
      return `${who}${how} now pass. Before, they were refused.`;
    case "stricter":
      return `${who}${how} are now refused. Before, they passed.`;
    case "unknown":
      return "There are too many requirements to compare. Requests that were refused before may now pass.";
  }
}

function describeSender(sender: Sender, policies: readonly CompiledPolicy[]): string {
  const known = sender.sends !== "preflight" && sender.isKnownToKong ? " that another plugin has authenticated" : "";
  switch (sender.sends) {
    case "preflight":
      return "CORS preflights";
    case "nothing":
      return `Requests without a token${known}`;
    case "invalid_token":
      return `Requests with an invalid token${known}`;
    case "token": {
      const iss = String(sender.token.claims.iss);
      const id = policies.map((policy) => findIssuer(policy, iss)?.id).find((found) => found !== undefined);
      return known === "" ? `Tokens of issuer ${id ?? iss}` : `Requests${known}, with tokens of issuer ${id ?? iss},`;
    }
  }
}

/** Names the first few requirements that the tokens do not meet. */
function describeLacks({ lacks }: Difference): string {
  const more = lacks.length - MAX_SHOWN;
  const shown = lacks.slice(0, MAX_SHOWN).map((text) => `"${text}"`);
  return lacks.length === 0 ? "" : ` that do not meet ${shown.join(" or ")}${more > 0 ? ` and ${more} more` : ""}`;
}
