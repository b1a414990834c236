import {
  type Allow,
  type Answer,
  createAllow,
  type Decision,
  type HeaderChanges,
  isAllow,
} from "../../core/model/decision.ts";
import type { DecidingFacts } from "../../core/model/policy.ts";
import type { KeptVerdict } from "../../runtime/verdict-cache.ts";
import type { GuardMark, InstanceIdentity } from "../contract/guard-mark.ts";
import type { Ending } from "./create-ending.ts";

/**
 * The request header that carries a verdict to the guard. The guard removes the header. The guard's handler.lua uses
 * the same name.
 */
const VERDICT_HEADER = "x-jwt-policy-verdict";
const CLOCK_MARGIN_MS = 50;

/**
 * Adds the verdict to an Allow, and leaves every other decision unchanged. The verdict names the instance that judged
 * the request. Kong may have called another instance. The guard lets the request pass only if the verdict names the
 * instance that Kong called.
 */
export function addVerdict<D extends Decision | Answer>(
  decision: D,
  { nonce }: GuardMark,
  judge: InstanceIdentity,
): D | Allow {
  if (!isAllow(decision)) {
    return decision;
  }
  const { rawQuery, caller, evidence, reported } = decision;
  const headers = Object.assign({}, decision.headers, { [VERDICT_HEADER]: renderVerdict(judge, nonce) });
  return createAllow({ headers, rawQuery, caller }, evidence, reported);
}

/** What the guard needs to reuse a verdict. */
export interface Reuse {
  /** The generation of policies and keys that the verdict belongs to. */
  readonly generation: string;
  readonly facts: DecidingFacts;
  /** Whether the Kong Route selected the rule. */
  readonly countsRoute: boolean;
  /** Whether the guard may reuse the verdict only for the same client address. */
  readonly countsClient: boolean;
}

/**
 * Adds one header that contains the verdict and all changes of the request. The guard makes these changes now, and
 * makes them again each time it reuses the verdict.
 */
export function addReusableVerdict(
  kept: KeptVerdict,
  reuse: Reuse,
  { nonce }: GuardMark,
  judge: InstanceIdentity,
): Allow {
  const verdict = `reusable ${renderRecipe(kept, reuse)} ${renderVerdict(judge, nonce)}`;
  return createAllow({ headers: { [VERDICT_HEADER]: verdict } }, kept.allow.evidence);
}

function renderVerdict({ pluginId, sequence }: InstanceIdentity, nonce: string): string {
  return `${pluginId} ${sequence} ${nonce}`;
}

/** All requests that reuse one verdict get the same text. The guard's handler.lua parses the text. */
function renderRecipe(kept: KeptVerdict, reuse: Reuse): string {
  if (kept.recipe !== undefined) {
    return kept.recipe;
  }
  const { allow, tally } = kept;
  const headers = Object.entries(allow.headers);
  const recipe = {
    generation: reuse.generation,
    after: Math.ceil(kept.afterMs),
    // nginx reads its clock only once in each turn of its event loop, so nginx's time is a little late. The margin
    // makes up for this delay.
    before: Math.floor(kept.beforeMs) - CLOCK_MARGIN_MS,
    tally,
    facts: { ...reuse.facts, route: reuse.countsRoute, client: reuse.countsClient },
    clear: headers.flatMap(([name, value]) => (value.length === 0 ? [name] : [])).join(" "),
    set: Object.fromEntries(headers.filter(([, value]) => value.length > 0)),
    query: allow.rawQuery,
    caller: allow.caller && { credential: allow.caller.credentialId, groups: allow.caller.groups },
  };
  kept.recipe = Buffer.from(endDifferently(JSON.stringify(recipe))).toString("base64");
  return kept.recipe;
}

const ID_LENGTH = 16;
let lastId = 0;

/**
 * Adds a last member to the JSON text of an object. The value of this member is a number that differs for each text. So
 * the ends of two texts always differ, both as JSON and as base64. LuaJIT hashes a long string by the length, the first
 * and last eight bytes, and a few positions between them. Without the number, the texts for two callers could differ
 * only in a name in the middle. Many texts would then have the same hash. LuaJIT would compare each new text with all
 * others. The number has enough digits that base64 needs no padding. With padding, the last eight bytes would contain
 * fewer digits of the number.
 */
function endDifferently(json: string): string {
  lastId += 1;
  const length = Buffer.byteLength(json) + ',"id":""'.length + ID_LENGTH;
  const id = lastId.toString(16).padStart(ID_LENGTH + ((3 - (length % 3)) % 3), "0");
  return `${json.slice(0, -1)},"id":"${id}"}`;
}

/**
 * Asks the guard to answer the request. One header carries the answer and, for a refusal, the log line. The nonce comes
 * last, both in the JSON text and in the header. Without the nonce at the end, the texts of many requests would differ
 * only in the middle. LuaJIT would then compare the texts byte by byte.
 */
export function renderEnding({ nonce }: GuardMark, { log, exit }: Ending): HeaderChanges {
  const text = JSON.stringify({ ...log, ...exit, nonce });
  return { [VERDICT_HEADER]: `answered ${Buffer.from(text).toString("base64")} ${nonce}` };
}

/** Reports two things to the guard: Kong asked the wrong instance, and this instance did not judge the request. */
export function renderOtherInstance({ nonce }: GuardMark): HeaderChanges {
  return { [VERDICT_HEADER]: `other-instance ${nonce}` };
}
