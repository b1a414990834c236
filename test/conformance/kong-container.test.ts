import { kongContainer } from "../gateways/kong-container.ts";
import { runConformance } from "./run/run-conformance.ts";

runConformance(await kongContainer());
