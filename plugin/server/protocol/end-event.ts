import type { CallerIdentity } from "../../core/model/caller.ts";
import { type Allow, type Answer, type Deny, isAllow } from "../../core/model/decision.ts";
import { createExit } from "../../kong/calls/create-exit.ts";
import { createMetadataExit } from "../../kong/calls/create-metadata-exit.ts";
import type { ExitResponse } from "../../kong/contract/pdk.ts";
import { NAME } from "../../kong/contract/plugin-identity.ts";
import { denyOwn } from "../../kong/deny-own.ts";
import { formatDenial, formatReport, logLevelOf } from "../../observe/decision-log.ts";
import type { WaitingLine } from "../../observe/operator-log.ts";
import { encodeFrame } from "./frames.ts";
import {
  AuthenticateArgsMessage,
  ExitArgsMessage,
  headersToStruct,
  KVMessage,
  ListValueMessage,
  RpcReturnMessage,
  StringMessage,
  StructMessage,
  type Value,
} from "./messages.ts";

/** Frames that end an event. Kong answers some of the calls among them. Those answers are ignored. */
export interface EventEnding {
  readonly frames: Buffer;
  /** How many frames Kong will send back. */
  readonly repliesToDrop: number;
}

const EMPTY_FRAME = encodeFrame(new Uint8Array());

/** Two frames: a PDK method and its encoded arguments. */
export function encodePdkCall(method: string, args: Uint8Array): Buffer {
  return Buffer.concat([encodeFrame(Buffer.from(method)), encodeFrame(args)]);
}

/**
 * Lets the request pass. Only this function writes the empty frame, which Kong reads as "proxy it". It follows the headers in the
 * same write, and Kong reads it only if setting them succeeded.
 */
function encodeAllow(allow: Allow, sequence: number): EventEnding {
  const calls = [...encodeReport(allow), ...encodeChanges(allow)];
  const rpcReturn = encodeFrame(RpcReturnMessage.encode({ sequence }));
  return { frames: Buffer.concat([...calls, EMPTY_FRAME, rpcReturn]), repliesToDrop: calls.length };
}

/** The headers come last. They include the verdict, which tells the guard that all earlier calls succeeded. */
function encodeChanges({ headers, rawQuery, caller }: Allow): readonly Buffer[] {
  const setQuery =
    rawQuery === undefined
      ? []
      : [encodePdkCall("kong.service.request.set_raw_query", StringMessage.encode({ v: rawQuery }))];
  const setHeaders =
    Object.keys(headers).length > 0
      ? [encodePdkCall("kong.service.request.set_headers", StructMessage.encode(headersToStruct(headers)))]
      : [];
  return [...(caller ? encodeCaller(caller) : []), ...setQuery, ...setHeaders];
}

/**
 * Replaces Kong's caller as a whole, so that a request never has one caller's Consumer with another caller's credential or
 * groups. An empty value sets nil.
 */
function encodeCaller({ consumer, credentialId, groups }: CallerIdentity): readonly Buffer[] {
  const setGroups = encodeSet("kong.ctx.shared.set", "authenticated_groups", groups ? listOf(groups) : {});
  if (consumer) {
    const credential = { id: credentialId ?? "", consumerId: consumer.id ?? "" };
    return [
      encodePdkCall("kong.client.authenticate", AuthenticateArgsMessage.encode({ consumer, credential })),
      setGroups,
    ];
  }
  // For a credential without Consumer, Kong's authenticate would write an empty consumer_id, and acl would fail on it.
  const credential = credentialId === undefined ? {} : { structValue: headersToStruct({ id: credentialId }) };
  return [
    encodeSet("kong.nginx.set_ctx", "authenticated_consumer", {}),
    encodeSet("kong.nginx.set_ctx", "authenticated_credential", credential),
    setGroups,
  ];
}

function encodeSet(method: "kong.nginx.set_ctx" | "kong.ctx.shared.set", name: string, value: Value): Buffer {
  return encodePdkCall(method, KVMessage.encode({ k: name, v: value }));
}

function listOf(texts: readonly string[]): Value {
  return { listValue: { values: texts.map((text) => ({ stringValue: text })) } };
}

function encodeReport(allow: Allow): readonly Buffer[] {
  const line = formatReport(allow);
  return line === undefined ? [] : [encodeLog("warn", line)];
}

/** Refuses the request: a line in Kong's log at a level that is on by default, then the answer to the client. */
function encodeDeny(deny: Deny): EventEnding {
  const log = encodeLog(logLevelOf(deny), formatDenial(deny));
  return { frames: Buffer.concat([log, encodeExit(createExit(deny))]), repliesToDrop: 1 };
}

function encodeExit({ status, body, headers }: ExitResponse): Buffer {
  const args = ExitArgsMessage.encode({ status, body: Buffer.from(body), headers: headersToStruct(headers) });
  return encodePdkCall("kong.response.exit", args);
}

function encodeLog(level: "notice" | "warn" | "err", line: string): Buffer {
  return encodePdkCall(`kong.log.${level}`, ListValueMessage.encode({ values: [{ stringValue: line }] }));
}

/** Makes Kong answer 500 and log the text, by calling a PDK method that does not exist. */
export function encodeFailure(text: string): EventEnding {
  return { frames: encodePdkCall(text, new Uint8Array()), repliesToDrop: 0 };
}

/** With this error text, Kong forgets its instance ids, starts the instance again and repeats the event. */
export function encodeUnknownInstance(): EventEnding {
  return encodeFailure("no plugin instance");
}

/**
 * Encodes any outcome of a handler. Only an Allow lets the request pass.
 *
 * @param warnings lines for the operator, also written to Kong's log. They do not depend on the outcome.
 */
export function encodeOutcome(outcome: unknown, sequence: number, warnings: readonly WaitingLine[] = []): EventEnding {
  const ending = encodeVerdict(outcome, sequence);
  if (warnings.length === 0) {
    return ending;
  }
  const lines = warnings.map(({ level, line }) => encodeLog(level, `${NAME}: ${line}`));
  return {
    frames: Buffer.concat([...lines, ending.frames]),
    repliesToDrop: lines.length + ending.repliesToDrop,
  };
}

function encodeVerdict(outcome: unknown, sequence: number): EventEnding {
  if (isAllow(outcome)) {
    return encodeAllow(outcome, sequence);
  }
  if (isVerdict(outcome, "deny")) {
    return encodeDeny(outcome);
  }
  if (isVerdict(outcome, "answer")) {
    return { frames: encodeExit(createMetadataExit(outcome.metadataRequest)), repliesToDrop: 0 };
  }
  return encodeDeny(denyOwn("internal_error", "the handler returned no decision"));
}

function isVerdict<V extends "deny" | "answer">(
  outcome: unknown,
  verdict: V,
): outcome is { deny: Deny; answer: Answer }[V] {
  return typeof outcome === "object" && outcome !== null && "verdict" in outcome && outcome.verdict === verdict;
}
