import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import type { FetchSettings, OriginSettings } from "./fetch-settings.ts";

/** The credentials for connections to one origin, as the files contain them now. */
export interface Credentials {
  readonly context: SecureContext;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads the files at each call, because operators replace certificates and secrets while the process runs. */
export interface CredentialFiles {
  /** @throws Error that names the file and the fault. The message does not quote the file. */
  forOrigin(origin: string): Promise<Credentials>;
  /** @throws Error as `forOrigin` does. */
  forProxy(): Promise<Credentials>;
}

interface TlsFiles {
  readonly caFile: string | undefined;
  readonly client: OriginSettings["clientCertificate"];
}

/**
 * Matches a header value of visible ASCII. Blanks and tabs may only be between other characters (RFC 9110 section 5.5).
 */
const HEADER_VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
/** The minimum version of TLS. The version is set here, because Node's options can lower the default. */
const MIN_VERSION = "TLSv1.2";

export function openCredentialFiles(settings: FetchSettings): CredentialFiles {
  // Parsing a hundred certificate authorities blocks the event loop for a tenth of a second. So the file is parsed only
  // when it has changed.
  const contexts = new Map<string, { readonly texts: string; readonly context: SecureContext }>();

  const openContext = async ({ caFile, client }: TlsFiles): Promise<SecureContext> => {
    const files = [caFile, client?.certificateFile, client?.keyFile];
    const place = JSON.stringify(files);
    const texts = JSON.stringify(await Promise.all(files.map((file) => file && readText(file))));
    const known = contexts.get(place);
    if (known?.texts === texts) {
      return known.context;
    }
    const ca = caFile === undefined ? {} : { ca: await readCertificates(caFile) };
    const context = createSecureContext({ minVersion: MIN_VERSION, ...ca, ...(await readClientCertificate(client)) });
    contexts.set(place, { texts, context });
    return context;
  };

  return {
    async forOrigin(origin) {
      const {
        caFile = settings.caFile,
        clientCertificate: client,
        headers: sources,
      } = settings.origins.get(origin) ?? {};
      const headers: Record<string, string> = {};
      for (const [name, { prefix, file }] of sources ?? []) {
        headers[name] = `${prefix}${await readHeaderValue(file)}`;
      }
      return { context: await openContext({ caFile, client }), headers };
    },
    async forProxy() {
      const file = settings.proxy?.authorizationFile;
      const headers = file === undefined ? {} : { "proxy-authorization": await readHeaderValue(file) };
      return { context: await openContext({ caFile: settings.caFile, client: undefined }), headers };
    },
  };
}

/** @throws Error that names the file and the fault. The message does not quote the file. */
export async function readClientCertificate(
  files: OriginSettings["clientCertificate"],
): Promise<{ readonly cert?: string; readonly key?: string }> {
  if (files === undefined) {
    return {};
  }
  const { certificateFile, keyFile } = files;
  const cert = await readCertificates(certificateFile);
  const key = await readText(keyFile);
  if (!isTaken(() => createPrivateKey(key))) {
    throw new Error(`${keyFile} has no private key in PEM, or the key needs a passphrase`);
  }
  if (!isTaken(() => createSecureContext({ cert, key }))) {
    throw new Error(`the key in ${keyFile} does not belong to the certificate in ${certificateFile}`);
  }
  return { cert, key };
}

/** @throws Error as {@link readClientCertificate} does. */
export async function readCertificates(file: string): Promise<string> {
  const blocks = (await readText(file)).match(CERTIFICATE);
  if (!blocks?.every((block) => isTaken(() => new X509Certificate(block)))) {
    throw new Error(`${file} contains no certificate in PEM, or a broken certificate`);
  }
  return blocks.join("\n");
}

/** @throws Error as {@link readClientCertificate} does. */
export async function readHeaderValue(file: string): Promise<string> {
  const value = (await readText(file)).trim();
  if (!HEADER_VALUE.test(value)) {
    throw new Error(`${file} must contain the value of a header: one line of visible ASCII`);
  }
  return value;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/**
 * Returns whether OpenSSL accepts the file's content. The error is not passed on, because OpenSSL's messages do not help the
 * operator.
 */
function isTaken(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}
