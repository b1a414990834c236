import { kongContainer } from "../gateways/kong-container.ts";
import { runAttacks } from "./run-attacks.ts";

runAttacks(await kongContainer());
