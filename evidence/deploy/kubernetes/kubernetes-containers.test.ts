import { expect, it } from "vitest";
import { waitFor } from "../../../test/gateways/gateway.ts";
import { reportMissing } from "../../../test/gateways/kong/report-missing.ts";
import { findMissingImages, startPodContainers } from "../pod/pod-containers.ts";
import { createConfig, createPolicy, mint } from "./kubernetes-example.ts";

const TIMEOUT_MS = 180_000;
const missing = await findMissingImages();

if (missing !== undefined) {
  reportMissing("the pod's containers, without root, rights or a writable file system", missing);
} else {
  it("the pod's containers judge requests without root, rights or a writable file system, and end cleanly", {
    timeout: TIMEOUT_MS,
  }, async () => {
    // Kong is its own upstream. Kong's status port answers 404 to all of these paths.
    const pod = await startPodContainers({ "payments.yaml": createPolicy() }, createConfig("http://127.0.0.1:8100"));
    const ask = async (url: string, scope?: string): Promise<number> => {
      // The test sends these headers as a load balancer that terminates TLS does.
      const headers = {
        "x-forwarded-proto": "https",
        ...(scope === undefined ? {} : { authorization: `Bearer ${mint(scope)}` }),
      };
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
      await response.body?.cancel();
      return response.status;
    };
    const waitForStatus = (status: number, url: string, scope?: string): Promise<true | undefined> =>
      waitFor(async () => (await ask(url, scope).catch(() => 0)) === status || undefined, 60_000);

    expect(await waitForStatus(200, `${pod.statusUrl}/status/ready`)).toBe(true);
    const isServing = await waitForStatus(404, `${pod.url}/payments`, "payments:read");
    expect(isServing, await pod.readKongLog()).toBe(true);
    expect(await ask(`${pod.url}/payments`)).toBe(401);
    expect(await ask(`${pod.url}/payments`, "payments:write")).toBe(403);
    expect(await ask(`${pod.url}/forgotten`, "payments:read")).toBe(503);
    pod.writePolicies({ "payments.yaml": createPolicy({ "payments-read": { required_scopes: ["payments:audit"] } }) });
    expect(await waitForStatus(403, `${pod.url}/payments`, "payments:read")).toBe(true);
    expect(await pod.end()).toEqual({ kong: 0, server: 0 });
  });
}
