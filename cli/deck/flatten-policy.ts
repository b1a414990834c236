import { writeDocument } from "../../plugin/policy/read/extend-document.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";

/**
 * Writes a policy as a string for a plugin's configuration. The text has no aliases, no comments and a uniform YAML notation.
 *
 * @param text one document, already merged with the policy that it extends.
 * @throws Error when the text is not a document, so check the text before the call.
 */
export function flattenPolicy(text: string): string {
  const source = readDocument(text);
  if (!source.ok) {
    throw new Error(source.failure[0]?.message);
  }
  return writeDocument(source.value.data);
}
