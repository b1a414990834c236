import { expect } from "vitest";
import { denialRow } from "../../../plugin/core/model/denial.ts";
import type { Gateway } from "../../gateways/gateway.ts";
import type { ConformanceCase, Protocol } from "../cases/case.ts";
import type { World } from "../world.ts";
import { type Answer, MESSAGE, send } from "./send.ts";

/** Kong's codes for the statuses that refusals have. */
const GRPC_STATUS: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 5, 500: 13, 503: 14 };

/** Sends the request of a case, and checks the whole result. `id` belongs to this one request. */
export async function checkCase(
  recipe: ConformanceCase,
  protocol: Protocol,
  id: string,
  world: World,
  gateway: Gateway,
): Promise<void> {
  const testCase = world.fillIn(recipe);
  const authorization = await world.authorizationOf(testCase);
  const answer = await send(gateway, { testCase, protocol, id, authorization });
  const upstream = await world.upstreamHeaders(id);

  expect.soft(answer.status, answer.body).toBe(testCase.status);
  expect.soft(answer.headers["www-authenticate"]).toBe(testCase.challenge);
  if (protocol === "grpc") {
    checkGrpc(testCase, answer);
  } else if (testCase.message !== undefined) {
    expect.soft(JSON.parse(answer.body).message).toBe(testCase.message);
  }
  if (testCase.method === "HEAD") {
    expect.soft(answer.body, "HEAD has no body").toBe("");
  }
  if (testCase.status !== 200 || testCase.grpcStatus !== undefined || testCase.answer) {
    expect.soft(upstream, "nothing may reach the upstream").toBeUndefined();
  }
  checkAnswer(testCase, answer);
  for (const [name, value] of Object.entries(testCase.upstream ?? {})) {
    expect.soft(upstream?.[name] ?? null, `${name} at the upstream`).toBe(value);
  }
  if (testCase.upstreamUrl !== undefined) {
    expect.soft(await world.upstreamUrl(id)).toBe(testCase.upstreamUrl);
  }
  if (testCase.reason !== undefined) {
    checkRefusal(testCase, answer);
  }
  const { reason = testCase.reported } = testCase;
  if (reason !== undefined && !testCase.cutsLogLine) {
    const words = testCase.reported ? "would have denied the request:" : "denied the request:";
    await checkLog(`${words} reason=${reason} `, answer, authorization, gateway);
  }
}

function checkAnswer({ answer: expected = {} }: ConformanceCase, { headers, body }: Answer): void {
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    expect.soft(headers[name] ?? null, name).toBe(value);
  }
  if (expected.body === "") {
    expect.soft(body).toBe("");
  } else if (expected.body) {
    expect.soft(JSON.parse(body)).toMatchObject(expected.body);
  }
}

/** A call ends with the upstream's trailers, or consists only of a head with the status. */
function checkGrpc({ status, grpcStatus, reason }: ConformanceCase, answer: Answer): void {
  if (status === 200 && grpcStatus === undefined) {
    expect.soft(answer.trailers).toMatchObject({ "grpc-status": "0", "grpc-message": "fine" });
    expect.soft(answer.body, "the message comes back").toBe(MESSAGE.toString());
    return;
  }
  expect.soft(answer.headers["grpc-status"]).toBe(String(grpcStatus ?? GRPC_STATUS[status]));
  expect.soft(answer.endsWithHead, "trailers only").toBe(true);
  expect.soft(answer.body).toBe("");
  if (reason !== undefined) {
    expect.soft(answer.headers["grpc-message"]).toBe(denialRow(reason).clientMessage);
    expect.soft(answer.headers["content-type"]).toBe("application/grpc");
  }
}

function checkRefusal({ reason }: ConformanceCase, answer: Answer): void {
  expect.soft(answer.headers["cache-control"]).toBe("no-store");
  expect
    .soft(answer.headers["retry-after"])
    .toEqual(reason === "keys_unavailable" ? expect.stringMatching(/^\d+$/) : undefined);
}

async function checkLog(
  words: string,
  answer: Answer,
  authorization: string | undefined,
  gateway: Gateway,
): Promise<void> {
  const requestId = String(answer.headers["x-kong-request-id"]);
  const line = await gateway.findDenialLine(requestId);
  expect.soft(line, "the operator's log").toContain(words);
  const token = authorization?.split(" ").at(-1) ?? "";
  if (token.length > 20) {
    expect.soft(line, "no token in the log").not.toContain(token.slice(0, 20));
  }
}
