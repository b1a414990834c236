import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { checkFile } from "../../../cli/check/check-file.ts";
import type { CheckedFile } from "../../../cli/findings/report-findings.ts";
import { fetchOnce } from "../../../cli/online/ask-issuer.ts";
import { createFetcher, type FetchJson } from "../../../plugin/keys/fetch/fetch-json.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

export const NOW = Date.parse("2027-01-01T00:00:00Z");

/** A directory that is gone when the test ends. */
export function createFolder(): string {
  const folder = temporaryFolder(onTestFinished);
  return folder;
}

/** @param issuer lines of the policy's only issuer, without indentation. */
export function policyOf(...issuer: readonly string[]): string {
  const lines = issuer.map((line) => `    ${line}\n`).join("");
  return `jwt_policy: 1\nname: online\nissuers:\n  acme:\n${lines}    audiences: [api]\nroutes: { read: {} }\n`;
}

/** Validates a policy online, with the fetcher of the plugin server. */
export function checkPolicy(text: string, fetchJson: FetchJson = createFetcher(), now = NOW): Promise<CheckedFile> {
  const file = join(createFolder(), "policy.yaml");
  writeFileSync(file, text);
  return checkFile(file, undefined, { fetchJson: fetchOnce(fetchJson), policyRoot: undefined, now: () => now });
}

/** Each finding as `line:column severity code`. */
export function listPlaces({ findings }: CheckedFile): readonly string[] {
  return findings.map(({ line, column, severity = "error", code }) => `${line}:${column} ${severity} ${code}`);
}
