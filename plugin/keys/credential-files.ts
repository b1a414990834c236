import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { FetchSettings } from "./fetch-settings.ts";

/** What a connection to one origin is made with; values of files as they are at this moment. */
export interface Credentials {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Visible ASCII, with blanks and tabs inside (RFC 9110 section 5.5). */
const HEADER_VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Reads what the settings say of an origin. At each fetch anew: certificates and secrets get replaced while the process runs.
 *
 * @throws Error that names the file and says what is wrong with it, without any of its content.
 */
export async function readCredentials(settings: FetchSettings, origin: string): Promise<Credentials> {
  const { caFile, clientCertificate, headerFiles } = settings.origins.get(origin) ?? {};
  const authorities = caFile ?? settings.caFile;
  const ca = authorities === undefined ? undefined : await readCertificates(authorities);
  const headers: Record<string, string> = {};
  for (const [name, file] of headerFiles ?? []) {
    headers[name] = await readHeaderValue(file);
  }
  return { ca, ...(await readClientCertificate(clientCertificate)), headers };
}

/** @throws Error as {@link readCredentials} does. */
export async function readClientCertificate(
  files: { readonly certificateFile: string; readonly keyFile: string } | undefined,
): Promise<{ readonly cert: string | undefined; readonly key: string | undefined }> {
  if (files === undefined) {
    return { cert: undefined, key: undefined };
  }
  const { certificateFile, keyFile } = files;
  const cert = await readCertificates(certificateFile);
  const key = await readText(keyFile);
  if (!isOf(() => createPrivateKey(key))) {
    throw new Error(`${keyFile} holds no private key in PEM that can be read without a passphrase`);
  }
  if (!isOf(() => createSecureContext({ cert, key }))) {
    throw new Error(`the key in ${keyFile} does not belong to the certificate in ${certificateFile}`);
  }
  return { cert, key };
}

/** @throws Error as {@link readCredentials} does. */
export async function readCertificates(file: string): Promise<string> {
  const text = await readText(file);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (!blocks?.every((block) => isOf(() => new X509Certificate(block)))) {
    throw new Error(`${file} holds no certificates in PEM, or a broken one`);
  }
  return blocks.join("\n");
}

/** @throws Error as {@link readCredentials} does. */
export async function readHeaderValue(file: string): Promise<string> {
  const value = (await readText(file)).trim();
  if (!HEADER_VALUE.test(value)) {
    throw new Error(`${file} does not hold one line of visible ASCII, which a header's value must be`);
  }
  return value;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new Error(`${file} can not be read: ${code}`);
  }
}

/** Whether OpenSSL takes it; what it says otherwise helps nobody. */
function isOf(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}
