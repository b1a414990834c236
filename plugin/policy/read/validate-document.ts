import type { ErrorObject, ValidateFunction } from "ajv";
import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import { validatePolicy } from "../../../schema/generated/validate-policy.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { quoteText } from "../../core/text/printable.ts";
import { describeIndistinct } from "../language/describe-indistinct.ts";
import type { DocumentPath, Finding, FindingCode } from "../language/finding.ts";
import { hintAtKey } from "../language/hint-at-key.ts";
import { hintAtForm, hintAtType } from "../language/hint-at-value.ts";
import { hasMark, NOT_A_POLICY } from "../language/policy-mark.ts";
import { didYouMean } from "../language/suggest-name.ts";
import { explainRefusedHeader } from "./explain-header.ts";
import { findBadPaths } from "./find-bad-paths.ts";
import { pickTellingErrors } from "./pick-telling-errors.ts";
import { resolveVars } from "./resolve-vars.ts";

/**
 * Resolves variables in plain data, and then checks the data against policy.schema.json. The function fills in values
 * and defaults in place, and returns the same data, typed.
 */
export function validateDocument(data: unknown): Result<PolicyDocument, readonly Finding[]> {
  if (!hasMark(data)) {
    return fail([{ code: "not_a_policy", path: [], message: NOT_A_POLICY }]);
  }
  const unresolved = resolveVars(data);
  if (unresolved.length > 0) {
    return fail(unresolved);
  }
  const findings = checkData(validatePolicy, data, { values: isBelowKeys, keys: isBelowKeys });
  return findings.length === 0 ? succeed(data as PolicyDocument) : fail([...findings, ...findBadPaths(data, findings)]);
}

/**
 * Says for which parts of a document the messages must not show values or unknown keys. These parts may contain a
 * secret by mistake, and messages reach logs.
 */
export interface Secrecy {
  readonly values: (path: DocumentPath) => boolean;
  readonly keys: (path: DocumentPath) => boolean;
}

const isBelowKeys: Secrecy["values"] = (path) => path[0] === "issuers" && path[2] === "keys";

/** Checks plain data with a generated validator, which also fills in defaults in place. */
export function checkData(validate: ValidateFunction, data: unknown, secrecy: Secrecy): readonly Finding[] {
  const errors: readonly ErrorObject[] = validate(data) ? [] : (validate.errors ?? []);
  return pickTellingErrors(errors).map((error) => toFinding(error, data, secrecy));
}

function toFinding(error: ErrorObject, data: unknown, secrecy: Secrecy): Finding {
  const path = resolvePath(error.instancePath, data);
  const describe = (value: unknown): string =>
    isTelling(value) && secrecy.values(path) ? hiddenValue(value) : describeValue(value);
  const { keyword, params, parentSchema } = error;
  switch (keyword) {
    case "additionalProperties": {
      const key = String(params.additionalProperty);
      const known = listKnown(parentSchema);
      if (secrecy.keys(path)) {
        const message = `This key is not known here.${didYouMean(key, known) || listNames(known)}`;
        return { code: "unknown_key", path: [...path, key], atKey: true, hidesKey: true, message };
      }
      const message = isDefault(key, parentSchema)
        ? `The key "${key}" belongs under "defaults", or in a rule.`
        : `The key ${quoteText(key)} is not known here.${hintAtKey(key, known)}`;
      return { code: "unknown_key", path: [...path, key], atKey: true, message };
    }
    case "required":
      return { code: "missing_key", path, atKey: true, message: `The key "${params.missingProperty}" is missing.` };
    case "type":
      if (params.type === "null") {
        return { code: "unknown_key", path, atKey: true, message: refusedKeyMessage(path, parentSchema) };
      }
      return {
        code: "wrong_type",
        path,
        message: `The value must be ${wantedName(params.type, parentSchema)}, not ${describe(error.data)}.${hintAtAudience(path, error.data) ?? (secrecy.values(path) ? "" : hintAtType(error.data, params.type, parentSchema))}`,
      };
    case "minProperties":
      return { code: "invalid_value", path, message: emptyMapMessage(parentSchema) };
    default:
      return valueFinding(error, path, { describe, isSecret: secrecy.values(path) });
  }
}

/**
 * An entry can read the audience from only one claim. With two claims, an ID token could pass as an access token,
 * because these tokens have the client's id in different claims.
 */
function hintAtAudience(path: DocumentPath, data: unknown): string | undefined {
  return path[0] === "issuers" && path[2] === "claims" && path[3] === "audience" && Array.isArray(data)
    ? " If tokens have the audience in different claims, write one entry of the issuer for each kind of token."
    : undefined;
}

interface Shown {
  readonly describe: (value: unknown) => string;
  /** Whether the value is secret. If so, messages show no part of the value. */
  readonly isSecret: boolean;
}

function valueFinding(error: ErrorObject, path: DocumentPath, { describe, isSecret }: Shown): Finding {
  const { keyword, parentSchema, data } = error;
  const isKey = error.propertyName !== undefined;
  const place = isKey ? { path: [...path, error.propertyName as string], atKey: true } : { path };
  const value: unknown = isKey ? error.propertyName : data;
  const shown = describe(value);
  const title: string = parentSchema?.title?.toLowerCase() ?? "value";
  switch (keyword) {
    case "const":
      return title === "format version"
        ? { ...place, code: "version_unknown", message: versionMessage(data, shown) }
        : {
            ...place,
            code: "invalid_value",
            message: `The value must be ${JSON.stringify(error.params.allowedValue)}, not ${shown}.`,
          };
    case "enum": {
      const indistinct = title === "public reason" && describeIndistinct(String(data));
      return indistinct
        ? { ...place, code: "answer_indistinct", message: indistinct }
        : { ...place, code: "invalid_value", message: enumMessage(shown, data, error.params.allowedValues) };
    }
    case "not":
      // The schema uses `not` only for names of headers.
      return {
        ...place,
        code: "invalid_value",
        message: `${shown} cannot be used here: ${explainRefusedHeader(String(value))}.`,
      };
    case "pattern":
      return { ...place, ...describeForm(parentSchema, shown, isSecret ? undefined : value) };
    default:
      return { ...place, code: "invalid_value", message: boundMessage(error) };
  }
}

/** @param value the value to describe; undefined if the value is secret. */
function describeForm(
  schema: ErrorObject["parentSchema"],
  shown: string,
  value: unknown,
): { readonly code: FindingCode; readonly message: string } {
  const title: string = schema?.title?.toLowerCase() ?? "value";
  const example = schema?.examples?.[0];
  const hint = `${schema?.description ?? ""}${example === undefined ? "" : ` Example: ${example}.`}`;
  const message = `${shown} is not a valid ${title}.${hintAtForm(value, schema)} ${hint}`.trim();
  return { code: title === "duration" ? "duration_invalid" : "invalid_value", message };
}

function versionMessage(data: unknown, shown: string): string {
  return `Format version ${typeof data === "number" ? data : shown} is not known; this release reads version 1.`;
}

/** Whether a key at the top of a policy belongs under `defaults`. */
function isDefault(key: string, schema: ErrorObject["parentSchema"]): boolean {
  return Object.hasOwn(schema?.properties?.defaults?.properties ?? {}, key);
}

const BOUNDED: Readonly<Record<string, readonly [bound: "least" | "most", one: string, several: string]>> = {
  minItems: ["least", "element", "elements"],
  maxItems: ["most", "element", "elements"],
  minLength: ["least", "character", "characters"],
  maxLength: ["most", "character", "characters"],
  maxProperties: ["most", "key", "keys"],
};

function boundMessage({ keyword, params, message }: ErrorObject): string {
  const bounded = BOUNDED[keyword];
  if (!bounded) {
    return `This ${message}.`;
  }
  const [bound, one, several] = bounded;
  return `The value must have at ${bound} ${params.limit} ${params.limit === 1 ? one : several}.`;
}

/**
 * Lists the keys that an author can write. The list omits keys that must be null. The schema has these keys only to
 * explain in a message why authors cannot use them.
 */
function listKnown(schema: ErrorObject["parentSchema"]): readonly string[] {
  const properties: Readonly<Record<string, { readonly type?: unknown }>> = schema?.properties ?? {};
  return Object.keys(properties).filter((name) => properties[name]?.type !== "null");
}

function refusedKeyMessage(path: DocumentPath, schema: ErrorObject["parentSchema"]): string {
  return `The key ${quoteText(String(path.at(-1)))} cannot be used here. ${schema?.description ?? ""}`.trim();
}

function listNames(known: readonly string[]): string {
  return ` Known here: ${known.join(", ")}.`;
}

/** Only strings and numbers can be secrets. */
function isTelling(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function hiddenValue(value: string | number): string {
  return typeof value === "string" ? "this string" : "this value";
}

function enumMessage(shown: string, data: unknown, allowed: readonly unknown[]): string {
  return `${shown} is not one of ${allowed.join(", ")}.${didYouMean(String(data), allowed.map(String))}`;
}

function emptyMapMessage(schema: ErrorObject["parentSchema"]): string {
  const known = listKnown(schema);
  return `The value must not be empty.${known.length === 0 ? "" : ` Known here: ${known.join(", ")}.`}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: "a map",
  array: "a list",
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

/** @param type one or several types of JSON Schema. */
function wantedName(type: string | readonly string[], schema: ErrorObject["parentSchema"]): string {
  if (schema?.enum) {
    return `one of ${schema.enum.join(", ")}`;
  }
  return [type]
    .flat()
    .map((name) => TYPE_NAMES[name] ?? name)
    .join(" or ");
}

function describeValue(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "a list" : "a map";
  }
  if (value === undefined || value === null) {
    return "empty";
  }
  return typeof value === "string" ? quoteText(value) : JSON.stringify(value);
}

/** A JSON Pointer as a path; list indexes become numbers. */
function resolvePath(pointer: string, data: unknown): DocumentPath {
  const path: (string | number)[] = [];
  let value: unknown = data;
  for (const raw of pointer.split("/").slice(1)) {
    const key = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    const step = Array.isArray(value) ? Number(key) : key;
    path.push(step);
    value = (value as Record<string | number, unknown> | undefined)?.[step];
  }
  return path;
}
