import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { reportMissing } from "../../../test/gateways/kong/report-missing.ts";
import { checkTypes } from "./check-types.ts";
import { KUBERNETES, parseManifests, typeManifest } from "./kubernetes-files.ts";

const KUSTOMIZE = process.env.KUSTOMIZE_BIN ?? "kustomize";

function runKustomize(...words: readonly string[]): string | undefined {
  try {
    return execFileSync(KUSTOMIZE, words, { encoding: "utf8", stdio: "pipe", timeout: 60_000 });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

if (runKustomize("version") === undefined) {
  reportMissing("the kustomization", "no kustomize: set KUSTOMIZE_BIN or put kustomize into PATH");
} else {
  it("the kustomization makes a ConfigMap of the policies, under a name that does not change", {
    timeout: 60_000,
  }, async () => {
    const built = parseManifests(runKustomize("build", KUBERNETES) ?? "");
    expect(await checkTypes(built.map((manifest) => typeManifest("kustomization", manifest)))).toEqual([]);
    const policy = readFileSync(join(KUBERNETES, "policies/payments.yaml"), "utf8");
    expect(built).toEqual([
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "jwt-policy-policies", namespace: "kong" },
        data: { "payments.yaml": policy },
      },
      expect.objectContaining({ kind: "NetworkPolicy", metadata: { name: "jwt-policy-status", namespace: "kong" } }),
    ]);
  });
}
