import { sandboxGateway } from "../gateways/sandbox-gateway.ts";
import { runConformance } from "./run/run-conformance.ts";

runConformance(sandboxGateway(true));
runConformance(sandboxGateway(false));
