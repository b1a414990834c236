import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { reportMissing } from "../../../test/gateways/kong/report-missing.ts";
import { readDefinitions } from "../pod/custom-resources.ts";
import { checkTypes } from "./check-types.ts";
import { findDefinitionFiles, findMissingHelm, renderChart } from "./helm.ts";
import {
  type ContainerValues,
  kongEnvironment,
  type Manifest,
  manifests,
  typeManifest,
  values,
} from "./kubernetes-files.ts";

const TIMEOUT_MS = 60_000;
const missing = findMissingHelm();
const INSTALLATIONS: readonly (readonly [what: string, options: readonly string[]])[] = [
  ["with the Ingress Controller", ["-f", "values.yaml"]],
  ["DB-less", ["-f", "values.yaml", "-f", "values-dbless.yaml", "--set-file", "dblessConfig.config=kong.yml"]],
];

interface Deployment extends Manifest {
  readonly spec: {
    readonly strategy: object;
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly initContainers: readonly ContainerValues[];
        readonly containers: readonly ContainerValues[];
        readonly volumes: readonly { readonly name: string }[];
        readonly terminationGracePeriodSeconds: number;
      };
    };
  };
}

if (missing !== undefined) {
  reportMissing("the values in Kong's chart", missing);
} else {
  describe.each(INSTALLATIONS)("Kong's chart with the values, %s,", (_, options) => {
    const render = async (): Promise<Deployment> => {
      const found = (await renderChart(options)).find(({ kind }) => kind === "Deployment");
      return found as Deployment;
    };

    it("makes manifests that Kubernetes accepts", { timeout: TIMEOUT_MS }, async () => {
      // The chart has its own webhook for the Ingress Controller, and kubernetes-types lacks a member of this webhook.
      const rendered = (await renderChart(options)).filter(({ kind }) => kind !== "ValidatingWebhookConfiguration");
      expect(await checkTypes(rendered.map((manifest) => typeManifest("chart", manifest)))).toEqual([]);
    });

    it("makes a pod that has everything that its containers and mounts name", { timeout: TIMEOUT_MS }, async () => {
      const { initContainers, containers, volumes } = (await render()).spec.template.spec;
      const all = [...initContainers, ...containers];
      const mounts = all.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
      const names = volumes.map(({ name }) => name);
      expect([...new Set(mounts)].filter((name) => !names.includes(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
      expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
      const ports = all.flatMap(({ ports: own = [] }) => own.map(({ containerPort }) => containerPort));
      expect(new Set(ports).size).toBe(ports.length);
    });

    it("starts the files' container and the plugin server before Kong, and configures Kong as in the values", {
      timeout: TIMEOUT_MS,
    }, async () => {
      const { strategy, template } = (await render()).spec;
      const { initContainers, containers, terminationGracePeriodSeconds } = template.spec;
      expect(initContainers.map(({ name }) => name)).toEqual(["clear-stale-pid", "jwt-policy-files", "jwt-policy"]);
      expect(initContainers.slice(1)).toEqual(values.deployment.initContainers);
      const kong = containers.find(({ name }) => name === "proxy");
      const env = new Map(kong?.env?.map(({ name, value }) => [name, value]));
      for (const [name, value] of Object.entries(kongEnvironment)) {
        expect([name, env.get(name)]).toEqual([name, value]);
      }
      expect(kong?.volumeMounts).toEqual(expect.arrayContaining([...values.deployment.userDefinedVolumeMounts]));
      expect(kong).toMatchObject({
        lifecycle: values.lifecycle,
        securityContext: { runAsUser: 1000, runAsNonRoot: true, readOnlyRootFilesystem: true },
      });
      expect(strategy).toEqual(values.updateStrategy);
      expect(terminationGracePeriodSeconds).toBe(values.terminationGracePeriodSeconds);
    });

    it("labels pods as the network policy requires", { timeout: TIMEOUT_MS }, async () => {
      const policy = manifests.map(({ manifest }) => manifest).find(({ kind }) => kind === "NetworkPolicy");
      expect((await render()).spec.template.metadata.labels).toMatchObject(
        (policy as unknown as { spec: { podSelector: { matchLabels: object } } }).spec.podSelector.matchLabels,
      );
    });
  });
}

describe("custom resources", () => {
  const check = readDefinitions(findDefinitionFiles().filter((file) => existsSync(file)));
  const all = manifests.map(({ manifest }) => manifest);
  const resources = all.filter(({ apiVersion }) =>
    /^(configuration\.konghq\.com|gateway\.networking\.k8s\.io)\//.test(apiVersion),
  );

  it.for(resources)("$kind $metadata.name fits its definition, without additional fields", (manifest, context) => {
    const mistakes = check(manifest);
    if (mistakes === undefined) {
      context.skip(`no definition of ${manifest.kind}: HELM_CHART has Kong's, KUBERNETES_CRDS names files with others`);
    }
    expect(mistakes).toEqual([]);
    expect(check({ ...manifest, rul: "a" } as Manifest)).toEqual([expect.stringContaining("rul")]);
  });
});
