import type { YAMLError } from "yaml";
import { describeStructure } from "./describe-yaml-structure.ts";
import type { YamlMistake } from "./parse-yaml.ts";

/** Replaces the parser messages that quote parts of the document, such as tags and anchors. */
const INSTEAD: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  BAD_ALIAS: "This is an alias without a name: put text that begins with * in quotes",
  BAD_DIRECTIVE: "This directive is not known",
  BAD_DQ_ESCAPE:
    "This escape sequence is not valid: in double quotes, write \\\\ for one backslash, or use single quotes",
  BAD_SCALAR_START: "Put this value in quotes: plain text does not start with this character",
  BAD_COLLECTION_TYPE: "This tag does not fit the value",
  TAG_RESOLVE_FAILED: "Tags are not supported: put text that begins with ! in quotes",
};

/**
 * Codes of mistakes after which the parser still knows the structure of the document. After a mistake of any other
 * kind, the parser may report further mistakes that are only consequences of this mistake.
 */
const KEEPS_STRUCTURE: ReadonlySet<YAMLError["code"]> = new Set([
  "BAD_ALIAS",
  "BAD_DIRECTIVE",
  "BAD_DQ_ESCAPE",
  "BAD_SCALAR_START",
  "BAD_COLLECTION_TYPE",
  "TAG_RESOLVE_FAILED",
]);

/**
 * Describes the mistakes in the order of the text, without quoting the document. Leaves out mistakes that are only
 * consequences of an earlier mistake.
 */
export function describeYamlErrors(errors: readonly YAMLError[], text: string): readonly YamlMistake[] {
  const sorted = errors.toSorted((one, other) => one.pos[0] - other.pos[0]);
  const end = sorted.findIndex(({ code }) => !KEEPS_STRUCTURE.has(code));
  const telling = end < 0 ? sorted : sorted.slice(0, end + 1);
  return telling.map(
    (error) => describeStructure(error, sorted, text) ?? { offset: error.pos[0], message: words(error) },
  );
}

function words({ code, message }: YAMLError): string {
  const own = code === "UNEXPECTED_TOKEN" ? message.replace(/: .*/s, "") : message;
  return `${INSTEAD[code] ?? own}.`;
}
