import { expect, it } from "vitest";
import { createMetadataExit } from "../../../plugin/kong/calls/create-metadata-exit.ts";

const resource = { metadataUrl: "https://x/y", metadataPath: "/y", metadata: '{"resource":"x"}' };

it("returns the API's description unchanged, for pages of any origin and for an hour (RFC 9728 section 3.2)", () => {
  expect(createMetadataExit({ asks: "text", resource })).toEqual({
    status: 200,
    body: '{"resource":"x"}',
    headers: {
      "Content-Type": "application/json",
      "Cache-Control": "max-age=3600",
      "Access-Control-Allow-Origin": "*",
    },
  });
});

it("lets browsers request it with any header", () => {
  expect(createMetadataExit({ asks: "preflight", resource })).toEqual({
    status: 204,
    body: "",
    headers: {
      "Access-Control-Allow-Methods": "GET, HEAD",
      "Access-Control-Allow-Headers": "*",
      "Access-Control-Max-Age": "3600",
      "Access-Control-Allow-Origin": "*",
    },
  });
});
