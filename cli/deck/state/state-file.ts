import { type Document, isMap, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { messageOf } from "../../../plugin/core/text/error-message.ts";
import type { Finding, FindingCode } from "../../../plugin/policy/language/finding.ts";
import { describeYamlErrors } from "../../../plugin/policy/yaml/describe-yaml-error.ts";
import { describeOtherKind } from "../../files/recognize-file.ts";
import { expandAliases } from "./expand-aliases.ts";
import type { PlacedText } from "./state-finding.ts";

/** One decK state file: its content, and the position of each part. */
export interface StateFile extends PlacedText {
  /** In this content, aliases and merge keys are expanded. Comments and quotes stay as in the text. */
  readonly root: YAMLMap;
}

/**
 * Reads YAML or JSON. A decK template such as `${{ env "DECK_…" }}` stays unchanged, because its value is unknown here.
 */
export function readStateFile(file: string, text: string): Result<StateFile, readonly Finding[]> {
  const lines = text.split(/\r?\n/);
  const lineCounter = new LineCounter();
  const locate = (offset: number): { line: number; column: number } => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  // The finding has no excerpt: if the file is not a decK file, its text may be secret.
  const report = (offset: number, code: FindingCode, message: string): Finding => {
    return { severity: "error", file, ...locate(offset), code, message };
  };
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const other = isMarkedState(document) ? undefined : describeOtherKind(text, "decK file");
  if (other !== undefined) {
    return fail([report(0, "wrong_type", other)]);
  }
  if (document.errors.length > 0) {
    return fail(
      describeYamlErrors(document.errors, text).map(({ offset, message }) => report(offset, "syntax_error", message)),
    );
  }
  try {
    const root = expandAliases(document);
    return isMap(root)
      ? succeed({ file, lines, root: root as YAMLMap, locate: (node) => locate(node.range?.[0] ?? 0) })
      : fail([report(0, "wrong_type", "A decK file is a map such as `services: […]`.")]);
  } catch (error) {
    return fail([report(0, "syntax_error", `${messageOf(error)}.`)]);
  }
}

/**
 * Whether the text is certainly a decK file. If it is, the code does not check whether the text is another kind of
 * file.
 */
function isMarkedState({ errors, contents }: Document): boolean {
  const has = (key: string): boolean => isMap(contents) && contents.has(key);
  return errors.length === 0 && has("_format_version") && !has("jwt_policy") && !has("jwt_policy_test");
}
