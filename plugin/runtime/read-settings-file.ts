import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fail, type Result } from "../core/model/result.ts";
import { messageOf } from "../core/text/error-message.ts";
import { type Finding, wholeDocument } from "../policy/language/finding.ts";

const MIN_SECRET_BYTES = 32;

/**
 * The part of a settings file that names the secret for pseudonyms. The secret's path is absolute, or relative to the settings
 * file.
 */
interface NamesSecret {
  readonly secret_file?: string | undefined;
}

/**
 * Reads a settings file. If the file cannot be read, the result is one finding.
 *
 * @param what the name that messages use for the settings, such as `fetch settings`.
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
 * Reads the secret from which the process derives the keys of pseudonyms. Returns undefined if the settings name no secret.
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
      `${secretFile}: the secret for pseudonyms has ${bytes.length} bytes, but at least ${MIN_SECRET_BYTES} bytes are needed`,
    );
  }
  return bytes;
}

/**
 * Returns the absolute path of the settings file. If the settings name a secret, also returns the path of the secret.
 */
export function listSettingsFiles(file: string, { secret_file: secretFile }: NamesSecret): readonly string[] {
  return [resolve(file), ...(secretFile === undefined ? [] : [resolve(dirname(file), secretFile)])];
}
