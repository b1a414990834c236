import { isMap } from "./edit.ts";
import type { Mutant, MutationWorld } from "./mutant.ts";
import { mutateEffects } from "./mutate-effects.ts";
import { mutateIssuers } from "./mutate-issuers.ts";
import { mutateRules } from "./mutate-rules.ts";

/**
 * Lists all mutants of a policy document. Some mutants may be equal, invalid, or without an effect.
 *
 * @param data the document as plain data. The documents that it extends are already merged into it.
 */
export function listMutants(data: unknown, world: MutationWorld): readonly Mutant[] {
  return isMap(data) ? [...mutateIssuers(data, world), ...mutateRules(data, world), ...mutateEffects(data, world)] : [];
}
