import type { Result } from "../../../plugin/core/model/result.ts";
import type { Finding } from "../../../plugin/policy/language/finding.ts";
import type { SystemUser } from "../../../plugin/server/process/worker-access.ts";
import type { IssuerView } from "../../online/describe-issuer.ts";
import type { ServerProgram } from "../probes/ask-program.ts";
import type { NoAnswer } from "../probes/ask-socket.ts";
import type { PluginServer } from "../settings/plugin-server.ts";
import type { KongSettings } from "../settings/read-settings.ts";
import type { Problem } from "./problem.ts";

/** All facts that the checks need. If a fact is not known, the failure says why, and what the user can do about it. */
export interface Setup {
  /** The version of the Node that runs this command. */
  readonly node: string;
  /** As `kong version` prints it. */
  readonly kong: Result<string, string>;
  readonly settings: Result<KongSettings, string>;
  readonly server: Result<PluginServer, string>;
  readonly program: Result<ServerProgram, string>;
  readonly worker: Result<SystemUser, string>;
  readonly socket: Result<SocketView, string>;
  readonly policies: Result<PoliciesView, string>;
  /** What is wrong with the fetch settings and their files. Undefined if everything is right. */
  readonly fetchSettings: Result<string | undefined, string>;
  readonly stateDir: Result<PathView, string>;
  readonly guard: Result<GuardView, string>;
  readonly gateway: Result<GatewayView, NoGateway>;
  readonly issuers: Result<IssuersView, string>;
  readonly status: Result<StatusView, string>;
}

/** A file or a directory. */
export interface PathView {
  readonly path: string;
  /** `hidden`: the user of this command may not enter its directory. */
  readonly kind: "missing" | "hidden" | "socket" | "directory" | "file";
  readonly uid: number;
  /** The permission bits, the sticky bit included. */
  readonly mode: number;
}

export interface SocketView extends PathView {
  readonly directory: PathView;
  /** Why Kong's workers cannot create the socket there; undefined if they can, or if their user is not known. */
  readonly createProblem: string | undefined;
  /** Undefined if no call was made. */
  readonly answer: Result<undefined, NoAnswer> | undefined;
}

export interface PoliciesView {
  readonly root: string;
  /** Why Kong's workers cannot use the root. Undefined if they can use it. */
  readonly problem: string | undefined;
  readonly files: readonly string[];
  /** Mistakes, located in their files. */
  readonly mistakes: readonly Finding[];
  /** The header fields that the policies read, in lower case. */
  readonly headers: readonly string[];
}

export interface GuardView {
  readonly isEnabled: boolean;
  /** The directory of `lua_package_path` that has the guard. */
  readonly directory: string | undefined;
  /** Whether its files are the same as in this package. */
  readonly isSameVersion: boolean;
}

/** Why Kong's entities are not known. */
export interface NoGateway {
  readonly detail: string;
  /** Whether the Admin API was asked. If so, the failure counts as a problem. */
  readonly wasAsked: boolean;
}

export interface GatewayView {
  /** The Admin API or the file. */
  readonly source: string;
  readonly routes: number;
  readonly plugins: number;
  /** Plugins and routes, as `lint` finds them. */
  readonly findings: readonly Finding[];
  readonly conflicts: readonly Problem[];
  readonly orders: readonly Problem[];
}

export interface IssuersView {
  readonly issuers: readonly IssuerView[];
  /** The findings of `validate --online`. */
  readonly findings: readonly Finding[];
}

export interface StatusView {
  readonly url: string;
  /** The host that the server listens on, or that the URL names. */
  readonly host: string;
  readonly answer: Result<{ readonly isReady: boolean; readonly reasons: readonly string[] }, string>;
}
