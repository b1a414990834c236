import { kongContainer } from "../gateways/kong/kong-container.ts";
import { runSpoofing } from "./run-spoofing.ts";

runSpoofing(await kongContainer());
