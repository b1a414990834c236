import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { renderDump } from "../../../plugin/server/settings/dump.ts";
import { waitFor } from "../../../test/gateways/gateway.ts";
import { kongBinary } from "../../../test/gateways/kong/kong-binary.ts";
import { reportMissing } from "../../../test/gateways/kong/report-missing.ts";
import { startRecordingUpstream } from "../../../test/gateways/recording-upstream.ts";
import { type KongInPod, startKongInPod } from "../pod/kong-in-pod.ts";
import { createPod, type Pod } from "../pod/pod.ts";
import { createConfig, createPolicy, mint } from "./kubernetes-example.ts";
import { kongEnvironment } from "./kubernetes-files.ts";

const TIMEOUT_MS = 120_000;
const STRICTER = { "payments-read": { required_scopes: ["payments:audit"] } };

async function startReadyServer(pod: Pod): Promise<ReturnType<Pod["startServer"]>> {
  pod.writePolicies({ "payments.yaml": createPolicy() });
  await pod.writeFiles();
  const server = pod.startServer();
  await pod.untilReady();
  return server;
}

describe("the pod's containers", () => {
  it("write the files that Kong needs: the schema and the guard", { timeout: TIMEOUT_MS }, async () => {
    const pod = await createPod();
    await pod.writeFiles();
    expect(readFileSync(join(pod.shared, "dump.json"), "utf8").trim()).toBe(renderDump());
    const guard = readdirSync(join(pod.shared, "guard"), { recursive: true });
    expect(guard).toEqual(
      expect.arrayContaining(
        ["facts", "handler", "schema", "verdicts"].map((file) => `kong/plugins/jwt-policy-guard/${file}.lua`),
      ),
    );
    await pod.writeFiles(); // If the sandbox of a pod is created again, the init containers run again, and their earlier files still exist.
    expect(readdirSync(pod.shared).sort()).toEqual(["dump.json", "guard"]);
  });

  it("are live before they are ready, and ready with the policies of the ConfigMap only", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const pod = await createPod();
    pod.writePolicies({ "payments.yaml": "jwt_policy: 1\n" });
    pod.startServer();
    await waitFor(async () => (await pod.probe("startupProbe")) === 200 || undefined, 30_000);
    expect([await pod.probe("startupProbe"), await pod.probe("livenessProbe")]).toEqual([200, 200]);
    expect(await pod.probe("readinessProbe")).toBe(503);
    pod.writePolicies({ "payments.yaml": createPolicy() });
    await pod.untilReady();
    expect(await pod.readStatus()).toMatchObject({ policies: [{ source: "payments.yaml", name: "payments" }] });
  });

  it("follow a changed ConfigMap, and keep the last good version of a broken one", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const pod = await createPod();
    await startReadyServer(pod);
    const first = await readSha(pod);
    pod.writePolicies({ "payments.yaml": createPolicy(STRICTER) });
    const second = await waitFor(async () => differs(await readSha(pod), first), 20_000);
    expect(second).toMatch(/^[0-9a-f]{64}$/);
    pod.writePolicies({ "payments.yaml": "jwt_policy: 1\n" });
    const refused = await waitFor(async () => (await readPolicyStatus(pod))?.refused[0], 20_000);
    expect(refused).toMatchObject({ code: "missing_key" });
    expect([await readSha(pod), await pod.probe("readinessProbe")]).toEqual([second, 200]);
  });

  it("end by themselves soon after the signal, because no calls come", { timeout: TIMEOUT_MS }, async () => {
    const pod = await createPod();
    const server = await startReadyServer(pod);
    server.child.kill("SIGTERM");
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.stdout()).toContain("ends: SIGTERM, no process took over");
  });
});

const { missing } = kongBinary();

if (missing !== undefined) {
  reportMissing("a Kong beside the pod's containers", missing);
} else {
  describe("Kong beside the pod's containers", () => {
    let upstream: Awaited<ReturnType<typeof startRecordingUpstream>>;
    beforeAll(async () => {
      upstream = await startRecordingUpstream();
      return upstream.stop;
    });

    const ask = async (kong: KongInPod, path: string, scope?: string, method = "GET"): Promise<number> => {
      const headers = scope === undefined ? {} : { authorization: `Bearer ${mint(scope)}` };
      const response = await fetch(`${kong.url}${path}`, { method, headers });
      await response.body?.cancel();
      return response.status;
    };

    it("judges by the rules that plugins name, with any names of routes, and by a changed ConfigMap without a restart", {
      timeout: TIMEOUT_MS,
    }, async () => {
      const pod = await createPod();
      await startReadyServer(pod);
      const kong = await startKongInPod(pod, kongEnvironment, createConfig(`http://127.0.0.1:${upstream.port}`));
      expect(await ask(kong, "/payments", "payments:read")).toBe(200);
      expect(await ask(kong, "/payments", "payments:read", "POST")).toBe(403);
      expect(await ask(kong, "/payments", "payments:write", "POST")).toBe(200);
      expect(await ask(kong, "/payments")).toBe(401);
      expect(await ask(kong, "/refunds/42", "refunds:read")).toBe(200);
      expect(await ask(kong, "/health")).toBe(200);
      expect(await ask(kong, "/forgotten", "payments:read")).toBe(503); // The guard that the containers wrote.

      pod.writePolicies({
        "payments.yaml": createPolicy(STRICTER),
      });
      const status = await waitFor(async () => {
        const now = await ask(kong, "/payments", "payments:read");
        return now === 200 ? undefined : now;
      }, 20_000);
      expect(status).toBe(403);
      expect(await ask(kong, "/payments", "payments:audit")).toBe(200);
    });
  });
}

async function readPolicyStatus(pod: Pod): Promise<{ sha256: string; refused: object[] } | undefined> {
  return ((await pod.readStatus()) as { policies: { sha256: string; refused: object[] }[] }).policies[0];
}

async function readSha(pod: Pod): Promise<string | undefined> {
  return (await readPolicyStatus(pod))?.sha256;
}

function differs(now: string | undefined, before: string | undefined): string | undefined {
  return now === before ? undefined : now;
}
