import { readFileSync, rmSync } from "node:fs";

/** The fault that is asked for, or undefined. */
export function readFault(control) {
  try {
    return readFileSync(control, "utf8");
  } catch {
    return undefined;
  }
}

/** Takes a fault that is meant to happen once. */
export function takeFault(control) {
  rmSync(control, { force: true });
}
