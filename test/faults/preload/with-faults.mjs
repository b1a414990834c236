import { readFault, takeFault } from "./read-fault.mjs";

/** Longer than any deadline: whoever does not end the process waits for this. */
const BLOCK_MS = 10_000;

const FAULTS = {
  async throw(pdk) {
    if (Math.random() < 0.5) {
      await pdk.nginx.getVar("request");
    }
    throw new Error("a fault of the test");
  },
  async nothing(pdk) {
    if (Math.random() < 0.5) {
      await pdk.nginx.getVar("request");
    }
  },
  never: () => new Promise(() => {}),
  async block(_, control) {
    takeFault(control);
    for (const end = performance.now() + BLOCK_MS; performance.now() < end; );
  },
  async allocate(_, control) {
    takeFault(control);
    for (const hoard = []; ; ) {
      hoard.push(new Array(10_000).fill(hoard.length / 3));
    }
  },
};

/** A plugin instance that fails in the way that the control file asks for. */
export function withFaults(instance, control) {
  return {
    access(pdk) {
      const fault = FAULTS[readFault(control)];
      return fault ? fault(pdk, control) : instance.access(pdk);
    },
  };
}
