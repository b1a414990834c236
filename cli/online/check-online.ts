import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { valueAt } from "../../offline/lint/fix/find-fixes.ts";
import { listEntries } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { createFetcher, type FetchJson } from "../../plugin/keys/fetch/fetch-json.ts";
import { nameIssuer } from "../../plugin/keys/life/issuer-name.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { openFetcher } from "../../plugin/runtime/fetch-settings.ts";
import { showExcerpts } from "../findings/excerpts.ts";
import { listRoots } from "../keys/check-key-files.ts";
import { placeFinding } from "../lint/place-finding.ts";
import { askIssuer, fetchOnce } from "./ask-issuer.ts";
import { type IssuerView, viewIssuer } from "./describe-issuer.ts";
import { judgeAlgorithms, type WrittenIssuer } from "./judge-algorithms.ts";
import { judgePlaces } from "./judge-places.ts";

/**
 * The largest number of findings about one issuer. A provider with thousands of tenants may be down. Its findings must
 * not hide the findings of other issuers.
 */
const MAX_OF_ISSUER = 20;

export interface OnlineServices {
  readonly fetchJson: FetchJson;
  readonly policyRoot: string | undefined;
  /** The current time in milliseconds since the epoch. */
  readonly now: () => number;
}

export interface OnlineResult {
  /** The findings, each with its position in the policy's own file. */
  readonly findings: readonly Finding[];
  readonly issuers: readonly IssuerView[];
}

/**
 * Creates the plugin server's fetcher for one run of a command.
 *
 * @param settings the file with fetch settings.
 * @throws Error with a line for each mistake in the settings.
 */
export async function openOnlineFetcher(settings: string | undefined): Promise<FetchJson> {
  return fetchOnce(settings === undefined ? createFetcher() : await openFetcher(settings));
}

/**
 * Asks all issuers of a policy for their keys, and compares the answers with the policy. If an issuer has keys for each tenant,
 * the command asks for the keys of each tenant.
 *
 * @param text the policy as one document. The policy that it extends is already merged into it.
 */
export async function checkOnline(
  policy: CompiledPolicy,
  { file, text }: { readonly file: string; readonly text: string },
  { fetchJson, policyRoot, now }: OnlineServices,
): Promise<OnlineResult> {
  const path = resolve(file);
  const whole = readDocument(text);
  const ownText = await readFile(path, "utf8");
  const own = readDocument(ownText);
  if (!whole.ok || !own.ok) {
    return { findings: [], issuers: [] };
  }
  const services = { fetchJson, roots: listRoots(path, policyRoot) };
  const asked = await Promise.all(listDistinct(policy).map((issuer) => askIssuer(issuer, services)));
  const found = asked.flatMap((one) => {
    const all = [...judgePlaces(one, now()), ...judgeAlgorithms(one, readWritten(whole.value.data, one.issuer.id))];
    return all.map((finding) => ({ finding, id: one.issuer.id }));
  });
  const placed = limitPerIssuer(found).map((finding) => placeFinding(finding, own.value, whole.value.data).finding);
  return { findings: showExcerpts(sortByPlace(placed), file, ownText), issuers: asked.map(viewIssuer) };
}

/**
 * An issuer can have several entries in a policy, one for each kind of token. All entries of an issuer have the same
 * keys, so the list has only the first entry.
 */
function listDistinct({ issuers, issuerTemplates }: CompiledPolicy): readonly CompiledIssuer[] {
  const all = [...issuers.values(), ...issuerTemplates.issuers.values()].flatMap(listEntries);
  const byName = new Map<string, CompiledIssuer>();
  for (const issuer of all) {
    byName.set(nameIssuer(issuer), byName.get(nameIssuer(issuer)) ?? issuer);
  }
  return [...byName.values()];
}

function readWritten(data: unknown, id: string): WrittenIssuer {
  return {
    algorithms: valueAt(data, ["issuers", id, "algorithms"]) !== undefined,
    minRefresh: valueAt(data, ["issuers", id, "key_refresh", "min"]) !== undefined,
  };
}

function limitPerIssuer(found: readonly { readonly finding: Finding; readonly id: string }[]): readonly Finding[] {
  const counts = new Map<string, number>();
  for (const { id } of found) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const seen = new Map<string, number>();
  return found.flatMap(({ finding, id }) => {
    const index = seen.get(id) ?? 0;
    seen.set(id, index + 1);
    const more = (counts.get(id) ?? 0) - MAX_OF_ISSUER;
    if (index >= MAX_OF_ISSUER) {
      return [];
    }
    return index === MAX_OF_ISSUER - 1 && more > 0
      ? [{ ...finding, notes: [`and ${more} more findings about this issuer`] }]
      : [finding];
  });
}

function sortByPlace(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
