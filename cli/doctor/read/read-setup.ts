import { lstatSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { messageOf } from "../../../plugin/core/text/error-message.ts";
import { isWarning } from "../../../plugin/policy/language/finding.ts";
import { openFetcher } from "../../../plugin/runtime/fetch-settings.ts";
import { listPolicyFiles } from "../../../plugin/runtime/load/list-policy-files.ts";
import { findReadProblem, findWriteProblem, type SystemUser } from "../../../plugin/server/process/worker-access.ts";
import { checkPolicyRoot } from "../../../plugin/server/settings/server-options.ts";
import { checkFile } from "../../check/check-file.ts";
import { askKongVersion } from "../../settings/ask-kong-version.ts";
import { findReadHeaders } from "../../settings/find-read-headers.ts";
import type { PathView, PoliciesView, Setup, SocketView } from "../model/setup.ts";
import { askProgram } from "../probes/ask-program.ts";
import { askSocket } from "../probes/ask-socket.ts";
import { findServerName, type PluginServer, readPluginServer } from "../settings/plugin-server.ts";
import { type KongSettings, readKongSettings } from "../settings/read-settings.ts";
import { readGateway } from "./read-gateway.ts";
import { readGuard } from "./read-guard.ts";
import { readIssuers } from "./read-issuers.ts";
import { readStatus } from "./read-status.ts";
import { findWorker } from "./read-worker.ts";

export interface SetupOptions {
  readonly conf?: string | undefined;
  readonly prefix?: string | undefined;
  readonly socket?: string | undefined;
  readonly policyRoot?: string | undefined;
  readonly fetchSettings?: string | undefined;
  readonly adminUrl?: string | undefined;
  readonly statusUrl?: string | undefined;
  /** A kong.yml. */
  readonly kong?: string | undefined;
  /** Whether to ask the issuers for their keys. */
  readonly online: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_PREFIX = "/usr/local/kong";
const HANDSHAKE_MS = 2_000;
const MODE_BITS = 0o7777;

/**
 * Collects all facts that the checks need, and changes nothing.
 *
 * @throws Error if a file that an option names cannot be read.
 */
export async function readSetup(options: SetupOptions): Promise<Setup> {
  const settings = await readKongSettings(options);
  const known: KongSettings = settings.ok ? settings.value : new Map();
  const server = findServer(settings);
  const plugin = server.ok ? server.value : undefined;
  const prefix = options.prefix ?? known.get("prefix")?.value ?? DEFAULT_PREFIX;
  const worker = findWorker(known, prefix);
  const user = worker.ok ? worker.value : undefined;
  const policyRoot = options.policyRoot ?? plugin?.policyRoot;
  const fetchSettings = options.fetchSettings ?? plugin?.fetchSettings;
  const guard = settings.ok ? succeed(await readGuard(settings.value)) : settings;
  const isGuarded = guard.ok && guard.value.isEnabled;
  const policies = await readPolicies(policyRoot, user);
  const stateDir = plugin?.options?.ok ? plugin.options.value.stateDir : undefined;
  const [kong, program, socket, gateway, issuers, status] = await Promise.all([
    readKongVersion(),
    server.ok ? askProgram(server.value) : server,
    readSocket(options.socket ?? plugin?.socket?.value, plugin?.isStock === true, user),
    readGateway(options, known, { policyRoot, isGuarded }),
    options.online ? readIssuers(policies, fetchSettings) : fail("--no-online was given, so no issuer was asked"),
    readStatus(options.statusUrl, plugin),
  ]);
  return {
    node: process.versions.node,
    kong,
    settings,
    server,
    program,
    worker,
    socket,
    policies,
    fetchSettings: await readFetchSettings(fetchSettings),
    stateDir:
      stateDir === undefined
        ? fail("the settings name no --state-dir for the plugin server")
        : succeed(viewPath(stateDir)),
    guard,
    gateway,
    issuers,
    status,
  };
}

function findServer(settings: Result<KongSettings, string>): Result<PluginServer, string> {
  if (!settings.ok) {
    return settings;
  }
  const name = findServerName(settings.value);
  return name === undefined
    ? fail("Kong's settings have no plugin server for jwt-policy")
    : succeed(readPluginServer(settings.value, name));
}

async function readKongVersion(): Promise<Result<string, string>> {
  const version = await askKongVersion();
  return version === undefined ? fail("there is no `kong` in PATH, and KONG_BIN is not set") : succeed(version.trim());
}

async function readPolicies(
  root: string | undefined,
  user: SystemUser | undefined,
): Promise<Result<PoliciesView, string>> {
  if (root === undefined) {
    return fail("the policy root is not known: name it with --policy-root");
  }
  const path = resolve(root);
  if (viewPath(path).kind === "hidden") {
    return fail(describeHidden(path));
  }
  const problem = attempt(() => checkPolicyRoot(path)) ?? (user && findReadProblem(path, user));
  const listed = problem === undefined ? await listFiles(path) : succeed([]);
  if (!listed.ok) {
    return listed;
  }
  const files = listed.value;
  const checked = await Promise.all(files.map((file) => checkFile(join(path, file), path)));
  const unreadable = files.flatMap((file) => (user && findReadProblem(join(path, file), user)) ?? []);
  return succeed({
    root: path,
    problem: problem ?? unreadable[0],
    files,
    mistakes: checked.flatMap(({ findings }) => findings.filter((finding) => !isWarning(finding))),
    headers: await findReadHeaders(path),
  });
}

/** Some files may be readable for Kong's workers, but not for the user of this command. The failure then says so. */
async function listFiles(root: string): Promise<Result<readonly string[], string>> {
  try {
    return succeed(await listPolicyFiles(root));
  } catch (error) {
    return fail(`${describeHidden(root)} (${messageOf(error)})`);
  }
}

function describeHidden(path: string): string {
  return `this user cannot read ${path}: run doctor as root, or as the user of Kong's workers`;
}

function attempt(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function readSocket(
  path: string | undefined,
  isStock: boolean,
  user: SystemUser | undefined,
): Promise<Result<SocketView, string>> {
  if (path === undefined) {
    return fail("the socket is not known: name it with --socket");
  }
  const view = viewPath(path);
  const directory = dirname(resolve(path));
  return succeed({
    ...view,
    directory: viewPath(directory),
    createProblem: user && viewPath(directory).kind !== "hidden" ? findWriteProblem(directory, user) : undefined,
    // kong-pdk's server may end if a client does not speak its protocol, so this command does not connect to kong-pdk's
    // server.
    answer: isStock || view.kind !== "socket" ? undefined : await askSocket(path, HANDSHAKE_MS),
  });
}

function viewPath(path: string): PathView {
  try {
    const stats = lstatSync(path);
    return { path, kind: kindOf(stats), uid: stats.uid, mode: stats.mode & MODE_BITS };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return { path, kind: code === "EACCES" ? "hidden" : "missing", uid: -1, mode: 0 };
  }
}

function kindOf(stats: Stats): PathView["kind"] {
  return stats.isSocket() ? "socket" : stats.isDirectory() ? "directory" : "file";
}

async function readFetchSettings(file: string | undefined): Promise<Result<string | undefined, string>> {
  if (file === undefined) {
    return fail("no fetch settings are used");
  }
  try {
    await openFetcher(resolve(file));
    return succeed(undefined);
  } catch (error) {
    return succeed(messageOf(error));
  }
}
