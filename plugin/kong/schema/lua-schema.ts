/** A schema in Kong's schema language, as data. */
type SchemaValue = string | number | boolean | null | readonly SchemaValue[] | { readonly [name: string]: SchemaValue };

/**
 * Renders the plugin's schema as a Lua chunk that returns the schema. Konnect uses the chunk instead of the query
 * command. The chunk never calls `require`, because Konnect does not allow `require`.
 */
export function renderLuaSchema(schema: SchemaValue): string {
  return `return ${renderValue(schema, "")}\n`;
}

function renderValue(value: SchemaValue, indent: string): string {
  if (value === null) {
    return "ngx.null"; // A Lua table cannot contain nil.
  }
  if (typeof value !== "object") {
    // JSON and Lua have the same syntax for numbers, booleans, and strings without control characters.
    return JSON.stringify(value);
  }
  const inner = `${indent}  `;
  const lines = isList(value)
    ? value.map((item) => `${inner}${renderValue(item, inner)},\n`)
    : Object.entries(value).map(([name, item]) => `${inner}${name} = ${renderValue(item, inner)},\n`);
  return lines.length === 0 ? "{}" : `{\n${lines.join("")}${indent}}`;
}

/** TypeScript: `Array.isArray` does not narrow the type to a readonly list. */
function isList(value: object): value is readonly SchemaValue[] {
  return Array.isArray(value);
}
