import { Document, isCollection, visit } from "yaml";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { TokenRecipe } from "../tokens/recipe.ts";
import type { WrittenExpectation } from "./expect-outcome.ts";
import type { Probe } from "./probe.ts";

type Written = Readonly<Record<string, unknown>>;

/** Writes a test as one line that users can paste under `tests` of a test document. */
export function writeTest({ token, request }: Probe, expect: WrittenExpectation, policy: CompiledPolicy): string {
  const { binding, method, target, headers, transport, tokenIn, authenticated } = request;
  const hasOperations = binding.by === "rule" && policy.rules.get(binding.rule)?.operations !== undefined;
  const written: Written = {
    ...(token && { token: writeRecipe(token) }),
    ...(binding.by === "rule" ? { rule: binding.rule } : { route: binding.name }),
    ...(method !== "GET" && { method }),
    ...((target !== "/" || hasOperations) && { path: target }),
    ...(headers.size > 0 && { headers: Object.fromEntries(headers) }),
    ...(transport !== "tls" && { transport }),
    ...(tokenIn !== undefined && { token_in: tokenIn }),
    ...(authenticated && { authenticated_as: { credential: authenticated.credential } }),
    expect,
  };
  return writeLine([written]);
}

function writeRecipe({ issuer, algorithm, claims, without, header, tamper, text }: TokenRecipe): Written {
  return {
    ...(issuer !== undefined && { issuer }),
    ...(algorithm !== undefined && { algorithm }),
    ...(Object.keys(claims).length > 0 && { claims }),
    ...(without.length > 0 && { without }),
    ...(Object.keys(header).length > 0 && { header }),
    ...(tamper.length > 0 && { tamper: tamper.length === 1 ? tamper[0] : tamper }),
    ...(text !== undefined && { text }),
  };
}

/** Writes tests as YAML, with each test on one line. */
function writeLine(tests: readonly Written[]): string {
  const document = new Document(tests, { aliasDuplicateObjects: false });
  visit(document, {
    Collection(key, node) {
      if (isCollection(node) && key !== null) {
        node.flow = true;
      }
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true }).trimEnd();
}
