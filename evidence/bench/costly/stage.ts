import type { SentRequest } from "./plugin-server.ts";

export const PROTOCOLS = ["HTTP/1.1", "HTTP/2"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** In characters: what nginx and the plugin let through. */
export type Limits = Readonly<Record<Protocol, number>>;

/** One stage of the way of a request, with what its input is made of. */
export interface Stage {
  readonly name: string;
  /** An honest client's input. */
  readonly usual: string;
  /** The search puts inputs together from these. */
  readonly fragments: readonly string[];
  readonly limits: Limits;
  /** Makes the input ready, and returns what is timed. */
  prepare(input: string): () => unknown;
  /** Whether the request goes on to the next stage with this input; absent where that does not matter. */
  readonly goesOn?: (input: string) => boolean;
  /** A request that brings the input to the stage; absent where no request does. */
  readonly send?: (input: string) => SentRequest;
}
