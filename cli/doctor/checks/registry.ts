import type { DoctorCheck } from "../model/check.ts";
import { FACTS_CHECKS } from "./facts-checks.ts";
import { FILE_CHECKS } from "./file-checks.ts";
import { GATEWAY_CHECKS } from "./gateway-checks.ts";
import { SETTINGS_CHECKS } from "./settings-checks.ts";
import { SOCKET_CHECKS } from "./socket-checks.ts";

/** All checks of `doctor`, in the order of the report. */
export const DOCTOR_CHECKS: readonly DoctorCheck[] = [
  ...SETTINGS_CHECKS,
  ...FILE_CHECKS,
  ...SOCKET_CHECKS,
  ...FACTS_CHECKS,
  ...GATEWAY_CHECKS,
];
