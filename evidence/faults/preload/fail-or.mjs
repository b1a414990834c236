import { readFault, takeFault } from "./read-fault.mjs";

/** Longer than any deadline, for failures that do not end the process. */
const BLOCK_MS = 10_000;

const FAULTS = {
  async throw(callPdk) {
    if (Math.random() < 0.5) {
      await callPdk();
    }
    throw new Error("a fault of the test");
  },
  async nothing(callPdk) {
    if (Math.random() < 0.5) {
      await callPdk();
    }
  },
  never: () => new Promise(() => {}),
  async block() {
    takeFault();
    for (const end = performance.now() + BLOCK_MS; performance.now() < end; );
  },
  async allocate() {
    takeFault();
    for (const hoard = []; ; ) {
      hoard.push(new Array(10_000).fill(hoard.length / 3));
    }
  },
};

/**
 * Handles a request, or fails in the way that the control file names.
 *
 * @param access the handler without faults.
 * @param callPdk makes a call to Kong, because half of the failures come after a call.
 */
export function failOr(access, callPdk) {
  const fault = FAULTS[readFault()];
  return fault ? fault(callPdk) : access();
}
