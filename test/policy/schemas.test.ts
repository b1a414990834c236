import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { issuesOf } from "./read/marked-text.ts";

interface SchemaNode {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly [keyword: string]: unknown;
}

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

const isNode = (value: unknown): value is SchemaNode => typeof value === "object" && value !== null;
const DATA_KEYWORDS = new Set(["examples", "default", "enum", "const", "required"]);

/** Every subschema with its JSON Pointer. */
function nodesBelow(node: SchemaNode, pointer: string): [pointer: string, node: SchemaNode][] {
  const children = Object.entries(node).filter(([keyword, child]) => !DATA_KEYWORDS.has(keyword) && isNode(child));
  return [
    [pointer, node],
    ...children.flatMap(([keyword, child]) =>
      nodesBelow(child as SchemaNode, `${pointer}/${keyword.replaceAll("~", "~0").replaceAll("/", "~1")}`),
    ),
  ];
}

/** JWKs alone are open: RFC 7517 section 4 has unknown parameters ignored. */
describe.each<[file: string, properties: number, open: readonly string[]]>([
  ["policy.schema.json", 30, ["properties/keys/items"]],
  ["fetch-settings.schema.json", 10, []],
])("%s", (file, fewest, openMaps) => {
  const schema: SchemaNode = JSON.parse(read(`schema/${file}`));
  const ajv = new Ajv({ strict: true, allowUnionTypes: true }).addSchema(schema);
  const nodes = nodesBelow(schema, "#");
  const properties = nodes.flatMap(([pointer, node]) =>
    isNode(node.properties) && !pointer.endsWith("/properties")
      ? Object.entries(node.properties).map(([name, child]) => [`${pointer}/properties/${name}`, child] as const)
      : [],
  );
  // A policy can never use such a key. The schema has this key only for its message.
  const usable = properties.filter(([, { type }]) => type !== "null");
  const definitionOf = ({ $ref }: SchemaNode): SchemaNode | undefined =>
    nodes.find(([pointer]) => pointer === $ref)?.[1];

  it("has properties to look at", () => {
    expect(properties.length).toBeGreaterThan(fewest);
  });

  it.each(usable)("%s has a title, a description and an example, itself or where it refers to", (_pointer, node) => {
    const { title, description, examples } = definitionOf(node) ?? node;
    expect({ title, description, examples }).toEqual({
      title: expect.stringMatching(/./),
      description: expect.stringMatching(/\.$/),
      examples: expect.arrayContaining([expect.anything()]),
    });
  });

  it.each(nodes.filter(([, node]) => Array.isArray(node.examples) || node.default !== undefined))(
    "%s: its examples and default are valid",
    (pointer, node) => {
      const validate = ajv.compile({ $ref: `${schema.$id}${pointer}` });
      const values = [...(node.examples ?? []), ...(node.default === undefined ? [] : [node.default])];
      expect(values.filter((value) => !validate(value))).toEqual([]);
    },
  );

  it("uses no title twice, because types get their names from titles", () => {
    const titles = nodes.flatMap(([, { title }]) => (typeof title === "string" ? [title.toLowerCase()] : []));
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });

  it("allows no unknown key in any of its maps", () => {
    const open = nodes.filter(
      ([pointer, node]) =>
        isNode(node.properties) && node.additionalProperties === undefined && !pointer.endsWith("/properties"),
    );
    expect(open.map(([pointer]) => pointer.split("/").slice(-3).join("/"))).toEqual(openMaps);
  });
});

describe("the example policies compile", () => {
  const files = readdirSync(new URL("policies/", root)).filter((name) => /(?<!\.test)\.(?:ya?ml|json)$/.test(name));

  it("and there are some", () => {
    expect(files.length).toBeGreaterThan(0);
  });

  it.each(files)("%s", (file) => {
    expect(issuesOf(read(`policies/${file}`))).toEqual([]);
  });
});
