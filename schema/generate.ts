/**
 * Makes everything that follows from policy.schema.json, the one source: TypeScript types, the validator and the policy
 * reference; and the denial reference from the denial table. `--check` writes nothing and fails when a file is stale.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import { compile } from "json-schema-to-typescript";
import { renderDenialReference } from "./denial-reference.ts";
import { renderPolicyReference } from "./policy-reference.ts";
import type { SchemaNode } from "./schema-node.ts";

const root = new URL(import.meta.url.includes("/dist/") ? "../../" : "../", import.meta.url);
const schema: SchemaNode = JSON.parse(readFileSync(new URL("schema/policy.schema.json", root), "utf8"));

const BANNER = "Generated from schema/policy.schema.json by `npm run generate`; do not edit.";

/** The types describe a document after validation, when every default is filled in: such properties are always there. */
function requireDefaulted(node: unknown): void {
  if (typeof node !== "object" || node === null) {
    return;
  }
  const { properties } = node as SchemaNode;
  if (properties) {
    const defaulted = Object.keys(properties).filter((name) => properties[name]?.default !== undefined);
    const required = (node as SchemaNode).required ?? [];
    Object.assign(node, { required: [...required, ...defaulted] });
  }
  for (const child of Object.values(node)) {
    requireDefaulted(child);
  }
}

async function renderTypes(): Promise<string> {
  const filled: object = structuredClone(schema);
  requireDefaulted(filled);
  return compile(filled, "PolicyDocument", {
    bannerComment: `// ${BANNER}`,
    additionalProperties: false,
    format: false,
  });
}

function renderValidator(): string {
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true, // A list, or a map that says more.
    code: { source: true, esm: true },
  });
  const imports = new Set<string>();
  // Ajv's ESM output still calls require() for its runtime functions, which are CommonJS with a default export.
  const code = standaloneCode
    .default(ajv, ajv.compile(schema))
    .replaceAll(/require\("(ajv\/dist\/runtime\/(\w+))"\)\.default/g, (_, path: string, name: string) => {
      imports.add(`import ${name} from "${path}.js";`);
      return `(${name}.default ?? ${name})`;
    });
  if (code.includes("require(")) {
    throw new Error("the validator still calls require(): teach schema/generate.ts about it");
  }
  return [
    "// @ts-nocheck",
    `// ${BANNER}`,
    'import type { ValidateFunction } from "ajv";',
    ...imports,
    code,
    "export const validatePolicy: ValidateFunction = validate;",
    "",
  ].join("\n");
}

async function renderAll(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["schema/generated/policy-document.ts", await renderTypes()],
    ["schema/generated/validate-policy.ts", renderValidator()],
    ["docs/policy.md", renderPolicyReference(schema)],
    ["docs/denials.md", renderDenialReference()],
  ]);
}

const stale: string[] = [];
for (const [path, text] of await renderAll()) {
  const file = new URL(path, root);
  const current = readIfThere(file);
  if (current === text) {
    continue;
  }
  stale.push(path);
  if (!process.argv.includes("--check")) {
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
if (process.argv.includes("--check") && stale.length > 0) {
  console.error(`Stale: ${stale.join(", ")}. Run \`npm run generate\` and commit the result.`);
  process.exitCode = 1;
}

function readIfThere(file: URL): string | undefined {
  try {
    return readFileSync(fileURLToPath(file), "utf8");
  } catch {
    return undefined;
  }
}
