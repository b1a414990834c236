/**
 * The code that runs in a compiling thread. The thread reads, parses and compiles policies, so that the event loop of
 * the main thread has time to answer requests.
 */
import { setPriority } from "node:os";
import { platform } from "node:process";
import { type MessagePort, parentPort } from "node:worker_threads";
import type { CompiledPolicy, CompiledRule } from "../../core/model/policy.ts";
import type { PolicyLoad } from "../../policy/read-policy.ts";
import { type FileIdentity, isSameIdentity, type PolicyCompiler } from "./policy-compiler.ts";
import {
  type CompilingThread,
  LastList,
  type RuleBatch,
  type ThreadAnswer,
  type ThreadRequest,
} from "./policy-messages.ts";
import { createPolicyStore } from "./policy-store.ts";

/** Maximum number of operations in one message. The receiving thread needs about 2 ms to rebuild this many operations. */
const BATCH_OPERATIONS = 256;
/** The nice value of the thread. The default is 0, and with a higher nice value a thread has a lower priority. */
const COMPILING_PRIORITY = 5;

if (parentPort) {
  const port = parentPort;
  giveWay();
  // The YAML library reads an environment variable for each part of a text. In Node's real environment, each read takes
  // a microsecond. So an empty object replaces the environment of this thread.
  process.env = {};
  port.once("message", ({ policyRoot }: CompilingThread) => answerRequests(port, createPolicyStore(policyRoot)));
}

/**
 * Lowers the thread's priority, because the event loop that answers requests must run first. On Linux a priority
 * belongs to a thread, and id 0 means the current thread.
 */
function giveWay(): void {
  if (platform === "linux") {
    try {
      setPriority(COMPILING_PRIORITY);
    } catch {
      // A sandboxed system may forbid a change of the priority. Without the lower priority, requests wait a little longer while
      // many policies are compiled.
    }
  }
}

function answerRequests(port: MessagePort, store: PolicyCompiler): void {
  let batches: Iterator<RuleBatch, undefined> = [][Symbol.iterator]();
  const lastFiles = new LastList<string>();
  const lastIdentities = new LastList<FileIdentity>();

  const answerLoad = (load: PolicyLoad, place: { files: readonly string[]; identity: string | undefined }) => {
    if (!load.ok) {
      return { kind: "refused", findings: load.failure, ...place } as const;
    }
    const { rules, ...head } = load.value;
    batches = splitRules(rules);
    return { kind: "compiled", head, rules: nextBatch(batches), ...place } as const;
  };

  const answer = async (request: ThreadRequest): Promise<ThreadAnswer> => {
    switch (request.kind) {
      case "identify": {
        const { identities, tookMs } = await store.identify(lastFiles.restore(request.files));
        return { kind: "identified", tookMs, identities: lastIdentities.shorten(identities, isSameIdentity) };
      }
      case "file": {
        const { files, identity, ...load } = await store.compileFile(request.file);
        return answerLoad(load, { files, identity });
      }
      case "text":
        return answerLoad(await store.compileText(request.text), { files: [], identity: undefined });
      case "more":
        return { kind: "rules", rules: nextBatch(batches) };
    }
  };

  port.on("message", async (request: ThreadRequest) => {
    port.postMessage(await answer(request));
  });
}

function nextBatch(batches: Iterator<RuleBatch, undefined>): RuleBatch {
  return batches.next().value ?? { rules: [], isLast: true };
}

function* splitRules(rules: CompiledPolicy["rules"]): Generator<RuleBatch, undefined> {
  let batch: CompiledRule[] = [];
  let operations = 0;
  for (const rule of rules.values()) {
    batch.push(rule);
    operations += rule.operations?.values.length ?? 1;
    if (operations >= BATCH_OPERATIONS) {
      yield { rules: batch, isLast: false };
      batch = [];
      operations = 0;
    }
  }
  yield { rules: batch, isLast: true };
  return undefined;
}
