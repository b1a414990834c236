import { kongContainer } from "../gateways/kong/kong-container.ts";
import { runConformance } from "./run/run-conformance.ts";

runConformance(await kongContainer());
