import type { RequestFacts } from "./request.ts";

/** The API that a policy protects, with its own description (RFC 9728). */
export interface ProtectedResource {
  /** The URL at which clients ask for the description (RFC 9728 section 3.1). */
  readonly metadataUrl: string;
  /** The path of that URL, byte for byte. */
  readonly metadataPath: string;
  /** The description: a JSON text. */
  readonly metadata: string;
}

/** A request for the description: for its text, or the CORS preflight that browsers send first. */
export interface MetadataRequest {
  readonly asks: "text" | "preflight";
  readonly resource: ProtectedResource;
}

/**
 * Recognises a request for the description. The path is compared as the client sent it. That is safe, because only the description
 * depends on it, and any other spelling is handled as a request for the API.
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
