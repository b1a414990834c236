import type { AbuseSettings } from "../../../plugin/observe/abuse/abuse-settings.ts";
import { AbuseWatch, type AbuseWatchOptions, type WatchedEvent } from "../../../plugin/observe/abuse/abuse-watch.ts";
import { readAbuseSettings } from "../../../plugin/policy/settings/read-abuse-settings.ts";
import { compileAbuseSettings } from "../../../plugin/runtime/abuse-settings.ts";

/** Settings with defaults for everything except these members. */
export function abuseSettings(changes: object = {}): AbuseSettings {
  const read = readAbuseSettings(JSON.stringify({ abuse: 1, ...changes }));
  if (!read.ok) {
    throw new Error(JSON.stringify(read.failure));
  }
  return compileAbuseSettings(read.value, undefined);
}

export interface WatchScene {
  readonly watch: AbuseWatch;
  /** Lines for the operator. */
  readonly lines: string[];
  /** Alarms in the decision log. */
  readonly alarms: Readonly<Record<string, unknown>>[];
  nowMs: number;
}

/** A watch on a clock that the test moves. */
export function createWatch(changes: object = {}, options: Partial<AbuseWatchOptions> = {}): WatchScene {
  const lines: string[] = [];
  const alarms: Readonly<Record<string, unknown>>[] = [];
  const scene = { nowMs: 1_000 };
  const watch = new AbuseWatch({
    settings: abuseSettings(changes),
    now: () => 1_800_000_000_000 + scene.nowMs,
    monotonicMs: () => scene.nowMs,
    hashKey: new Uint8Array(24).fill(7),
    unseenMs: 10_000,
    warn: (line) => lines.push(line),
    log: (members) => alarms.push(members),
    ...options,
  });
  return Object.assign(scene, { watch, lines, alarms });
}

/** A request with a valid token. */
export function watchedEvent(client: string | undefined, changes: Partial<WatchedEvent> = {}): WatchedEvent {
  return {
    signed: new Uint8Array([1]),
    claims: { sub: "alice" },
    isReused: false,
    readClient: () => client,
    readRequestId: () => "f811920ab33f697a25ae5c736ec13e7e",
    readRequest: () => undefined,
    ...changes,
  };
}
