import { describe, expect, it } from "vitest";
import { readMetadataRequest } from "../../../plugin/core/answer/protected-resource.ts";
import type { ProtectedResource } from "../../../plugin/core/model/policy.ts";
import type { RequestLine } from "../../../plugin/core/model/request.ts";
import { requestOf } from "../fixtures.ts";

const PATH = "/.well-known/oauth-protected-resource/pay";
const RESOURCE: ProtectedResource = {
  metadataUrl: `https://api.example.com${PATH}`,
  metadataPath: PATH,
  metadata: "{}",
};
const read = (requestLine: RequestLine | undefined, resource: ProtectedResource | undefined = RESOURCE) =>
  readMetadataRequest(resource, requestOf(undefined, { requestLine }))?.asks;

describe("a request for the API's description", () => {
  it.each([
    ["GET", PATH, "text"],
    ["HEAD", PATH, "text"],
    ["OPTIONS", PATH, "preflight"],
    ["GET", `${PATH}?`, "text"],
    ["GET", `${PATH}?a=/../b?c`, "text"],
  ])("is %s %s", (method, target, asks) => {
    expect(read({ method, target })).toBe(asks);
  });

  const spelled = [`${PATH}/`, `/${PATH}`, PATH.slice(0, -1), PATH.toUpperCase(), PATH.replace("oauth", "%6Fauth")];
  const longer = [`/x/..${PATH}`, `${PATH};a=b`, `${PATH}#a`, `${PATH} `, `https://api.example.com${PATH}`, "?", ""];
  it.each([
    ...["POST", "get", "TRACE"].map((method) => [method, PATH] as const),
    ...[...spelled, ...longer].map((target) => ["GET", target] as const),
  ])("is not %s %s", (method, target) => {
    expect(read({ method, target })).toBeUndefined();
  });

  it("does not exist if the request line is unknown, or if the policy has no description", () => {
    expect(read(undefined)).toBeUndefined();
    const requestLine = { method: "GET", target: PATH };
    expect(readMetadataRequest(undefined, requestOf(undefined, { requestLine }))).toBeUndefined();
  });
});
