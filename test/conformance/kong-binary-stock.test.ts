import { kongBinary } from "../gateways/kong-binary.ts";
import { runConformance } from "./run/run-conformance.ts";

runConformance(kongBinary({ stock: true }));
