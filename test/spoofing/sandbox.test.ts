import { sandboxGateway } from "../gateways/sandbox-gateway.ts";
import { runSpoofing } from "./run-spoofing.ts";

runSpoofing(sandboxGateway(true));
