import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import type { TypedValue } from "./check-types.ts";
import type { Manifests } from "./manifest-types.ts";

export const KUBERNETES = join(import.meta.dirname, "../../../deploy/kubernetes");

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface KongPluginManifest extends Manifest {
  readonly plugin: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** The fields of a container that tests read. */
export interface ContainerValues {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly volumeMounts?: readonly VolumeMountValues[];
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface VolumeMountValues {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
}

/** The fields of values.yaml that tests read. */
export interface ChartValues {
  readonly env: Readonly<Record<string, string>>;
  readonly deployment: {
    readonly initContainers: readonly ContainerValues[];
    readonly userDefinedVolumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
    readonly userDefinedVolumeMounts: readonly VolumeMountValues[];
  };
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly updateStrategy: object;
  readonly terminationGracePeriodSeconds: number;
}

export interface Kustomization {
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly generatorOptions: { readonly disableNameSuffixHash: boolean };
  readonly resources: readonly string[];
}

export function readYaml<T>(file: string): T {
  return parse(readFileSync(join(KUBERNETES, file), "utf8"));
}

export const values: ChartValues = readYaml("values.yaml");
/** Variables of Kong's container, as the chart makes them of `env`. */
export const kongEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(values.env).map(([name, value]) => [`KONG_${name.toUpperCase()}`, value]),
);
export const kustomization: Kustomization = readYaml("kustomization.yaml");

/** All manifests for `kubectl apply -f`, with the file of each. */
export const manifests: readonly { readonly file: string; readonly manifest: Manifest }[] = [
  "networkpolicy.yaml",
  ...readdirSync(join(KUBERNETES, "ingress-controller")).map((name) => `ingress-controller/${name}`),
].flatMap((file) =>
  parseManifests(readFileSync(join(KUBERNETES, file), "utf8")).map((manifest) => ({ file, manifest })),
);

export function parseManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text)
    .map((document): Manifest | null => document.toJS())
    .filter((manifest) => manifest !== null);
}

export function typeManifest(file: string, manifest: Manifest): TypedValue {
  const type = `${manifest.apiVersion} ${manifest.kind}` as keyof Manifests;
  return { name: `${file}, ${manifest.kind} ${manifest.metadata.name}`, type, value: manifest };
}
