import { normalize, sep } from "node:path";
import { readJsonObject } from "../../core/json/json.ts";
import type { CompiledIssuer, KeyOrigin } from "../../core/model/policy.ts";
import { messageOf } from "../../core/text/error-message.ts";
import type { FetchJson } from "../fetch/fetch-json.ts";
import { MAX_MEMBERS } from "../fetch/read-answer.ts";
import { findKeyList, importKeySet } from "../import/import-key-set.ts";
import { importPem } from "../import/import-pem.ts";
import { importSecret } from "../import/import-secret.ts";
import { type ImportedKeySet, NO_KEYS } from "../import/imported-key.ts";
import { digestOf } from "../store/digest.ts";
import { fetchKeySet } from "./fetch-key-set.ts";

/** The files that policies may name. */
export interface KeyFiles {
  /** Identifies the current version of the file, or says why the file has no version. */
  identify(file: string): Promise<string>;
  /** @throws Error that says why the file cannot be read. */
  read(file: string): Promise<Uint8Array>;
}

/**
 * An answer from a source of keys. The keys in the answer are untrusted, and no code has imported them yet. The answer
 * replaces the source's previous answer.
 */
export interface LoadedKeySet {
  /** Hex SHA-256 of the answer's content. */
  readonly digest: string;
  /** How many seconds the answer may be used, according to the server; undefined if the server states no time. */
  readonly freshForSeconds: number | undefined;
  /** @throws Error that says why no keys can be imported from this answer. The message contains no key material. */
  importFor(issuer: CompiledIssuer): Promise<ImportedKeySet>;
}

type FileOrigin = Extract<KeyOrigin, { readonly file: string }>;

/** The content of an empty file. */
const BLANK = /^\s*$/;

/**
 * Loads the keys from one source.
 *
 * @param timeoutMs limit for each request.
 * @throws Error that names the source and says why the source did not answer.
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
      digest: digestOf(JSON.stringify(jwks)),
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

async function namingFile<T>({ file }: FileOrigin, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new Error(`${file}: ${messageOf(error)}`);
  }
}

/**
 * Returns undefined if the policy root exists, but the file does not exist. A missing root is an error. If the root is
 * missing, its volume is perhaps not mounted, so the file may still exist.
 *
 * @throws Error that says why the file cannot be read.
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
 * If an operator removes or empties a file, the plugin withdraws its keys. A damaged key set or PEM file does not
 * withdraw keys: the format shows that the file is incomplete. The file of a secret has no format, so any content of
 * the file replaces the old secret.
 */
async function importFile(
  origin: FileOrigin,
  content: Uint8Array | undefined,
  issuer: CompiledIssuer,
): Promise<ImportedKeySet> {
  const text = content && Buffer.from(content).toString();
  if (content === undefined || text === undefined) {
    return { ...NO_KEYS, ignored: [`the file ${origin.file} does not exist`] };
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
        return { ...NO_KEYS, ignored: [`${origin.file}: ${messageOf(error)}`] };
      }
  }
}

function parseKeySet(text: string): unknown {
  const read = readJsonObject(text, MAX_MEMBERS);
  if (!read.ok) {
    throw new Error(`the file is not a JSON object: ${read.failure}`);
  }
  if (!findKeyList(read.value)) {
    throw new Error('it is not a key set: it has no list "keys"');
  }
  return read.value;
}
