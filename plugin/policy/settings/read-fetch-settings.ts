import type { FetchSettingsDocument } from "../../../schema/generated/fetch-settings-document.ts";
import { validateFetchSettings } from "../../../schema/generated/validate-fetch-settings.ts";
import { fail, type Result } from "../../core/model/result.ts";
import { isFetchAllowed } from "../../keys/rules/fetch-url.ts";
import type { Finding } from "../language/finding.ts";
import { readSettings, type SourceSettings } from "./read-settings.ts";

export type SourceFetchSettings = SourceSettings<FetchSettingsDocument>;

/** Reads and checks fetch settings. The function does not read the files that the settings name. */
export function readFetchSettings(text: string): Result<SourceFetchSettings, readonly Finding[]> {
  const read = readSettings<FetchSettingsDocument>(text, validateFetchSettings);
  const wrongOrigins = read.ok ? Object.keys(read.value.document.origins).flatMap(checkOrigin) : [];
  return read.ok && wrongOrigins.length > 0 ? fail(read.value.locate(wrongOrigins)) : read;
}

/**
 * A misspelt origin would match no request, so the settings of the origin would have no effect. A secret that is sent
 * over plain http can be stolen.
 */
function checkOrigin(origin: string): Finding[] {
  const place = { path: ["origins", origin], atKey: true } as const;
  if (!isFetchAllowed(origin)) {
    const message = "This is not an https origin such as https://idp.example.com:8443 (http is allowed on loopback).";
    return [{ code: "url_insecure", ...place, message }];
  }
  const { origin: canonical } = new URL(origin);
  return origin === canonical
    ? []
    : [{ code: "invalid_value", ...place, message: `This is not an origin: write ${canonical}.` }];
}
