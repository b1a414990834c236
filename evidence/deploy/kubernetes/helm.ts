import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { temporaryFolder } from "../../../test/temporary-folder.ts";
import { KUBERNETES, type Manifest, parseManifests } from "./kubernetes-files.ts";

const HELM = process.env.HELM_BIN ?? "helm";
const CHART = process.env.HELM_CHART;
/** The version of Kubernetes that the package kubernetes-types describes. */
const KUBERNETES_VERSION = "1.30.0";

/** Why the chart cannot be rendered on this machine; undefined if it can be rendered. */
export function findMissingHelm(): string | undefined {
  if (CHART === undefined || !existsSync(join(CHART, "Chart.yaml"))) {
    return "no chart: HELM_CHART must name the folder of Kong's Helm chart kong";
  }
  try {
    execFileSync(HELM, ["version"], { stdio: "pipe", timeout: 20_000 });
    return undefined;
  } catch {
    return "no helm: set HELM_BIN or put helm into PATH";
  }
}

/**
 * The custom resource definitions of the chart, and the definitions in the files that KUBERNETES_CRDS names (with `:`
 * between file names).
 */
export function findDefinitionFiles(): readonly string[] {
  const more = process.env.KUBERNETES_CRDS?.split(":") ?? [];
  return CHART === undefined ? more : [join(CHART, "crds/custom-resource-definitions.yaml"), ...more];
}

/** The manifests that `helm install` would apply with these options. */
export async function renderChart(options: readonly string[]): Promise<readonly Manifest[]> {
  const chart = copyChart(CHART ?? "");
  const call = ["template", "kong", chart, "--namespace", "kong", "--kube-version", KUBERNETES_VERSION, ...options];
  const { stdout } = await promisify(execFile)(HELM, call, { cwd: KUBERNETES, maxBuffer: 64 * 1024 * 1024 });
  return parseManifests(stdout);
}

/**
 * A copy of the chart without its dependency PostgreSQL. Only a released chart contains this dependency, and the tests
 * do not render the dependency.
 */
function copyChart(chart: string): string {
  const copy = temporaryFolder(onTestFinished);
  cpSync(chart, copy, { recursive: true });
  const { dependencies: _, ...rest } = parse(readFileSync(join(copy, "Chart.yaml"), "utf8"));
  writeFileSync(join(copy, "Chart.yaml"), stringify(rest));
  rmSync(join(copy, "Chart.lock"), { force: true });
  return copy;
}
