import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { runSpoofing } from "./run-spoofing.ts";

runSpoofing(kongBinary({ guard: true }));
