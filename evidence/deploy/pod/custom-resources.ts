import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "../kubernetes/kubernetes-files.ts";

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

type Schema = Readonly<Record<string, unknown>>;

/**
 * Checks manifests against the custom resource definitions in these files. Unknown fields are mistakes, because Kubernetes
 * silently drops them.
 *
 * @returns a function that lists the mistakes of a manifest. The result is undefined if no file defines the manifest's
 * kind.
 */
export function readDefinitions(files: readonly string[]): (manifest: Manifest) => readonly string[] | undefined {
  const schemas = new Map<string, Schema>();
  for (const document of files.flatMap((file) => parseAllDocuments(readFileSync(file, "utf8")))) {
    const definition: Definition | null = document.toJS();
    if (definition?.kind === "CustomResourceDefinition") {
      const { group, names, versions } = definition.spec;
      for (const { name, schema } of versions) {
        schemas.set(`${group}/${name} ${names.kind}`, schema.openAPIV3Schema);
      }
    }
  }
  return (manifest) => {
    const schema = schemas.get(`${manifest.apiVersion} ${manifest.kind}`);
    if (schema === undefined) {
      return undefined;
    }
    const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(close(schema, false));
    validate(manifest);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}

/**
 * Allows only members that the schema names. Kubernetes itself defines metadata, so the definition files have no
 * definition of it.
 */
function close(schema: Schema, isOpen: boolean): Schema {
  const { properties, items, additionalProperties } = schema;
  const isKept = isOpen || schema["x-kubernetes-preserve-unknown-fields"] === true;
  return {
    ...schema,
    ...(isSchema(items) ? { items: close(items, false) } : {}),
    ...(isSchema(additionalProperties) ? { additionalProperties: close(additionalProperties, false) } : {}),
    ...(isSchema(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, member]) => [name, close(member as Schema, name === "metadata")]),
          ),
          ...(isKept || additionalProperties !== undefined ? {} : { additionalProperties: false }),
        }
      : {}),
  };
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
