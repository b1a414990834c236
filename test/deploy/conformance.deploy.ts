import { runConformance } from "../conformance/run-conformance.ts";
import { kongImage } from "../gateways/kong-image.ts";

runConformance(await kongImage());
