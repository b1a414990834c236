/** Longest answer that is read: key sets of large providers stay below 30 kB. */
const MAX_BODY_BYTES = 512 * 1024;

/**
 * GETs a JSON document. Redirects are refused: the policy names where keys come from, and nobody else does.
 *
 * @param timeoutMs bound on the whole exchange, body included.
 * @throws Error whose message names the URL and the cause.
 */
export async function fetchJson(url: string, timeoutMs: number): Promise<unknown> {
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json, application/jwk-set+json" },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await readBounded(response);
    if (response.status !== 200) {
      throw new Error(`status ${response.status}`);
    }
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`GET ${url} failed: ${causeOf(error)}`);
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      throw new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
}

/** `fetch` says no more than "fetch failed"; what helps is in its cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return "unknown error";
  }
  if (error.name === "TimeoutError") {
    return "no complete answer in time";
  }
  if (error instanceof SyntaxError) {
    return "the answer is not JSON"; // The message would quote the answer.
  }
  const { cause } = error;
  return cause instanceof Error ? cause.message || ("code" in cause ? String(cause.code) : cause.name) : error.message;
}
