import type { FetchSettingsDocument } from "../../../schema/generated/fetch-settings-document.ts";
import { validateFetchSettings } from "../../../schema/generated/validate-fetch-settings.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { isFetchAllowed } from "../../keys/rules/fetch-url.ts";
import type { Finding } from "../language/finding.ts";
import { readYaml, type SourceDocument } from "./read-document.ts";
import { checkData } from "./validate-document.ts";

/** Fetch settings, with a function that locates findings in the text. */
export interface SourceSettings {
  readonly document: FetchSettingsDocument;
  readonly locate: SourceDocument["locate"];
}

/** Reads and checks fetch settings. The files that they name are not read. */
export function readFetchSettings(text: string): Result<SourceSettings, readonly Finding[]> {
  const source = readYaml(text);
  if (!source.ok) {
    return fail(source.failure.findings);
  }
  const { data, locate } = source.value;
  const findings = checkData(validateFetchSettings, data, { values: () => true, keys: () => false });
  if (findings.length > 0) {
    return fail(locate(findings));
  }
  const document = data as FetchSettingsDocument;
  const wrongOrigins = Object.keys(document.origins).flatMap(checkOrigin);
  return wrongOrigins.length > 0 ? fail(locate(wrongOrigins)) : succeed({ document, locate });
}

/** A misspelt origin would never match, so its settings would not apply. Over plain http, a secret could be stolen. */
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
