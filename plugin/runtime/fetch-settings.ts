import { dirname, resolve } from "node:path";
import type { Result } from "../core/model/result.ts";
import { messageOf } from "../core/text/error-message.ts";
import { readCertificates, readClientCertificate, readHeaderValue } from "../keys/fetch/credential-files.ts";
import { createFetcher, type FetchJson } from "../keys/fetch/fetch-json.ts";
import { type FetchSettings, NO_FETCH_SETTINGS } from "../keys/fetch/fetch-settings.ts";
import type { DocumentPath, Finding } from "../policy/language/finding.ts";
import { readFetchSettings, type SourceFetchSettings } from "../policy/settings/read-fetch-settings.ts";
import { readSettingsFile } from "./read-settings-file.ts";
import { describeFindings } from "./versions/policy-report.ts";

/** A file that the settings name, and the function that reads it. */
interface NamedFile {
  readonly path: DocumentPath;
  readonly read: () => Promise<unknown>;
}

/**
 * Creates a fetcher with the settings of a file.
 *
 * @throws Error with a line for each mistake in the settings, and for each unusable file.
 */
export async function openFetcher(file: string): Promise<FetchJson> {
  const read = await readSettings(file);
  if (!read.ok) {
    throw new Error(describeFindings(file, read.failure).join("\n"));
  }
  const settings = resolveFiles(read.value.document, dirname(resolve(file)));
  const findings = await tryFiles(listFiles(settings));
  if (findings.length > 0) {
    throw new Error(describeFindings(file, read.value.locate(findings)).join("\n"));
  }
  return createFetcher(settings);
}

/**
 * Lists the settings file and all files that the settings name. If the settings file cannot be read, the list contains
 * only the settings file.
 */
export async function listSettingsFiles(file: string): Promise<readonly string[]> {
  const read = await readSettings(file);
  const settings = read.ok ? resolveFiles(read.value.document, dirname(resolve(file))) : NO_FETCH_SETTINGS;
  const { caFile, proxy, origins } = settings;
  const ofOrigins = [...origins.values()].flatMap(({ caFile: ownCaFile, clientCertificate, headers }) => [
    ownCaFile,
    clientCertificate?.certificateFile,
    clientCertificate?.keyFile,
    ...[...headers.values()].map(({ file: value }) => value),
  ]);
  return [resolve(file), caFile, proxy?.authorizationFile, ...ofOrigins].filter((path) => path !== undefined);
}

/**
 * Returns all mistakes in a settings file. The function does not check the files that the settings name, because these
 * files may be on another machine.
 */
export async function checkSettingsFile(file: string): Promise<readonly Finding[]> {
  const read = await readSettings(file);
  return read.ok ? [] : read.failure;
}

function readSettings(file: string): Promise<Result<SourceFetchSettings, readonly Finding[]>> {
  return readSettingsFile(file, "fetch settings", readFetchSettings);
}

function resolveFiles({ ca_file, proxy, origins }: SourceFetchSettings["document"], directory: string): FetchSettings {
  const at = (file: string): string => resolve(directory, file);
  const atIfAny = (file: string | undefined): string | undefined => (file === undefined ? undefined : at(file));
  return {
    caFile: atIfAny(ca_file),
    proxy: proxy && { url: proxy.url, authorizationFile: atIfAny(proxy.authorization_file), noProxy: proxy.no_proxy },
    origins: new Map(
      Object.entries(origins).map(([origin, { ca_file: caFile, client_certificate: client, headers }]) => [
        origin,
        {
          caFile: atIfAny(caFile),
          clientCertificate: client && { certificateFile: at(client.certificate_file), keyFile: at(client.key_file) },
          headers: new Map(
            Object.entries(headers).map(([name, { prefix, file }]) => [name, { prefix, file: at(file) }]),
          ),
        },
      ]),
    ),
  };
}

function listFiles({ caFile, proxy, origins }: FetchSettings): readonly NamedFile[] {
  const authorities = (file: string | undefined, path: DocumentPath): NamedFile[] =>
    file === undefined ? [] : [{ path: [...path, "ca_file"], read: () => readCertificates(file) }];
  const authorization = proxy?.authorizationFile;
  return [
    ...authorities(caFile, []),
    ...(authorization === undefined
      ? []
      : [{ path: ["proxy", "authorization_file"], read: () => readHeaderValue(authorization) }]),
    ...[...origins].flatMap(([origin, { caFile: ownCaFile, clientCertificate, headers }]): NamedFile[] => [
      ...authorities(ownCaFile, ["origins", origin]),
      { path: ["origins", origin, "client_certificate"], read: () => readClientCertificate(clientCertificate) },
      ...[...headers].map(([name, { file }]) => ({
        path: ["origins", origin, "headers", name, "file"],
        read: () => readHeaderValue(file),
      })),
    ]),
  ];
}

async function tryFiles(files: readonly NamedFile[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { path, read } of files) {
    try {
      await read();
    } catch (error) {
      const message = `${messageOf(error)}.`;
      findings.push({ code: "file_unreadable", path, message });
    }
  }
  return findings;
}
