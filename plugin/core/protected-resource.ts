import type { RequestFacts } from "./request.ts";

/** The API that a policy protects, as it describes itself (RFC 9728). */
export interface ProtectedResource {
  /** Where the description is, as clients ask for it (RFC 9728 section 3.1). */
  readonly metadataUrl: string;
  /** The path of that URL, byte for byte. */
  readonly metadataPath: string;
  /** The description: a JSON text. */
  readonly metadata: string;
}

/** A request for the description: for its text, or, as browsers ask before, whether they may. */
export interface MetadataRequest {
  readonly asks: "text" | "preflight";
  readonly resource: ProtectedResource;
}

/**
 * Tells a request for the description from those for the API itself. The path counts as it was sent: nothing but this text hangs
 * on it, and every other spelling is a request like any other.
 */
export function readMetadataRequest(
  resource: ProtectedResource | undefined,
  { requestLine }: RequestFacts,
): MetadataRequest | undefined {
  if (!resource || !requestLine || requestLine.target.split("?", 1)[0] !== resource.metadataPath) {
    return undefined;
  }
  switch (requestLine.method) {
    case "GET":
    case "HEAD":
      return { asks: "text", resource };
    case "OPTIONS":
      return { asks: "preflight", resource };
    default:
      return undefined;
  }
}
