import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fail, type Result } from "../core/model/result.ts";
import { messageOf } from "../core/text/error-message.ts";
import { type Finding, wholeDocument } from "../policy/language/finding.ts";

const MIN_SECRET_BYTES = 32;

/** The part of settings that names the secret of their pseudonyms. The path is absolute, or relative to the settings file. */
interface NamesSecret {
  readonly secret_file?: string | undefined;
}

/**
 * Reads a file with settings. A file that cannot be read is one finding.
 *
 * @param what the settings, such as `fetch settings`.
 */
export async function readSettingsFile<T>(
  file: string,
  what: string,
  read: (text: string) => Result<T, readonly Finding[]>,
): Promise<Result<T, readonly Finding[]>> {
  try {
    return read(await readFile(file, "utf8"));
  } catch (error) {
    return fail([wholeDocument("file_unreadable", `The ${what} cannot be read: ${messageOf(error)}.`)]);
  }
}

/**
 * Reads the secret from which the keys of pseudonyms are derived. Undefined if the settings name none.
 *
 * @param file the settings file.
 * @throws Error if the secret cannot be read, or if it is too short.
 */
export async function readPseudonymSecret(file: string, pseudonyms: NamesSecret): Promise<Uint8Array | undefined> {
  const [, secretFile] = listSettingsFiles(file, pseudonyms);
  if (secretFile === undefined) {
    return undefined;
  }
  const bytes = await readFile(secretFile);
  if (bytes.length < MIN_SECRET_BYTES) {
    throw new Error(
      `${secretFile}: the secret of the pseudonyms has ${bytes.length} bytes, at least ${MIN_SECRET_BYTES} are needed`,
    );
  }
  return bytes;
}

/** The absolute paths of the settings file, and of the secret if the settings name one. */
export function listSettingsFiles(file: string, { secret_file: secretFile }: NamesSecret): readonly string[] {
  return [resolve(file), ...(secretFile === undefined ? [] : [resolve(dirname(file), secretFile)])];
}
