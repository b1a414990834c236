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

  it.each([
    ["POST", PATH],
    ["get", PATH],
    ["TRACE", PATH],
    ["GET", `${PATH}/`],
    ["GET", `/${PATH}`],
    ["GET", PATH.slice(0, -1)],
    ["GET", PATH.toUpperCase()],
    ["GET", PATH.replace("oauth", "%6Fauth")],
    ["GET", `/x/..${PATH}`],
    ["GET", `${PATH};a=b`],
    ["GET", `${PATH}#a`],
    ["GET", `${PATH} `],
    ["GET", `https://api.example.com${PATH}`],
    ["GET", "?"],
    ["GET", ""],
  ])("is not %s %s", (method, target) => {
    expect(read({ method, target })).toBeUndefined();
  });

  it("does not exist if the request line is unknown, or if the policy has no description", () => {
    expect(read(undefined)).toBeUndefined();
    expect(
      readMetadataRequest(undefined, requestOf(undefined, { requestLine: { method: "GET", target: PATH } })),
    ).toBeUndefined();
  });
});
