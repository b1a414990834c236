import type { Trace } from "../../core/model/decision.ts";
import type { RequestLine, Transport } from "../../core/model/request.ts";

/** The facts of a request that are known without another call to Kong. */
export interface SeenRequest {
  readonly requestLine: RequestLine | undefined;
  /** Header fields by name in lower case. The map lacks `Authorization` if the plugin read this field separately. */
  readonly headers: ReadonlyMap<string, string>;
  readonly requestId: string | undefined;
  readonly client?: string | undefined;
  readonly transport?: Transport | undefined;
}

/** The policy that decided about the request. */
interface SeenPolicy {
  readonly name: string;
  /** Hex SHA-256 of the policy document. */
  readonly hash: string;
  /** Names of the header fields that the policy's rules read. */
  readonly readHeaders: readonly string[];
}

/**
 * All facts about one request that the plugin knows when it carries out the decision. Data that the plugin did not need
 * is missing.
 */
export interface JudgedEvent extends Trace {
  readonly policy?: SeenPolicy | undefined;
  /** The policy file under the policy root; undefined for an inline policy. */
  readonly policyFile?: string | undefined;
  /** Id of the Kong plugin entity. */
  readonly pluginId?: string | undefined;
  /** Name of the Kong Route. The name is known only if the Route selects the rule. */
  readonly route?: string | undefined;
  /** Whether the plugin reused an earlier verdict about the same facts. */
  readonly isReused: boolean;
  /** Kong's id of the request. Reading the id is much cheaper than reading the whole request. */
  readRequestId(): string | undefined;
  /** Reads the whole request. The request is read only for events that are logged, because reading takes time. */
  readRequest(): SeenRequest | undefined;
}
