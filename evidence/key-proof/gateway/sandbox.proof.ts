import { sandboxFromSettings } from "../../../test/gateways/sandbox-from-settings.ts";
import { runGatewayProof } from "./run-gateway-proof.ts";

runGatewayProof(sandboxFromSettings());
