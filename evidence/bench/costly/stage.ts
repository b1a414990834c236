import type { SentRequest } from "./plugin-server.ts";

/** One stage of the way of a request, with what its input is made of. */
export interface Stage {
  readonly name: string;
  /** An honest client's input. */
  readonly usual: string;
  /** The search puts inputs together from these. */
  readonly fragments: readonly string[];
  /** In characters: what nginx and the plugin let through. */
  readonly maxLength: number;
  /** Makes the input ready, and returns what is timed. */
  prepare(input: string): () => unknown;
  /** A request that brings the input to the stage; absent where no request does. */
  readonly send?: (input: string) => SentRequest;
}
