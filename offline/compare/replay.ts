import { createPublicKey } from "node:crypto";
import { decide } from "../../plugin/core/decide.ts";
import { type CallerSource, NO_CALLERS } from "../../plugin/core/model/caller.ts";
import type { Decision } from "../../plugin/core/model/decision.ts";
import type { KeySource } from "../../plugin/core/model/key.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { Binding, RequestFacts } from "../../plugin/core/model/request.ts";
import { succeed } from "../../plugin/core/model/result.ts";
import { createVerificationKey } from "../../plugin/keys/verify/verification-key.ts";
import { SigningKeys } from "../tokens/signing-keys.ts";
import type { Difference, Sender } from "./cells/compare-cell.ts";
import { listComparedHeaders, placeExample } from "./place-example.ts";
import type { CandidateToken } from "./search/token-space.ts";

/**
 * Judges the example request of a difference by both policy versions, with the gateway's own code. The example token is
 * signed with a key that exists only for this run.
 */

const KID = "example";
/** The code stores all signing keys under this issuer name, because only one issuer signs an example token. */
const SIGNER = "example";

export interface Replay {
  readonly before: Decision;
  readonly after: Decision;
}

/** A request without its token. */
interface ReplayedRequest {
  readonly binding: Binding;
  readonly method: string;
  readonly path: string;
  /** The request headers, by name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly transport: Difference["transport"];
}

/** Judges examples. All examples of one run have the same keys. */
export class Replayer {
  readonly #keys = new SigningKeys();
  readonly #now: number;

  /** @param now seconds since the epoch. */
  constructor(now: number) {
    this.#now = now;
  }

  async replay(difference: Difference, before: CompiledPolicy, after: CompiledPolicy): Promise<Replay> {
    return { before: await this.#decide(difference, before), after: await this.#decide(difference, after) };
  }

  #decide({ cell, sender, transport }: Difference, policy: CompiledPolicy): Promise<Decision> {
    const request = { ...cell, binding: { by: "rule", rule: cell.rule } as const, transport, headers: new Map() };
    return this.decide(sender, request, policy);
  }

  /** Judges a request of this sender by one version of the policy. */
  decide(sender: Sender, request: ReplayedRequest, policy: CompiledPolicy): Promise<Decision> {
    const { binding, transport } = request;
    const token = sender.sends === "token" ? this.#sign(sender.token) : "";
    const own = sender.sends === "preflight" ? new Map<string, string>() : listComparedHeaders(policy);
    const all = new Map([...own, ...request.headers]);
    const { method, target, headers } = placeExample(sender, policy, { ...request, headers: all }, token);
    const facts: RequestFacts = {
      binding,
      requestLine: { method, target },
      connection: undefined,
      authorization: headers.get("authorization"),
      headers,
      transport,
      requestId: undefined,
    };
    return decide(facts, policy, this.#createKeySource(), () => this.#now, createCallers(sender));
  }

  #sign({ alg, typ, claims }: CandidateToken): string {
    const header = { alg, kid: KID, ...(typ === undefined ? {} : { typ }) };
    const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    const signature = this.#keys.of(SIGNER, alg).sign(Buffer.from(input, "latin1"));
    return `${input}.${Buffer.from(signature).toString("base64url")}`;
  }

  #createKeySource(): KeySource {
    return {
      find: (issuer, { alg }) => {
        const { key, published } = this.#keys.of(SIGNER, alg);
        const verifying = published ? createPublicKey(published.pem) : key;
        return succeed(createVerificationKey(issuer.issuer, KID, alg, verifying));
      },
    };
  }
}

function createCallers(sender: Sender): CallerSource {
  const isKnown = sender.sends !== "preflight" && sender.isKnownToKong;
  return isKnown ? { ...NO_CALLERS, authenticatedCredential: async () => "credential" } : NO_CALLERS;
}
