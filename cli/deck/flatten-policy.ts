import { writeDocument } from "../../plugin/policy/extend-document.ts";
import { readDocument } from "../../plugin/policy/read-document.ts";

/**
 * The text of a policy as it can stand alone in a plugin's configuration: no aliases, no comments, one form for one meaning.
 *
 * @param text one document: what it extends is in it already.
 * @throws Error when the text is not a document; check it first.
 */
export function flattenPolicy(text: string): string {
  const source = readDocument(text);
  if ("issues" in source) {
    throw new Error(source.issues[0]?.message);
  }
  return writeDocument(source.data);
}
