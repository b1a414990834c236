import { kongBinary } from "../gateways/kong-binary.ts";
import { runConformance } from "./run-conformance.ts";

runConformance(kongBinary({ stock: true }));
