import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { RENDERED, readProofResults } from "./proof-files.ts";
import { renderProof } from "./render-proof.ts";

it("docs/keys-proof.md is what the committed figures say", () => {
  expect(readFileSync(RENDERED, "utf8")).toBe(renderProof(readProofResults()));
});

it("no committed figure has a valid request refused while keys changed, or within max_stale", () => {
  const { gateways, outages } = readProofResults();
  expect(Object.values(gateways).map(({ valid }) => valid.refused)).toEqual(Object.values(gateways).map(() => ({})));
  const early = Object.values(outages).filter(
    ({ refused, unavailableAfterSeconds }) => refused > 0 && !unavailableAfterSeconds,
  );
  expect(early).toEqual([]);
});
