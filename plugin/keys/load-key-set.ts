import type { CompiledIssuer, KeyOrigin } from "../core/policy.ts";
import type { FetchJson } from "./fetch-json.ts";
import { fetchKeySet } from "./fetch-key-set.ts";
import { type ImportedKeySet, importKeySet } from "./import-key-set.ts";
import { importPem } from "./import-pem.ts";
import { importSecret } from "./import-secret.ts";

/** The files that policies may name. */
export interface KeyFiles {
  /** Names the version that is in the file's place now, or why there is none. */
  identify(file: string): Promise<string>;
  /** @throws Error that says why the file can not be read. */
  read(file: string): Promise<Uint8Array>;
}

/**
 * Loads the keys of an issuer from one place.
 *
 * @param timeoutMs bound on each request.
 * @throws Error that names the place and says why nothing can be loaded, without key material.
 */
export async function loadKeySet(
  origin: KeyOrigin,
  issuer: CompiledIssuer,
  { files, fetchJson }: { readonly files: KeyFiles; readonly fetchJson: FetchJson },
  timeoutMs: number,
): Promise<ImportedKeySet> {
  if (!("file" in origin)) {
    const { jwks } = await fetchKeySet(origin, fetchJson, { timeoutMs });
    return importKeySet(jwks, issuer, origin.from === "jwks" ? undefined : origin.thumbprints);
  }
  try {
    return await importFile(origin, await files.read(origin.file), issuer);
  } catch (error) {
    throw new Error(`${origin.file}: ${error instanceof Error ? error.message : "not readable"}`);
  }
}

function importFile(
  origin: Extract<KeyOrigin, { readonly file: string }>,
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
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is not JSON"); // The parser's own message would quote it.
  }
}
