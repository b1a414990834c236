import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import { quoteText } from "../../core/text/printable.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { isBelow, listTexts, type PlacedText } from "./walk-texts.ts";
import { warn } from "./warn.ts";

/** Keys whose values are compared byte for byte. */
const COMPARED = [
  "audiences",
  "required_scopes",
  "required_roles",
  "required_groups",
  "equals",
  "one_of",
  "contains_any",
  "contains_all",
  "acr_values",
  "amr",
  "allowed_origins",
];
/** Keys whose values are texts for people, or patterns. */
const NOT_COMPARED = ["description", "text", "resource_name", "matches", "path"];
const LISTED = ["audiences", "required_scopes", "required_roles", "required_groups"];
const PATTERN = /\*|^\^|\$$|\.\+|\\[dw.]/;
const DOTTED = /^(?:\$\.)?[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)+$/;
const SLASHED = /^[A-Za-z_][\w-]*(?:\/[\w-]+)+$/;
const BRACKETED = /^(?:\$\.)?[A-Za-z_][\w-]*(?:\[['"]?[\w-]+['"]?\]|->[\w-]+|::[\w-]+)+$/;
/** The name of a claim may be a host name, such as `kubernetes.io`. */
const HOST = /\.(?:com|org|net|io|dev|app|cloud|eu|de|uk|fr|ai|co|info|example|test|local)$/i;
const VARIABLE =
  /\$\{[^}]*\}|\$[A-Z_]{3,}\b|%[A-Z_]{3,}%|\{\{.*\}\}|<[A-Za-z][\w -]*>|^(?:CHANGE_?ME|TODO|REPLACE_?ME|your-.*)$/i;
const FOREIGN_PATH = /\/:[A-Za-z_]\w*|\*|<[^/]*>|[()|^$[\]]|\/~|\\|\.\+/;
const FOREIGN_NAME = /\/(?::([A-Za-z_]\w*)|<(?:[a-z]+:)?([A-Za-z_]\w*)>|\[([A-Za-z_]\w*)\])/g;

/**
 * Warns of strings that look like something else, for example like a pattern, although the policy reads them literally.
 */
export function lintTexts(document: PolicyDocument): readonly Finding[] {
  const { vars = {}, ...others } = document;
  const ofVars = Object.keys(vars).map((name) => `\${${name}}`);
  return listTexts(others).flatMap((placed) => [
    ...lintReference(placed),
    ...lintVariable(placed, ofVars),
    ...lintPath(placed),
    ...lintCompared(placed),
  ]);
}

function lintReference({ text, path, isKey }: PlacedText): Finding[] {
  if (!isReference(path, isKey) || HOST.test(text)) {
    return [];
  }
  const isMistaken = DOTTED.test(text) || SLASHED.test(text) || BRACKETED.test(text);
  if (!isMistaken) {
    return [];
  }
  return warn(
    "claim_pointer_dotted",
    path,
    `${quoteText(text)} is the name of one top-level claim. If you mean a path, write a JSON Pointer: "${suggestPointer(text)}".`,
    isKey,
  );
}

/** The JSON Pointer that a path in another notation probably means. */
export function suggestPointer(text: string): string {
  const steps = text.replace(/^\$\./, "").split(/\.|\/|->|::|\[['"]?|['"]?\]/);
  return `/${steps.filter((step) => step !== "").join("/")}`;
}

/**
 * Whether the text names a claim. Claims are named under `claims`, as a key of `required_claims`, in a header mapping,
 * or under `identity`.
 */
function isReference(path: DocumentPath, isKey: boolean): boolean {
  const parent = path.at(-2);
  if (isKey) {
    return parent === "required_claims";
  }
  const last = path.findLast((step) => typeof step === "string");
  if (parent === "required_claims") {
    return true;
  }
  if (path[0] === "header_mappings") {
    return path.length === 2 || path[2] === "from";
  }
  if (path[0] === "identity") {
    return last === "claim" || last === "credential" || last === "groups";
  }
  return path[2] === "claims";
}

/** @param misspelled the uses of variables that lack the word `vars`. */
function lintVariable({ text, path, isKey }: PlacedText, misspelled: readonly string[]): Finding[] {
  const use = misspelled.find((one) => text.includes(one));
  const hint = use === undefined ? "" : ` Did you mean ${quoteText(use.replace("{", "{vars."))}?`;
  return !isKey && !NOT_COMPARED.includes(String(path.at(-1))) && VARIABLE.test(text)
    ? warn(
        "variable_literal",
        path,
        `${quoteText(text)} looks like a variable or a stand-in, but the plugin takes it literally. Environment variables are not supported. Set a variable under "vars" and write "\${vars.name}"; a file that extends this one can set another value.${hint}`,
      )
    : [];
}

function lintPath({ text, path }: PlacedText): Finding[] {
  if (path.at(-1) !== "path" || path.at(-3) !== "operations" || !FOREIGN_PATH.test(text)) {
    return [];
  }
  const template = suggestTemplate(text);
  const better = template === undefined ? "" : ` Did you mean ${quoteText(template)}?`;
  return warn(
    "path_pattern_literal",
    path,
    `${quoteText(text)} is compared as text, because path patterns are not supported. {id} is one segment, and {rest...} at the end is a subtree.${better}`,
  );
}

/** The path template that a path of another tool probably means. */
export function suggestTemplate(text: string): string | undefined {
  const renamed = text
    .replaceAll(FOREIGN_NAME, (_, express, flask, next) => `/{${express ?? flask ?? next}}`)
    .replace(/\/(?:\*+|\(\.\*\)|\.\*)$/, "/{rest...}");
  return renamed !== text && !FOREIGN_PATH.test(renamed) ? renamed : undefined;
}

function lintCompared({ text, path }: PlacedText): Finding[] {
  if (!(isBelow(path, COMPARED) || path.at(-1) === "issuer") || isBelow(path, ["keys"])) {
    return [];
  }
  if (PATTERN.test(text)) {
    return warn(
      "wildcard_literal",
      path,
      `${quoteText(text)} is compared byte for byte, so a * or any other special character of a pattern matches only itself. Name each value${isBelow(path, ["required_claims"]) ? `, or use "matches"` : ""}.`,
    );
  }
  const isList = isBelow(path, LISTED) || path.at(-1) === "issuer";
  return isList && /[\s,;]/.test(text)
    ? warn(
        "value_has_space",
        path,
        `${quoteText(text)} has white space or a comma. Write one list element for each value, and no white space.`,
      )
    : [];
}
