import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { messageOf } from "../../plugin/core/text/error-message.ts";

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 16 * 1024 * 1024;

interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Requests JSON from the Admin API or a status port, by GET. The function follows no redirects. Its errors contain no
 * text from the answer.
 */
export async function askJson(url: string): Promise<Result<JsonAnswer, string>> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "manual" });
    const text = await readBounded(response);
    return text === undefined
      ? fail(`its answer is longer than ${MAX_BYTES} bytes`)
      : succeed({ status: response.status, body: parse(text) });
  } catch (error) {
    return fail(describe(error));
  }
}

async function readBounded({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The value is undefined if the answer is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The message of a `fetch` error does not contain the cause. */
function describe(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") {
    return `no answer in ${TIMEOUT_MS} ms`;
  }
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return code ?? messageOf(cause ?? error);
}
