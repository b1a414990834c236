import { kongContainer } from "../gateways/kong/kong-container.ts";
import { runAttacks } from "./run-attacks.ts";

runAttacks(await kongContainer());
