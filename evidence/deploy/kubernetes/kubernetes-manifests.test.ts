import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { CONFIG_FIELDS } from "../../../plugin/kong/schema/config-schema.ts";
import { parsePluginConfig } from "../../../plugin/kong/schema/plugin-config.ts";
import { readPolicy } from "../../../plugin/policy/read-policy.ts";
import { checkTypes } from "./check-types.ts";
import {
  type KongPluginManifest,
  KUBERNETES,
  kustomization,
  type Manifest,
  manifests,
  readYaml,
  typeManifest,
  values,
} from "./kubernetes-files.ts";

const TIMEOUT_MS = 60_000;
const PLUGINS = "konghq.com/plugins";
const PUBLIC = "jwt-policy-public";

interface KongYml {
  readonly services: readonly { readonly routes: readonly { readonly name: string; readonly plugins?: Plugin[] }[] }[];
  readonly plugins: readonly Plugin[];
}

interface Plugin {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

const all = manifests.map(({ manifest }) => manifest);
const plugins = all.filter((manifest): manifest is KongPluginManifest => manifest.kind === "KongPlugin");
const routes = all.filter(({ kind }) => kind === "Ingress" || kind === "HTTPRoute");
const kongYml: KongYml = readYaml("kong.yml");
const routesInYml = kongYml.services.flatMap((service) => service.routes);

/** Maps a file name, as in `policy_file`, to the policy in the ConfigMap. */
const policies = new Map(
  kustomization.configMapGenerator.flatMap(({ files }) =>
    files.map((file) => [basename(file), readPolicy(readFileSync(join(KUBERNETES, file), "utf8"), "hash")] as const),
  ),
);

function annotation(manifest: Manifest, name: string): string[] {
  return manifest.metadata.annotations?.[name]?.split(",") ?? [];
}

describe("the manifests", () => {
  it("have only fields that Kubernetes knows, and all required fields", { timeout: TIMEOUT_MS }, async () => {
    expect(await checkTypes(manifests.map(({ file, manifest }) => typeManifest(file, manifest)))).toEqual([]);
  });

  it("would be refused with a misspelled field, a missing field or a wrong type", { timeout: TIMEOUT_MS }, async () => {
    const policy = all.find(({ kind }) => kind === "NetworkPolicy") as Manifest;
    const wrong = [{ podSelecter: {} }, { podSelector: undefined }, { podSelector: {}, policyTypes: "Ingress" }];
    const manifest = wrong.map((spec) => typeManifest("a.yaml", { ...policy, spec } as Manifest));
    const mistakes = await checkTypes(manifest);
    expect(mistakes).toEqual([
      expect.stringMatching(/^a\.yaml, NetworkPolicy jwt-policy-status: .*podSelecter/s),
      expect.stringMatching(/podSelector/),
      expect.stringMatching(/policyTypes/),
    ]);
  });

  it.each(all.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
    "%s has a unique name that Kubernetes accepts",
    (_, { kind, metadata: { name } }) => {
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
      expect(all.filter((other) => other.kind === kind && other.metadata.name === name)).toHaveLength(1);
    },
  );
});

describe("the plugins", () => {
  const configs = [
    ...plugins.map(({ metadata, plugin: name, config }) => ({ place: `KongPlugin ${metadata.name}`, name, config })),
    ...routesInYml.flatMap(({ name: route, plugins: own = [] }) =>
      own.map(({ name, config }) => ({ place: `kong.yml, route ${route}`, name, config })),
    ),
  ];

  it.each(configs)("$place names a policy in the ConfigMap, and a rule of this policy", ({ name, config = {} }) => {
    expect(name).toBe("jwt-policy");
    const known = CONFIG_FIELDS.flatMap((field) => Object.keys(field));
    expect(Object.keys(config).filter((field) => !known.includes(field))).toEqual([]);
    const { policyFile = "", rule = "" } = parsePluginConfig(JSON.stringify(config));
    expect(policies.get(policyFile)).toMatchObject({ value: { rules: expect.any(Map) } });
    const load = policies.get(policyFile);
    expect(load?.ok ? [...load.value.rules.keys()] : []).toContain(rule);
  });

  it("are the plugins that routes name", () => {
    const asked = routes.flatMap((route) => annotation(route, PLUGINS));
    expect([...new Set(asked)].sort()).toEqual(plugins.map(({ metadata }) => metadata.name).sort());
  });

  it("leave no route without a policy, except intentionally public routes", () => {
    const open = routes.filter((route) => annotation(route, PLUGINS).length === 0);
    expect(open.map((route) => [route.metadata.name, annotation(route, "konghq.com/tags")])).toEqual([
      ["health", [PUBLIC]],
    ]);
    expect(routesInYml.filter((route) => route.plugins === undefined)).toEqual([
      expect.objectContaining({ name: "health", tags: [PUBLIC] }),
    ]);
  });

  it("have the guard as default deny", () => {
    const guard = all.filter(({ kind }) => kind === "KongClusterPlugin");
    expect(guard).toMatchObject([{ plugin: "jwt-policy-guard", metadata: { labels: { global: "true" } } }]);
    expect(kongYml.plugins).toEqual([{ name: "jwt-policy-guard" }]);
  });
});

describe("the policies' ConfigMap", () => {
  it("contains policies that compile", () => {
    expect(policies.size).toBeGreaterThan(0);
    for (const load of policies.values()) {
      expect(load).toHaveProperty("ok", true);
    }
  });

  it("has the name in the pods' mounts, and keeps this name when a policy changes", () => {
    const [generated] = kustomization.configMapGenerator;
    const mounted = values.deployment.userDefinedVolumes.flatMap(({ configMap }) => configMap?.name ?? []);
    expect(mounted).toEqual([generated?.name]);
    expect(kustomization.generatorOptions.disableNameSuffixHash).toBe(true);
  });

  it("names only resources that exist", () => {
    const files = manifests.map(({ file }) => file);
    expect(kustomization.resources.filter((resource) => !files.includes(resource))).toEqual([]);
  });
});

describe("docs/guides/kubernetes.md", () => {
  const text = readFileSync(join(KUBERNETES, "../../docs/guides/kubernetes.md"), "utf8");

  it("names only files that exist, and all of them", () => {
    const [, table = ""] = /^\| file \|.*\n\| --- .*\n((?:\|.*\n)+)/m.exec(text) ?? [];
    const named = table.split("\n").flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+?)\/?`/g)]);
    expect(named.map(([, name]) => name).sort()).toEqual(readdirSync(KUBERNETES).sort());
  });

  it("says which chart and which versions the values are for", () => {
    const [chart] =
      /kong\/kong \(checked with [\d.]+\)/.exec(readFileSync(join(KUBERNETES, "values.yaml"), "utf8")) ?? [];
    const [, version] = /with ([\d.]+)/.exec(chart ?? "") ?? [];
    expect(text.replaceAll(/\s+/g, " ")).toContain(`We checked this page with chart ${version} and Kong 3.9.`);
    expect(text.match(/--version [\d.]+/g)).toEqual([`--version ${version}`, `--version ${version}`]);
  });
});
