import { cookbook } from "./cookbook.ts";
import { istio } from "./istio.ts";
import type { VectorSource } from "./judged.ts";
import { kongScenarios } from "./kong-scenarios.ts";
import { kongClaims, kongRequests, kongSignatures } from "./kong-tokens.ts";
import { krakendJose } from "./krakend-jose.ts";
import { rfcRequests, rfcSignatures } from "./rfc7515.ts";
import { wycheproofJwe, wycheproofJws } from "./wycheproof.ts";

/** In the order of the table. */
export const SOURCES: readonly VectorSource[] = [
  wycheproofJws,
  wycheproofJwe,
  cookbook,
  rfcSignatures,
  rfcRequests,
  kongSignatures,
  kongRequests,
  kongClaims,
  kongScenarios,
  istio,
  krakendJose,
];
