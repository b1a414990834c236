import { Composer, type CST, type Document, Lexer, Parser } from "yaml";
import { fail, type Result, succeed } from "../../core/model/result.ts";

/** Deepest accepted nesting. Policies need about ten levels. The parser is recursive, so very deep nesting would end the process. */
const MAX_DEPTH = 100;

/** A mistake, and its offset in the text. */
export interface YamlMistake {
  readonly offset: number;
  readonly message: string;
}

/** Parses one YAML 1.2 document of limited depth. Only the types of the core schema are allowed, and no tags. */
export function parseYaml(text: string): Result<Document, YamlMistake> {
  const parser = new Parser();
  let tooDeepAt: number | undefined;

  function* parseShallow(): Generator<CST.Token> {
    for (const lexeme of new Lexer().lex(text)) {
      yield* parser.next(lexeme);
      if (parser.stack.length > MAX_DEPTH) {
        tooDeepAt = parser.offset;
        return;
      }
    }
    yield* parser.end();
  }

  const composer = new Composer({
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false, // read-document.ts finds duplicate keys itself, because the parser's check takes quadratic time.
    schema: "core",
    resolveKnownTags: false,
  });
  const [document, second] = composer.compose(parseShallow(), true, text.length);
  if (tooDeepAt !== undefined) {
    return fail({ offset: tooDeepAt, message: `The document is nested deeper than ${MAX_DEPTH} levels.` });
  }
  if (second) {
    return fail({ offset: second.range[0], message: "A second document starts here; a file has only one document." });
  }
  return document ? succeed(document) : fail({ offset: 0, message: "The document is empty." });
}
