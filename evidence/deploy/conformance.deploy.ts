import { runConformance } from "../../test/conformance/run/run-conformance.ts";
import { kongImage } from "../../test/gateways/kong/kong-image.ts";

runConformance(await kongImage());
