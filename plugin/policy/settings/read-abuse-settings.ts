import type { AbuseSettingsDocument } from "../../../schema/generated/abuse-document.ts";
import { validateAbuse } from "../../../schema/generated/validate-abuse.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { parseNetwork } from "../../core/text/ip-network.ts";
import type { Finding } from "../language/finding.ts";
import { readSettings } from "./read-settings.ts";

/** Settings for the detection of abuse, with all defaults. */
export type AbuseDocument = AbuseSettingsDocument;

/** Reads and checks settings for the detection of abuse. The function does not read the file with the secret. */
export function readAbuseSettings(text: string): Result<AbuseDocument, readonly Finding[]> {
  const read = readSettings<AbuseDocument>(text, validateAbuse);
  if (!read.ok) {
    return read;
  }
  const { document, locate } = read.value;
  const findings = checkNetworks(document);
  return findings.length > 0 ? fail(locate(findings)) : succeed(document);
}

/** The schema cannot say which numbers an address may have. */
function checkNetworks({ shared_tokens: { shared_networks: groups } }: AbuseDocument): readonly Finding[] {
  return Object.entries(groups).flatMap(([group, networks]) =>
    networks.flatMap((text: string, index: number): Finding[] =>
      parseNetwork(text) === undefined
        ? [
            {
              code: "invalid_value",
              path: ["shared_tokens", "shared_networks", group, index],
              message: "This is not a network. Write an address such as 192.0.2.7, or a network such as 10.0.0.0/8.",
            },
          ]
        : [],
    ),
  );
}
