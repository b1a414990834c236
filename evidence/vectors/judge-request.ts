import { decide } from "../../plugin/core/decide.ts";
import { type Consumer, NO_CALLERS } from "../../plugin/core/model/caller.ts";
import type { HeaderChanges } from "../../plugin/core/model/decision.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { createKeySource } from "../../plugin/keys/life/key-source.ts";
import type { KeyFiles } from "../../plugin/keys/life/load-key-set.ts";
import { compileDocument, requestOf } from "../../test/core/fixtures.ts";
import { noFiles } from "../../test/keys/store/no-files.ts";
import { silentLog } from "../../test/logs.ts";

/** A request of a vector: the facts that Kong would know, and the data from the client. */
export interface VectorRequest {
  readonly document: Record<string, unknown>;
  /**
   * The rule that the plugin's configuration names, or the name of the Kong Route. `read` is the plain rule of every
   * document.
   */
  readonly binding?: RequestFacts["binding"];
  readonly authorization: string | undefined;
  /** Other headers; their names are in lower case. */
  readonly headers?: RequestFacts["headers"];
  /** The key files that the document names. */
  readonly files?: KeyFiles;
  readonly requestLine?: RequestFacts["requestLine"];
  /** Seconds since the epoch. */
  readonly now: number;
  /** The Consumers that Kong knows. */
  readonly consumers?: readonly Consumer[];
}

/** Judges the request in all steps: compiles a document as a gateway does, and then calls {@link decide}. */
export async function judgeRequest({
  document,
  files = noFiles,
  now,
  consumers = [],
  ...request
}: VectorRequest): Promise<{
  readonly found: string;
  readonly headers: HeaderChanges;
}> {
  const keys = createKeySource({ now: () => now * 1000, log: silentLog, files });
  const decision = await decide(requestOf(undefined, request), compileDocument(document), keys, () => now, {
    ...NO_CALLERS,
    findConsumer: async ({ by, value }) => consumers.find((consumer) => consumer[by] === value),
  });
  keys.stop();
  return decision.verdict === "allow"
    ? { found: "accepted", headers: decision.headers }
    : { found: decision.denial.reason, headers: {} };
}
