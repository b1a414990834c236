import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { readCertificates, readClientCertificate, readHeaderValue } from "../keys/fetch/credential-files.ts";
import { createFetcher, type FetchJson } from "../keys/fetch/fetch-json.ts";
import { type FetchSettings, NO_FETCH_SETTINGS } from "../keys/fetch/fetch-settings.ts";
import type { DocumentPath, Finding, PolicyIssue } from "../policy/language/issue.ts";
import { type FetchSettingsRead, readFetchSettings } from "../policy/read/read-fetch-settings.ts";
import { describeIssues } from "./versions/policy-report.ts";

/** A file that the settings name, and how it is read. */
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
  const read = await readSettingsFile(file);
  if ("issues" in read) {
    throw new Error(describeIssues(file, read.issues).join("\n"));
  }
  const settings = resolveFiles(read.document, dirname(resolve(file)));
  const findings = await tryFiles(listFiles(settings));
  if (findings.length > 0) {
    throw new Error(describeIssues(file, read.locate(findings)).join("\n"));
  }
  return createFetcher(settings);
}

/** Lists the settings file and all files that it names. For an unreadable settings file, it lists only that file. */
export async function listSettingsFiles(file: string): Promise<readonly string[]> {
  const read = await readSettingsFile(file);
  const settings = "issues" in read ? NO_FETCH_SETTINGS : resolveFiles(read.document, dirname(resolve(file)));
  const { caFile, proxy, origins } = settings;
  const ofOrigins = [...origins.values()].flatMap(({ caFile: ownCaFile, clientCertificate, headerFiles }) => [
    ownCaFile,
    clientCertificate?.certificateFile,
    clientCertificate?.keyFile,
    ...headerFiles.values(),
  ]);
  return [resolve(file), caFile, proxy?.authorizationFile, ...ofOrigins].filter((path) => path !== undefined);
}

/** Returns all mistakes in a settings file. It does not check the files that it names, because they may be on another machine. */
export async function checkSettingsFile(file: string): Promise<readonly PolicyIssue[]> {
  const read = await readSettingsFile(file);
  return "issues" in read ? read.issues : [];
}

async function readSettingsFile(file: string): Promise<FetchSettingsRead> {
  try {
    return readFetchSettings(await readFile(file, "utf8"));
  } catch (error) {
    const cause = error instanceof Error ? error.message : "unknown error";
    const message = `The fetch settings cannot be read: ${cause}.`;
    return { issues: [{ code: "file_unreadable", message, pointer: "", line: 1, column: 1 }] };
  }
}

function resolveFiles(
  { ca_file, proxy, origins }: Extract<FetchSettingsRead, { readonly document: unknown }>["document"],
  directory: string,
): FetchSettings {
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
          headerFiles: new Map(Object.entries(headers).map(([name, { file }]) => [name, at(file)])),
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
    ...[...origins].flatMap(([origin, { caFile: ownCaFile, clientCertificate, headerFiles }]): NamedFile[] => [
      ...authorities(ownCaFile, ["origins", origin]),
      { path: ["origins", origin, "client_certificate"], read: () => readClientCertificate(clientCertificate) },
      ...[...headerFiles].map(([name, file]) => ({
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
      const message = `${error instanceof Error ? error.message : "This file cannot be used"}.`;
      findings.push({ code: "file_unreadable", path, message });
    }
  }
  return findings;
}
