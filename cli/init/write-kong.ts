import { type Api, ruleNames } from "./write-policy.ts";
import { flow, indent } from "./yaml-text.ts";

const READING = ["GET", "HEAD"];
const WRITING = ["POST", "PUT", "PATCH", "DELETE"];

/** Writes a kong.yml with one Service. */
export function writeKong(api: Api): string {
  return [
    "# For DB-less Kong (declarative_config=kong.yml), decK and the sandbox.",
    '_format_version: "3.0"',
    "",
    "services:",
    ...indent(writeService(api), 2),
    "",
  ].join("\n");
}

/** Writes the Service of the API as an element of `services`. */
export function writeService({ name, path, upstream, shape }: Api): readonly string[] {
  const { read, write } = ruleNames(name, shape.permissions);
  const route = (rule: string, methods: readonly string[]): readonly string[] => [
    `- name: ${flow(rule)} # the rule with the same name in the policy decides`,
    `  paths: [${flow(path)}]`,
    `  methods: ${flow(methods)} # add OPTIONS if you use Kong's cors plugin`,
    "  strip_path: false",
  ];
  return [
    `- name: ${flow(name)}`,
    `  url: ${flow(upstream)} # your upstream`,
    "  routes:",
    ...indent(
      write === undefined ? route(read, [...READING, ...WRITING]) : [...route(read, READING), ...route(write, WRITING)],
      4,
    ),
    "  plugins:",
    "    - name: jwt-policy",
    `      config: ${flow({ policy_file: `${name}.yaml` })} # relative to the policy root, the directory policies`,
  ];
}
