import type { FetchSettingsDocument } from "../../../schema/generated/fetch-settings-document.ts";
import { validateFetchSettings } from "../../../schema/generated/validate-fetch-settings.ts";
import { isFetchAllowed } from "../../keys/rules/fetch-url.ts";
import type { Finding, PolicyIssue } from "../language/issue.ts";
import { readYaml, type SourceDocument } from "./read-document.ts";
import { checkData } from "./validate-document.ts";

/** The fetch settings, with a function that locates findings in the text; or all issues. */
export type FetchSettingsRead =
  | { readonly document: FetchSettingsDocument; readonly locate: SourceDocument["locate"] }
  | { readonly issues: readonly PolicyIssue[] };

/** Reads and checks fetch settings. The files that they name are not read. */
export function readFetchSettings(text: string): FetchSettingsRead {
  const source = readYaml(text);
  if ("issues" in source) {
    return source;
  }
  const { data, locate } = source;
  const findings = checkData(validateFetchSettings, data, { values: () => true, keys: () => false });
  if (findings.length > 0) {
    return { issues: locate(findings) };
  }
  const document = data as FetchSettingsDocument;
  const wrongOrigins = Object.keys(document.origins).flatMap(checkOrigin);
  return wrongOrigins.length > 0 ? { issues: locate(wrongOrigins) } : { document, locate };
}

/** A misspelt origin would never match, so its settings would not apply. Over plain http, a secret could be stolen. */
function checkOrigin(origin: string): Finding[] {
  const place = { path: ["origins", origin], atKey: true } as const;
  if (!isFetchAllowed(origin)) {
    const message = "This is no https origin such as https://idp.example.com:8443 (http is allowed on loopback).";
    return [{ code: "url_insecure", ...place, message }];
  }
  const { origin: canonical } = new URL(origin);
  return origin === canonical
    ? []
    : [{ code: "invalid_value", ...place, message: `This is no origin: write ${canonical}.` }];
}
