import type { DocumentPath } from "../../plugin/policy/language/finding.ts";

const TEMPLATE = /\$\{\{\s*env\s+"(DECK_\w+)"\s*(?:\|\s*(toInt|toBool)\s*)?\}\}/g;

interface Inserted {
  readonly value: unknown;
  readonly missing: readonly { readonly variable: string; readonly path: DocumentPath }[];
}

/** Inserts variables of the environment as decK does: `${{ env "DECK_HOST" }}`. */
export function insertEnvironment(data: unknown, environment: NodeJS.ProcessEnv): Inserted {
  const missing: { variable: string; path: DocumentPath }[] = [];
  const insert = (value: unknown, path: DocumentPath): unknown => {
    if (Array.isArray(value)) {
      return value.map((item, index) => insert(item, [...path, index]));
    }
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, insert(inner, [...path, key])]));
    }
    return typeof value === "string" && value.includes("${{") ? insertText(value, path) : value;
  };
  const insertText = (text: string, path: DocumentPath): unknown => {
    let conversion: string | undefined;
    const inserted = text.replace(TEMPLATE, (template, variable: string, wanted?: string) => {
      conversion = template === text ? wanted : undefined;
      const value = environment[variable];
      if (value === undefined) {
        missing.push({ variable, path });
      }
      return value ?? template;
    });
    if (conversion === "toInt") {
      return Number(inserted);
    }
    return conversion === "toBool" ? inserted === "true" : inserted;
  };
  return { value: insert(data, []), missing };
}
