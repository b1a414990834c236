import type { SentRequest } from "./plugin-server.ts";

export const PROTOCOLS = ["HTTP/1.1", "HTTP/2"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** In characters: the limit of nginx and the plugin. */
export type Limits = Readonly<Record<Protocol, number>>;

/** One stage of the pipeline, with the fragments of its input. */
export interface Stage {
  readonly name: string;
  /** An honest client's input. */
  readonly usual: string;
  /** The search puts inputs together from these fragments. */
  readonly fragments: readonly string[];
  readonly limits: Limits;
  /** Prepares the input, and returns the function that is timed. */
  prepare(input: string): () => unknown;
  /** Whether a request with this input continues to the next stage; absent if this does not matter. */
  readonly goesOn?: (input: string) => boolean;
  /** A request that brings the input to the stage; absent if no request can do so. */
  readonly send?: (input: string) => SentRequest;
}
