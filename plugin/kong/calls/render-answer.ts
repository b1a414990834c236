import { STATUS_CODES } from "node:http";
import type { ClientAnswer } from "../../core/answer/tell-client.ts";
import type { Reply } from "../../core/model/answers.ts";
import type { ExitResponse } from "../contract/pdk.ts";
import { prefersProblemDetails } from "./negotiate-form.ts";

/** The content types of gRPC over HTTP/2, with any message format. gRPC-Web is not included, because it uses another protocol. */
const GRPC = /^application\/grpc(?:$|[+;\s])/i;
/** Characters to encode in `grpc-message` (gRPC over HTTP2, "Percent-Byte-Unencoded"). */
const BEYOND_GRPC_MESSAGE = /[^\x20-\x24\x26-\x7e]+/g;

type Rendered = Pick<ExitResponse, "body" | "headers">;

/**
 * Renders the message for the client. gRPC clients get the gRPC format. For all other clients, the policy selects the
 * format, or the policy lets the request's `Accept` select it.
 */
export function renderAnswer(answer: ClientAnswer, reply: Reply): Rendered {
  const { answers, accept, contentType } = reply;
  if (contentType !== undefined && GRPC.test(contentType)) {
    return renderForGrpc(answer);
  }
  const isProblem = answers.format === "problem" || (answers.format === "negotiate" && prefersProblemDetails(accept));
  return isProblem ? renderProblem(answer, reply) : renderKongForm(answer, reply);
}

/** If the content type is gRPC, Kong itself writes `grpc-status`. A gRPC error has no body. */
function renderForGrpc({ text }: ClientAnswer): Rendered {
  const message = text.replaceAll(BEYOND_GRPC_MESSAGE, encodeURIComponent);
  return { body: "", headers: { "Content-Type": "application/grpc", "grpc-message": message } };
}

/** The format of Kong's own errors. */
function renderKongForm({ text }: ClientAnswer, { requestId }: Reply): Rendered {
  return renderJson("application/json; charset=utf-8", { message: text, request_id: requestId });
}

/**
 * RFC 9457 section 3. If the problem has no specific type, `title` is the standard phrase of the status, and `detail` is
 * our text (section 4.2.1).
 */
function renderProblem({ as, status, text }: ClientAnswer, { answers: { problemTypes }, requestId }: Reply): Rendered {
  const words =
    problemTypes === undefined
      ? { type: "about:blank", title: STATUS_CODES[status], status, detail: text }
      : { type: `${problemTypes}${as}`, title: text, status };
  return renderJson("application/problem+json", { ...words, request_id: requestId });
}

function renderJson(type: string, members: object): Rendered {
  return { body: `${JSON.stringify(members)}\n`, headers: { "Content-Type": type } };
}
