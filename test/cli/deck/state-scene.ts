import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { renderState } from "../../../cli/deck/render-state.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

export const POLICY = `jwt_policy: 1
name: things # the name
issuers:
  acme: { issuer: https://idp.example, audiences: [api] }
routes:
  read: { required_scopes: [things:read] }
  tagged: {}
`;
export const FILE = { policy_file: "things.yaml" };
export const READ = { ...FILE, rule: "read" };

/** The values that decK inserts from its environment. */
export const fromDeck = (name: string): string => `\${{ env "${name}" }}`;

interface StateSpec {
  /** Members of the route's jwt-policy, which is missing without `plugin` and `config`. */
  readonly plugin?: object;
  /** Short for a `plugin` that has only a `config`. */
  readonly config?: object;
  readonly route?: object;
  /** All other members are at the top of the state. */
  readonly [top: string]: unknown;
}

/** A state with one service and one route. */
export function stateWith({ config, plugin = config && { config }, route, ...top }: StateSpec): object {
  const plugins = plugin && { plugins: [{ name: "jwt-policy", ...plugin }] };
  const routes = [{ name: "read", paths: ["/r"], ...route, ...plugins }];
  return { services: [{ name: "s", url: "http://up.example", routes }], ...top };
}

type Options = Partial<Omit<Parameters<typeof renderState>[1], "policyRoot">>;

/**
 * A policy root with good and bad policies, and the output of `kong-jwt-policy render` for a state. The state is text,
 * or data that is written as YAML.
 */
export function createStateScene() {
  const policyRoot = temporaryFolder();
  const addPolicy = (name: string, text: string): void => writeFileSync(join(policyRoot, name), text);
  addPolicy("things.yaml", POLICY);
  addPolicy("reports.yaml", `${POLICY}defaults: { mode: report }\n`);
  addPolicy("broken.yaml", POLICY.replace("audiences", "audience"));
  return {
    policyRoot,
    addPolicy,
    render(states: readonly (string | object)[], options: Options = {}) {
      const inputs = states.map((state, index) => ({
        file: `${index + 1}.yaml`,
        text: typeof state === "string" ? state : stringify(state),
      }));
      return renderState(inputs, { policyRoot, inline: false, tags: [], selectTags: [], ...options });
    },
  };
}
