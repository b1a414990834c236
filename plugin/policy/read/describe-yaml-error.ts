import type { YAMLError } from "yaml";

/** Replaces parser messages that quote the document, such as its tags and anchors. */
const INSTEAD: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  BAD_DIRECTIVE: "This directive is not known",
  BAD_DQ_ESCAPE: "This escape sequence is not valid",
  BAD_SCALAR_START: "Put this value in quotes: plain text does not start with this character",
  BAD_COLLECTION_TYPE: "This tag does not fit the value",
  TAG_RESOLVE_FAILED: "Tags are not supported",
};

/** Describes the mistake without quoting the document. */
export function describeYamlError({ code, message }: YAMLError): string {
  const words = code === "UNEXPECTED_TOKEN" ? (message.split(": ", 1)[0] ?? "") : message;
  return `${INSTEAD[code] ?? words}.`;
}
