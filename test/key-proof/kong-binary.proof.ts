import { kongBinary } from "../gateways/kong-binary.ts";
import { runGatewayProof } from "./run-gateway-proof.ts";

runGatewayProof(kongBinary());
