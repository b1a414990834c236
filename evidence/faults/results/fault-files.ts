import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderFaults } from "./render-faults.ts";
import type { FaultResults } from "./results.ts";

/** Where `FAULTS_RESULTS=1` puts the results as data, and the table that is made of them; to be committed. */
export const RESULTS = fileURLToPath(new URL("../../../docs/faults/", import.meta.url));
export const RENDERED = fileURLToPath(new URL("../../../docs/faults.md", import.meta.url));

/** Real gateways first. */
const ORDER = ["kong-binary", "kong-binary-stock", "kong-container", "kong-container-stock", "sandbox"];

export function readFaultResults(): readonly FaultResults[] {
  const names = readdirSync(RESULTS);
  return ORDER.filter((name) => names.includes(`${name}.json`)).map((name) =>
    JSON.parse(readFileSync(`${RESULTS}${name}.json`, "utf8")),
  );
}

export const renderAll = (): string => renderFaults(readFaultResults());
