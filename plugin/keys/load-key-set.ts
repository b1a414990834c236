import { createHash } from "node:crypto";
import { normalize, sep } from "node:path";
import { readJsonObject } from "../core/json.ts";
import type { CompiledIssuer, KeyOrigin } from "../core/policy.ts";
import type { FetchJson } from "./fetch-json.ts";
import { fetchKeySet } from "./fetch-key-set.ts";
import { findKeyList, importKeySet } from "./import-key-set.ts";
import { importPem } from "./import-pem.ts";
import { importSecret } from "./import-secret.ts";
import { type ImportedKeySet, NO_KEYS } from "./imported-key.ts";
import { MAX_MEMBERS } from "./read-answer.ts";

/** The files that policies may name. */
export interface KeyFiles {
  /** Names the version that is in the file's place now, or why there is none. */
  identify(file: string): Promise<string>;
  /** @throws Error that says why the file can not be read. */
  read(file: string): Promise<Uint8Array>;
}

/** The answer of a place of keys, not imported yet. It replaces the answer before it. */
export interface LoadedKeySet {
  /** Hex SHA-256: other contents have other digests. */
  readonly digest: string;
  /** How long the server lets it be used, in seconds; undefined when it does not say. */
  readonly freshForSeconds: number | undefined;
  /** @throws Error that says why this is not an answer about keys, without key material. */
  importFor(issuer: CompiledIssuer): Promise<ImportedKeySet>;
}

type FileOrigin = Extract<KeyOrigin, { readonly file: string }>;

/** Bytes of a file that holds nothing. */
const BLANK = /^\s*$/;

/**
 * Loads what one place of keys holds.
 *
 * @param timeoutMs bound on each request.
 * @throws Error that names the place and says why there is no answer.
 */
export async function loadKeySet(
  origin: KeyOrigin,
  { files, fetchJson }: { readonly files: KeyFiles; readonly fetchJson: FetchJson },
  timeoutMs: number,
): Promise<LoadedKeySet> {
  if (!("file" in origin)) {
    const { jwks, freshForSeconds } = await fetchKeySet(origin, fetchJson, { timeoutMs });
    const thumbprints = origin.from === "jwks" ? undefined : origin.thumbprints;
    return {
      digest: digestOf(JSON.stringify(jwks) ?? ""),
      freshForSeconds,
      importFor: (issuer) => importKeySet(jwks, issuer, thumbprints),
    };
  }
  const content = await namingFile(origin, () => readIfThere(origin.file, files));
  return {
    digest: content === undefined ? "" : digestOf(content),
    freshForSeconds: undefined,
    importFor: (issuer) => namingFile(origin, () => importFile(origin, content, issuer)),
  };
}

function digestOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

async function namingFile<T>({ file }: FileOrigin, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : "not readable"}`);
  }
}

/**
 * Undefined for a file that does not exist below an existing root. A missing root, such as a volume that is not mounted, is an error.
 *
 * @throws Error that says why the file can not be read.
 */
async function readIfThere(file: string, files: KeyFiles): Promise<Uint8Array | undefined> {
  try {
    return await files.read(file);
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && path?.endsWith(`${sep}${normalize(file)}`)) {
      return undefined;
    }
    throw error;
  }
}

/**
 * A file that is removed or emptied withdraws its keys. One that is damaged does not: a key set or PEM file shows by its form that it
 * is whole. A secret has no form, so whatever its file holds replaces what was there.
 */
async function importFile(
  origin: FileOrigin,
  content: Uint8Array | undefined,
  issuer: CompiledIssuer,
): Promise<ImportedKeySet> {
  const text = content && Buffer.from(content).toString();
  if (content === undefined || text === undefined) {
    return { ...NO_KEYS, ignored: [`${origin.file} is not there`] };
  }
  if (BLANK.test(text)) {
    return { ...NO_KEYS, ignored: [`${origin.file} is empty`] };
  }
  switch (origin.from) {
    case "jwks_file":
      return importKeySet(parseKeySet(text), issuer);
    case "pem_file":
      return importPem(text, origin, issuer);
    case "secret_file":
      try {
        return importSecret(content, origin, issuer);
      } catch (error) {
        return { ...NO_KEYS, ignored: [`${origin.file}: ${error instanceof Error ? error.message : "not readable"}`] };
      }
  }
}

function parseKeySet(text: string): unknown {
  const read = readJsonObject(text, MAX_MEMBERS);
  if ("refused" in read) {
    throw new Error(`it is no JSON object: ${read.refused}`);
  }
  if (!findKeyList(read.object)) {
    throw new Error('it is not a key set: it has no list "keys"');
  }
  return read.object;
}
