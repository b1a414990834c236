import type { VectorSource } from "./judged.ts";
import { cookbook } from "./sources/cookbook.ts";
import { istio } from "./sources/istio.ts";
import { kongScenarios } from "./sources/kong-scenarios.ts";
import { kongClaims, kongRequests, kongSignatures } from "./sources/kong-tokens.ts";
import { krakendJose } from "./sources/krakend-jose.ts";
import { rfcRequests, rfcSignatures } from "./sources/rfc7515.ts";
import { wycheproofJwe, wycheproofJws } from "./sources/wycheproof.ts";

/** The sources, in the order of the table. */
export const SOURCES: readonly VectorSource[] = [
  ...[wycheproofJws, wycheproofJwe, cookbook, rfcSignatures, rfcRequests, kongSignatures, kongRequests, kongClaims],
  ...[kongScenarios, istio, krakendJose],
];
