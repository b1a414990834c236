import { createHash } from "node:crypto";
import { readJsonObject } from "../core/json.ts";
import type { CompiledIssuer, KeyOrigin } from "../core/policy.ts";
import type { FetchJson } from "./fetch-json.ts";
import { fetchKeySet } from "./fetch-key-set.ts";
import { type ImportedKeySet, importKeySet } from "./import-key-set.ts";
import { importPem } from "./import-pem.ts";
import { importSecret } from "./import-secret.ts";
import { MAX_MEMBERS } from "./read-answer.ts";

/** The files that policies may name. */
export interface KeyFiles {
  /** Names the version that is in the file's place now, or why there is none. */
  identify(file: string): Promise<string>;
  /** @throws Error that says why the file can not be read. */
  read(file: string): Promise<Uint8Array>;
}

/** What a place of keys holds at the moment, not imported yet. */
export interface LoadedKeySet {
  /** Hex SHA-256: other contents have other digests. */
  readonly digest: string;
  /** How long the server lets it be used, in seconds; undefined when it does not say. */
  readonly freshForSeconds: number | undefined;
  /** @throws Error that says why nothing of it can be used, without key material. */
  importFor(issuer: CompiledIssuer): Promise<ImportedKeySet>;
}

type FileOrigin = Extract<KeyOrigin, { readonly file: string }>;

/**
 * Loads what one place of keys holds.
 *
 * @param timeoutMs bound on each request.
 * @throws Error that names the place and says why nothing can be loaded.
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
  const content = await namingFile(origin, () => files.read(origin.file));
  return {
    digest: digestOf(content),
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

function importFile(
  origin: FileOrigin,
  content: Uint8Array,
  issuer: CompiledIssuer,
): ImportedKeySet | Promise<ImportedKeySet> {
  switch (origin.from) {
    case "jwks_file":
      return importKeySet(parseJson(Buffer.from(content).toString()), issuer);
    case "pem_file":
      return importPem(Buffer.from(content).toString(), origin.kid, issuer);
    case "secret_file":
      return importSecret(content, origin.encoding, origin.kid, issuer);
  }
}

function parseJson(text: string): unknown {
  const read = readJsonObject(text, MAX_MEMBERS);
  if ("refused" in read) {
    throw new Error(`it is no JSON object: ${read.refused}`);
  }
  return read.object;
}
