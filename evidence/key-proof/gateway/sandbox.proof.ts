import { sandboxFromSettings } from "../../../test/gateways/kong/sandbox-from-settings.ts";
import { runGatewayProof } from "./run-gateway-proof.ts";

runGatewayProof(sandboxFromSettings());
