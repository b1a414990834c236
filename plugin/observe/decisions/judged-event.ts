import type { Trace } from "../../core/model/decision.ts";
import type { RequestLine, Transport } from "../../core/model/request.ts";

/** The request of an event, as far as it is known without another call to Kong. */
export interface SeenRequest {
  readonly requestLine: RequestLine | undefined;
  /** Header fields by name in lower case. Without `Authorization`, if that was read separately. */
  readonly headers: ReadonlyMap<string, string>;
  readonly requestId: string | undefined;
  readonly client?: string | undefined;
  readonly transport?: Transport | undefined;
}

/** The policy that decided. */
interface SeenPolicy {
  readonly name: string;
  /** Hex SHA-256 of the document. */
  readonly hash: string;
  /** Names of the header fields that its rules read. */
  readonly readHeaders: readonly string[];
}

/** Everything that is known about one request when its decision is carried out. A part that was never needed is missing. */
export interface JudgedEvent extends Trace {
  readonly policy?: SeenPolicy | undefined;
  /** The policy file under the policy root; undefined for an inline policy. */
  readonly policyFile?: string | undefined;
  /** Id of the Kong plugin entity. */
  readonly pluginId?: string | undefined;
  /** Name of the Kong Route. It is known only if the Route selects the rule. */
  readonly route?: string | undefined;
  /** Whether an earlier verdict about the same facts was reused. */
  readonly isReused: boolean;
  /** Kong's id of the request. Reading the id is much cheaper than reading the whole request. */
  readRequestId(): string | undefined;
  /** Reads the request. It is called only for events that are logged, because it takes time. */
  readRequest(): SeenRequest | undefined;
}
