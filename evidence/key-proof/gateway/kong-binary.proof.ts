import { kongBinary } from "../../../test/gateways/kong/kong-binary.ts";
import { runGatewayProof } from "./run-gateway-proof.ts";

runGatewayProof(kongBinary());
