import { readFileSync, rmSync } from "node:fs";

const control = process.env.FAULT_CONTROL;

/** The fault that is asked for, or undefined. */
export function readFault() {
  try {
    return readFileSync(control, "utf8");
  } catch {
    return undefined;
  }
}

/** Takes a fault that is meant to happen once. */
export function takeFault() {
  rmSync(control, { force: true });
}
