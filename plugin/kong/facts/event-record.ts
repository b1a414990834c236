import type { JsonObject } from "../../core/json/json.ts";
import type { CompiledPolicy, Mode, TokenSource } from "../../core/model/policy.ts";
import type { SeenToken, WatchedEvent } from "../../observe/abuse/abuse-watch.ts";
import type { SeenRequest } from "../../observe/decisions/judged-event.ts";
import type { GuardMark } from "../contract/guard-mark.ts";
import { parseFactsVariable, readClient, readRequestId } from "./facts-variable.ts";
import type { ReadRequest } from "./read-facts.ts";

/**
 * What the handler records about one event while it judges the request. Other code reads the record when the decision is carried
 * out.
 */
export class EventRecord implements WatchedEvent {
  mode?: Mode | undefined;
  source?: TokenSource | undefined;
  claims?: JsonObject | undefined;
  signed?: Uint8Array | undefined;
  token?: SeenToken | undefined;
  policy?: CompiledPolicy;
  policyFile?: string | undefined;
  pluginId?: string | undefined;
  route?: string | undefined;
  isReused = false;
  /** What the guard expects of the verdict; undefined if there is no guard, or if the facts are not known yet. */
  guard?: GuardMark | undefined;
  /** The facts on which the decision is based. */
  facts?: ReadRequest | undefined;
  /** The text of the facts variable, if the plugin reused an earlier verdict. */
  factsText?: string;

  readRequestId(): string | undefined {
    return this.facts?.requestId ?? readRequestId(this.factsText ?? "");
  }

  readClient(): string | undefined {
    return this.facts?.client ?? readClient(this.factsText ?? "");
  }

  readRequest(): SeenRequest | undefined {
    if (this.facts || this.factsText === undefined) {
      return this.facts;
    }
    const parsed = parseFactsVariable(this.factsText);
    return parsed && { ...parsed, client: parsed.connectionFacts.client };
  }
}
