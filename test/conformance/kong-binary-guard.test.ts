import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { runConformance } from "./run/run-conformance.ts";

runConformance(kongBinary({ guard: true }));
