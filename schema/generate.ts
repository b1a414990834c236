/**
 * Generates TypeScript types and validators from the schemas of policies, policy tests, the settings of the server and
 * the sandbox's kong.yml. Generates a reference page for each schema except the schema of kong.yml. Writes the reasons
 * of the denial table into the schema of policy tests. Generates the denial reference from the denial table, and the
 * page of /status/view. With `--check`, the command writes no file, and fails if a file is stale.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import { compile } from "json-schema-to-typescript";
import { DENIALS } from "../plugin/core/model/denial.ts";
import { renderDenialReference } from "./denial-reference.ts";
import { renderDoctorReference } from "./doctor-reference.ts";
import { renderLintReference } from "./lint-reference.ts";
import type { SchemaNode } from "./schema-node.ts";
import { renderSchemaReference } from "./schema-reference.ts";
import { renderViewPage } from "./view-page.ts";

const root = new URL(import.meta.url.includes("/dist/") ? "../../" : "../", import.meta.url);

/** A schema, and the names of the files generated from it. */
interface Format {
  readonly schemaFile: string;
  /** The file with the types, and the name of the type for a whole document. */
  readonly types: readonly [file: string, name: string];
  /** The file that contains the validator, and the validator's name. */
  readonly validator: readonly [file: string, name: string];
  /** The file of the reference page, and the heading of the page; absent if the document has no generated reference. */
  readonly reference?: readonly [file: string, heading: string];
  /** Completes the text of the schema itself. */
  readonly fill?: (text: string) => string;
}

const FORMATS: readonly Format[] = [
  {
    schemaFile: "schema/policy.schema.json",
    types: ["schema/generated/policy-document.ts", "PolicyDocument"],
    validator: ["schema/generated/validate-policy.ts", "validatePolicy"],
    reference: ["docs/reference/policy.md", "Policy reference"],
  },
  {
    schemaFile: "schema/policy-test.schema.json",
    types: ["schema/generated/policy-test-document.ts", "PolicyTestDocument"],
    validator: ["schema/generated/validate-policy-test.ts", "validatePolicyTest"],
    reference: ["docs/reference/policy-test.md", "Policy test reference"],
    fill: fillReasons,
  },
  {
    schemaFile: "schema/fetch-settings.schema.json",
    types: ["schema/generated/fetch-settings-document.ts", "FetchSettingsDocument"],
    validator: ["schema/generated/validate-fetch-settings.ts", "validateFetchSettings"],
    reference: ["docs/reference/fetch-settings.md", "Fetch settings reference"],
  },
  {
    schemaFile: "schema/decision-log.schema.json",
    types: ["schema/generated/decision-log-document.ts", "DecisionLogDocument"],
    validator: ["schema/generated/validate-decision-log.ts", "validateDecisionLog"],
    reference: ["docs/reference/decision-log-settings.md", "Decision log settings reference"],
  },
  {
    schemaFile: "schema/abuse.schema.json",
    types: ["schema/generated/abuse-document.ts", "AbuseDocument"],
    validator: ["schema/generated/validate-abuse.ts", "validateAbuse"],
    reference: ["docs/reference/abuse-settings.md", "Abuse settings reference"],
  },
  {
    schemaFile: "schema/sandbox-kong.schema.json",
    types: ["schema/generated/sandbox-kong-document.ts", "SandboxKongDocument"],
    validator: ["schema/generated/validate-sandbox-kong.ts", "validateSandboxKong"],
  },
];

/** A policy test expects one of these outcomes, or a reason for a denial. */
const OUTCOMES = ["allow", "deny", "answer", "not_routed"];

/**
 * Editors offer all reasons, and a misspelt reason is a mistake. So the schema of policy tests lists the reasons of the
 * denial table.
 */
function fillReasons(text: string): string {
  const list = (words: readonly string[]): string => words.map((word) => `\n        "${word}"`).join(",");
  const reasons = Object.keys(DENIALS);
  return text
    .replace(/("title": "Reason",[^[]*"enum": \[)[^\]]*?(\s*\])/, (_, head, tail) => `${head}${list(reasons)}${tail}`)
    .replace(
      /("examples": \[)\s*"allow"[^\]]*?(\s*\])/,
      (_, head, tail) => `${head}${list([...OUTCOMES, ...reasons])}${tail}`,
    );
}

const bannerOf = (schemaFile: string): string => `Generated from ${schemaFile} by \`npm run generate\`; do not edit.`;

/**
 * The types describe a document after validation. After validation all defaults are filled in, so properties with a
 * default are required.
 */
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

async function renderTypes(schema: SchemaNode, { schemaFile, types: [, name] }: Format): Promise<string> {
  const filled: object = structuredClone(schema);
  requireDefaulted(filled);
  return compile(filled, name, {
    bannerComment: `// ${bannerOf(schemaFile)}`,
    additionalProperties: false,
    format: false,
  });
}

function renderValidator(source: SchemaNode, { schemaFile, validator: [, validatorName] }: Format): string {
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    verbose: true,
    inlineRefs: false, // Ajv compiles each definition once, and does not copy it to each reference.
    strict: true,
    allowUnionTypes: true, // Some values in documents can be a list, or a map with more detail.
    code: { source: true, esm: true },
  });
  const schema = copyPropertyNames(source, source);
  const imports = new Set<string>();
  // Ajv's ESM output still calls require() for its runtime functions. These functions are in CommonJS modules with a
  // default export.
  const code = standaloneCode
    .default(ajv, ajv.compile(schema))
    .replaceAll(/require\("(ajv\/dist\/runtime\/(\w+))"\)\.default/g, (_, path: string, name: string) => {
      imports.add(`import ${name} from "${path}.js";`);
      return `(${name}.default ?? ${name})`;
    });
  if (code.includes("require(")) {
    throw new Error("the validator still calls require(): replace that call in schema/generate.ts");
  }
  return [
    "// @ts-nocheck",
    `// ${bannerOf(schemaFile)}`,
    'import type { ValidateFunction } from "ajv";',
    ...imports,
    shareDefinitions(code, schema),
    `export const ${validatorName}: ValidateFunction = validate;`,
    "",
  ].join("\n");
}

/**
 * If a `propertyNames` refers to a definition, the function replaces the reference by the definition. Without this
 * replacement, Ajv's errors would not contain the wrong name.
 */
function copyPropertyNames<Node>(node: Node, { definitions = {} }: SchemaNode): Node {
  return JSON.parse(JSON.stringify(node), (key, value) =>
    key === "propertyNames" && value.$ref ? definitions[value.$ref.replace("#/definitions/", "")] : value,
  );
}

/**
 * Ajv's code contains the whole schema, and also a copy of each definition. The function replaces each copy by a
 * reference to the whole schema.
 */
function shareDefinitions(code: string, schema: SchemaNode): string {
  const [, whole] = code.match(/const (schema\d+) = \{"\$schema":/) ?? [];
  return Object.entries(schema.definitions ?? {}).reduce(
    (text, [name, definition]) =>
      text.replaceAll(` = ${JSON.stringify(definition)};`, () => ` = ${whole}.definitions[${JSON.stringify(name)}];`),
    code,
  );
}

async function renderAll(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>([
    ["docs/reference/denials.md", renderDenialReference()],
    ["docs/reference/lint.md", renderLintReference()],
    ["docs/reference/doctor.md", renderDoctorReference()],
    ["schema/generated/view-page.ts", await renderViewPage(root)],
  ]);
  for (const format of FORMATS) {
    const { schemaFile, types, validator, reference, fill } = format;
    const written = readFileSync(new URL(schemaFile, root), "utf8");
    const text = fill?.(written) ?? written;
    if (fill) {
      files.set(schemaFile, text);
    }
    const schema: SchemaNode = JSON.parse(text);
    files.set(types[0], await renderTypes(schema, format));
    files.set(validator[0], renderValidator(schema, format));
    if (reference) {
      files.set(reference[0], renderSchemaReference(schema, schemaFile, reference[1]));
    }
  }
  return files;
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
