import type { Consumer } from "../../../plugin/core/model/caller.ts";
import type { CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import type { KongRoute, KongService, Pdk } from "../../../plugin/kong/contract/pdk.ts";
import { createFactsReader } from "../../../plugin/kong/facts/read-facts.ts";
import { compileDocument, policyDocument } from "../../core/fixtures.ts";
import { outcomeOf } from "../../results.ts";

const ISSUER = { issuer: "https://idp.example.com", audiences: ["api"] };
/** No rule of the policy decides by method and path. */
export const plain = compileDocument(policyDocument(ISSUER));
/** The one rule of this policy decides by method and path. */
export const withOperations = compileDocument(
  policyDocument(ISSUER, { routes: { read: { operations: [{ methods: ["GET"], path: "/a" }] } } }),
);

/** Kong's answers; empty by default. */
export interface Answers {
  /** The request line; by default `GET / HTTP/1.1`. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly headers?: readonly (readonly [name: string, values: readonly string[]])[];
  /** The scheme; by default `http`. */
  readonly forwardedScheme?: string;
  /** Maps the argument of `load_consumer` to the result. */
  readonly consumers?: Readonly<Record<string, Consumer>>;
  readonly credential?: { readonly id?: string };
  readonly consumer?: Consumer;
  readonly route?: KongRoute;
  /** The Service of the Route. */
  readonly service?: KongService;
}

/** A PDK that answers from a script and records its calls in order. */
export function scriptedPdk(answers: Answers): { pdk: Pdk; calls: string[] } {
  const { variables = {}, headers = [], forwardedScheme = "http", route = {}, service = {} } = answers;
  const { consumers = {}, credential = {}, consumer = {} } = answers;
  const calls: string[] = [];
  const pdk: Pdk = {
    nginx: {
      async getVar(name) {
        calls.push(`get_var ${name}`);
        return variables[name] ?? (name === "request" ? "GET / HTTP/1.1" : "");
      },
    },
    request: {
      async getHeaders(maxHeaders) {
        calls.push(`get_headers ${maxHeaders}`);
        return new Map(headers);
      },
      async getForwardedScheme() {
        calls.push("get_forwarded_scheme");
        return forwardedScheme;
      },
    },
    client: {
      async loadConsumer(idOrUsername, byUsername) {
        calls.push(`load_consumer ${idOrUsername} ${byUsername}`);
        return consumers[idOrUsername] ?? {};
      },
      async getCredential() {
        calls.push("get_credential");
        return credential;
      },
      async getConsumer() {
        calls.push("get_consumer");
        return consumer;
      },
    },
    router: {
      async getRoute() {
        calls.push("get_route");
        return route;
      },
      async getService() {
        calls.push("get_service");
        return service;
      },
    },
  };
  return { pdk, calls };
}

/** Reads the facts of one request with a new reader. */
export async function readScripted(
  hasFactsVariable: boolean,
  policy: CompiledPolicy,
  rule: string | undefined,
  answers: Answers,
): Promise<{ result: unknown; calls: string[]; logged: string[] }> {
  const { pdk, calls } = scriptedPdk(answers);
  const logged: string[] = [];
  const read = await createFactsReader(hasFactsVariable, (line) => logged.push(line))(pdk, policy, rule);
  return { result: outcomeOf(read), calls, logged };
}
