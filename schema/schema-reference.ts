import type { SchemaNode } from "./schema-node.ts";

/** Editors offer all examples. A reader needs only a few examples. */
const MAX_EXAMPLES = 6;

/**
 * Renders the reference of a format as Markdown. The reference has one section per object and one row per property.
 *
 * @param file path of the schema. The reference names this path as its source.
 */
export function renderSchemaReference(schema: SchemaNode, file: string, heading: string): string {
  const sections = [
    { heading: "The document", node: schema },
    ...Object.entries(schema.properties ?? {})
      .filter(([, node]) => node.properties !== undefined)
      .map(([name, node]) => ({ heading: `\`${name}\``, node })),
    ...Object.entries(schema.definitions ?? {})
      .filter(([, node]) => node.properties !== undefined)
      .flatMap(([name, node]) => objectSections(`${title(name, node)}`, node)),
  ];
  const types = Object.entries(schema.definitions ?? {})
    .filter(([, node]) => node.pattern !== undefined)
    .map(
      ([name, node]) =>
        `| <a id="${name}"></a>${title(name, node)} | ${node.description} | \`${escapeCell(node.pattern ?? "")}\` | ${renderExamples(node)} |`,
    );

  return [
    `<!-- Generated from ${file} by \`npm run generate\`; do not edit. -->`,
    `# ${heading}`,
    "",
    `${schema.description}`,
    "",
    "Keys that are not listed here are errors. The end of this page describes the kinds of strings.",
    "",
    ...sections.flatMap(({ heading, node }) => [
      `## ${heading}`,
      "",
      ...describe(node, schema),
      ...renderTable(node, schema),
      "",
    ]),
    "## Kinds of strings",
    "",
    "| kind | what it is | pattern | example |",
    "| --- | --- | --- | --- |",
    ...types,
    "",
  ].join("\n");
}

function objectSections(heading: string, node: SchemaNode): { heading: string; node: SchemaNode }[] {
  const alternatives = Object.entries(node.properties ?? {}).flatMap(([name, property]) => [
    ...(property.properties ? [{ heading: `${heading}: \`${name}\``, node: property }] : []),
    ...(property.oneOf ?? []).map((choice) => ({
      heading: `${heading}: \`${name}\`, ${choice.title?.toLowerCase()}`,
      node: choice,
    })),
  ]);
  return [{ heading, node }, ...alternatives];
}

function describe(node: SchemaNode, schema: SchemaNode): string[] {
  return node === schema || !node.description ? [] : [node.description, ""];
}

function renderTable(node: SchemaNode, schema: SchemaNode): string[] {
  return [
    "| key | what it means | type | default | example |",
    "| --- | --- | --- | --- | --- |",
    ...listUsable(node).map(([name, property]) => {
      const facts = { ...target(property, schema), ...property };
      const key = node.required?.includes(name) ? `**${name}**` : name;
      const fallback = node.required?.includes(name) ? "required" : renderValue(facts.default);
      return `| ${key} | ${escapeCell(facts.description ?? "")} | ${renderType(property, schema)} | ${fallback} | ${renderExamples(facts)} |`;
    }),
  ];
}

/** Omits keys that must be null, because the schema has them only for their error message. */
function listUsable({ properties = {} }: SchemaNode): readonly [name: string, property: SchemaNode][] {
  return Object.entries(properties).filter(([, { type }]) => type !== "null");
}

function target(node: SchemaNode, schema: SchemaNode): SchemaNode {
  const reference = node.$ref ?? node.allOf?.[0]?.$ref;
  const [name = "", ...inside] = reference?.replace("#/definitions/", "").split("/properties/") ?? [];
  const definition = schema.definitions?.[name];
  return inside.reduce((found, property) => found?.properties?.[property], definition) ?? node;
}

function renderType(node: SchemaNode, schema: SchemaNode): string {
  const resolved = target(node, schema);
  if (resolved !== node && resolved.pattern !== undefined) {
    return resolved.title?.toLowerCase() ?? "string";
  }
  const { enum: choices, const: only, oneOf, items } = resolved;
  if (choices) {
    return choices.map((choice) => `\`${choice}\``).join(", ");
  }
  if (only !== undefined) {
    return `\`${only}\``;
  }
  if (oneOf) {
    return `one of: ${oneOf.map((choice) => choice.title?.toLowerCase()).join(", ")}`;
  }
  if (items) {
    return `list of ${renderType(items, schema)}`;
  }
  return renderObjectOrScalar(resolved, schema);
}

function renderObjectOrScalar(node: SchemaNode, schema: SchemaNode): string {
  if (typeof node.additionalProperties === "object") {
    return `map of ${renderType(node.additionalProperties, schema)}`;
  }
  if (node.properties && node.title) {
    return node.title.toLowerCase();
  }
  const range = node.minimum === undefined ? "" : ` ${node.minimum} to ${node.maximum}`;
  return `${node.type}${range}`;
}

function title(name: string, node: SchemaNode): string {
  return node.title ?? name;
}

function renderValue(value: unknown): string {
  return value === undefined ? "" : `\`${escapeCell(JSON.stringify(value))}\``;
}

function renderExamples(node: SchemaNode): string {
  return (node.examples ?? []).slice(0, MAX_EXAMPLES).map(renderValue).join("<br>");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
