import { readFileSync, rmSync } from "node:fs";

const control = process.env.FAULT_CONTROL;

/** The fault that the control file asks for; undefined if there is none. */
export function readFault() {
  try {
    return readFileSync(control, "utf8");
  } catch {
    return undefined;
  }
}

/** Removes the control file, so that its fault happens only once. */
export function takeFault() {
  rmSync(control, { force: true });
}
