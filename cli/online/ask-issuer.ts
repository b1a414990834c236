import type { JsonObject } from "../../plugin/core/json/json.ts";
import type { CompiledIssuer, KeyOrigin } from "../../plugin/core/model/policy.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { messageOf } from "../../plugin/core/text/error-message.ts";
import type { FetchedJson, FetchJson } from "../../plugin/keys/fetch/fetch-json.ts";
import { limitFetches } from "../../plugin/keys/fetch/limit-fetches.ts";
import { type CombinedKeys, combineKeys } from "../../plugin/keys/import/combine-keys.ts";
import type { ImportedKeySet } from "../../plugin/keys/import/imported-key.ts";
import { loadKeySet } from "../../plugin/keys/life/load-key-set.ts";
import { loadKeyFile } from "../keys/check-key-files.ts";

/** The largest number of fetches that run at the same time. */
const MAX_RUNNING = 16;

/** The answer of one source of an issuer's keys. */
export interface AskedPlace {
  readonly origin: KeyOrigin;
  /** The keys of the source, or the reason why the source gave no keys. */
  readonly keys: Result<ImportedKeySet, string>;
  /** The metadata with the key URL; undefined if the source needs no metadata, or if the provider sent none. */
  readonly metadata: JsonObject | undefined;
  /**
   * The number of seconds for which the provider allows the use of its keys; undefined if the provider sets no limit.
   */
  readonly freshForSeconds: number | undefined;
  readonly clockAheadMs: number | undefined;
}

export interface AskedIssuer {
  readonly issuer: CompiledIssuer;
  readonly places: readonly AskedPlace[];
  /** The keys that the plugin would use. */
  readonly combined: CombinedKeys;
}

export interface AskingServices {
  readonly fetchJson: FetchJson;
  /** The directories that may be the policy root. */
  readonly roots: readonly string[];
}

/**
 * A fetcher for one run of a command. The fetcher fetches each URL only once, and limits how many fetches run at the same time.
 */
export function fetchOnce(fetchJson: FetchJson): FetchJson {
  const limited = limitFetches(fetchJson, MAX_RUNNING);
  const answers = new Map<string, Promise<FetchedJson>>();
  return (url, options) => {
    const key = JSON.stringify([url, options.timeoutMs, options.allowHttp === true]);
    const answer = answers.get(key) ?? limited(url, options);
    answers.set(key, answer);
    return answer;
  };
}

/**
 * Loads and imports the keys of an issuer from all its sources, with the code and the limits of the plugin server. The returned
 * promise never rejects.
 */
export async function askIssuer(issuer: CompiledIssuer, services: AskingServices): Promise<AskedIssuer> {
  const places = await Promise.all(issuer.keys.map((origin) => askPlace(origin, issuer, services)));
  const sets = places.map(({ keys }) => (keys.ok ? keys.value : undefined));
  const leaked = new Set(sets.flatMap((set) => set?.leakedThumbprints ?? []));
  const combined = combineKeys(
    sets.map((set) => set?.keys ?? []),
    (thumbprint) => leaked.has(thumbprint),
  );
  return { issuer, places, combined };
}

async function askPlace(
  origin: KeyOrigin,
  issuer: CompiledIssuer,
  { fetchJson, roots }: AskingServices,
): Promise<AskedPlace> {
  if ("file" in origin) {
    return { ...NOT_FETCHED, origin, keys: await loadKeyFile(origin, issuer, roots) };
  }
  const answers: FetchedJson[] = [];
  const recording: FetchJson = async (url, options) => {
    const answer = await fetchJson(url, options);
    answers.push(answer);
    return answer;
  };
  const keys = await importKeys(origin, issuer, recording);
  const isDiscovered = origin.from === "discovery" || origin.from === "metadata_uri";
  return {
    origin,
    keys,
    metadata: isDiscovered ? answers[0]?.body : undefined,
    freshForSeconds: keys.ok ? answers.at(-1)?.freshForSeconds : undefined,
    clockAheadMs: answers.at(-1)?.clockAheadMs,
  };
}

const NOT_FETCHED = { metadata: undefined, freshForSeconds: undefined, clockAheadMs: undefined };

const NO_FILES = { identify: noFile, read: noFile };

async function noFile(): Promise<never> {
  throw new Error("these keys are not in a file");
}

async function importKeys(
  origin: KeyOrigin,
  issuer: CompiledIssuer,
  fetchJson: FetchJson,
): Promise<Result<ImportedKeySet, string>> {
  try {
    const loaded = await loadKeySet(origin, { files: NO_FILES, fetchJson }, issuer.keyRefresh.timeoutSeconds * 1000);
    return succeed(await loaded.importFor(issuer));
  } catch (error) {
    return fail(messageOf(error));
  }
}
