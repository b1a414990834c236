import { readFile } from "node:fs/promises";
import { applySuppressions } from "../../../offline/lint/suppressions.ts";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { findKongState } from "../../deck/state/kong-state.ts";
import { readStateFile } from "../../deck/state/state-file.ts";
import { checkKong } from "../../lint/check-kong.ts";
import { findConflicts, findOrders } from "../checks/find-conflicts.ts";
import type { GatewayView, NoGateway } from "../model/setup.ts";
import { readAdminState } from "../probes/ask-admin.ts";
import type { KongSettings } from "../settings/read-settings.ts";

interface GatewayOptions {
  readonly adminUrl?: string | undefined;
  readonly kong?: string | undefined;
}

interface GatewayContext {
  readonly policyRoot: string | undefined;
  readonly isGuarded: boolean;
}

/**
 * Reads Kong's entities from the Admin API, or from a kong.yml. An option or Kong's settings name this kong.yml.
 *
 * @throws Error if the named kong.yml cannot be read.
 */
export async function readGateway(
  { adminUrl, kong }: GatewayOptions,
  settings: KongSettings,
  context: GatewayContext,
): Promise<Result<GatewayView, NoGateway>> {
  if (adminUrl !== undefined) {
    const state = await readAdminState(adminUrl);
    return state.ok
      ? viewGateway(adminUrl, state.value, context, false)
      : fail({ detail: `the Admin API at ${adminUrl} cannot be read: ${state.failure}`, wasAsked: true });
  }
  const file = kong ?? settings.get("declarative_config")?.value;
  if (file === undefined || file === "") {
    return fail({
      detail: "Kong's entities are not known: name the Admin API with --admin-url, or a file with --kong",
      wasAsked: false,
    });
  }
  const text = kong === undefined ? await readFile(file, "utf8").catch(() => undefined) : await readFile(file, "utf8");
  return text === undefined
    ? fail({
        detail: `the settings name ${file}, which cannot be read here: name the file with --kong`,
        wasAsked: false,
      })
    : viewGateway(file, text, context, true);
}

/** @param hasPlaces whether the source is a file of the operator. Only then are positions in the source useful. */
async function viewGateway(
  source: string,
  text: string,
  { policyRoot, isGuarded }: GatewayContext,
  hasPlaces: boolean,
): Promise<Result<GatewayView, never>> {
  const read = readStateFile(source, text);
  const { findings: found } = await checkKong([{ file: source, text }], policyRoot, []);
  const { kept: findings } = applySuppressions(found, text, () => true);
  const state = read.ok ? findKongState([read.value]) : undefined;
  return succeed({
    source,
    routes: state?.routes.length ?? 0,
    plugins: state?.plugins.length ?? 0,
    findings: hasPlaces
      ? findings.map((finding) => ({ file: source, ...finding }))
      : findings.map(({ code, message, severity = "error" }) => ({ code, message, severity })),
    conflicts: state ? findConflicts(state, isGuarded) : [],
    orders: state ? findOrders(state) : [],
  });
}
