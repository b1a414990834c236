/** Kong's schema language as data. */
type SchemaValue = string | number | boolean | null | readonly SchemaValue[] | { readonly [name: string]: SchemaValue };

/**
 * The plugin's schema as a Lua chunk that returns it: what Konnect takes in the place of the query command. It requires no
 * module, for Konnect has it read none.
 */
export function renderLuaSchema(schema: SchemaValue): string {
  return `return ${renderValue(schema, "")}\n`;
}

function renderValue(value: SchemaValue, indent: string): string {
  if (value === null) {
    return "ngx.null"; // A Lua table drops nil.
  }
  if (typeof value !== "object") {
    return JSON.stringify(value); // Lua reads these alike, texts without control characters included.
  }
  const inner = `${indent}  `;
  const lines = isList(value)
    ? value.map((item) => `${inner}${renderValue(item, inner)},\n`)
    : Object.entries(value).map(([name, item]) => `${inner}${name} = ${renderValue(item, inner)},\n`);
  return lines.length === 0 ? "{}" : `{\n${lines.join("")}${indent}}`;
}

/** `Array.isArray` does not tell a readonly list apart. */
function isList(value: object): value is readonly SchemaValue[] {
  return Array.isArray(value);
}
