import type { OfflineRequest } from "../../offline/requests/request.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { Transport } from "../../plugin/core/model/request.ts";

/** The command's options that describe the request. */
export interface RequestOptions {
  readonly rule?: string;
  readonly method: string;
  readonly path: string;
  readonly header: readonly string[];
  readonly transport: Transport;
  readonly now?: string;
}

const MAX_LISTED = 20;

/** @throws Error if an option is wrong. If the policy has only one rule, `--rule` is not needed. */
export function readRequest(
  { rule, method, path, transport, header }: RequestOptions,
  { rules }: CompiledPolicy,
): OfflineRequest {
  const [only, ...others] = rules.keys();
  const id = rule ?? (others.length === 0 ? only : undefined);
  if (id === undefined || !rules.has(id)) {
    throw new Error(`give --rule: one of ${[...rules.keys()].slice(0, MAX_LISTED).join(", ") || "no rule"}`);
  }
  return {
    binding: { by: "rule", rule: id },
    method,
    target: path,
    headers: new Map(header.map(readHeader)),
    transport,
    tokenIn: undefined,
    authenticated: undefined,
    route: undefined,
  };
}

/** The time of the decision, in seconds since the epoch. */
export function readNow(text: string | undefined): number {
  const milliseconds = text === undefined ? Date.now() : Date.parse(text);
  if (Number.isNaN(milliseconds)) {
    throw new Error("--now takes a time such as 2026-11-29T12:00:00Z");
  }
  return Math.floor(milliseconds / 1000);
}

function readHeader(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  if (colon < 1) {
    throw new Error('--header takes "name: value"');
  }
  return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}
