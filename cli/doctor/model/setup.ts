import type { Result } from "../../../plugin/core/model/result.ts";
import type { Finding } from "../../../plugin/policy/language/finding.ts";
import type { SystemUser } from "../../../plugin/server/process/worker-access.ts";
import type { IssuerView } from "../../online/describe-issuer.ts";
import type { ServerProgram } from "../probes/ask-program.ts";
import type { NoAnswer } from "../probes/ask-socket.ts";
import type { PluginServer } from "../settings/plugin-server.ts";
import type { KongSettings } from "../settings/read-settings.ts";
import type { Problem } from "./problem.ts";

/**
 * All facts that the checks need. If a fact is not known, the value is a failure. The failure says why, and what the
 * user can do about it.
 */
export interface Setup {
  /** The version of the Node that runs this command. */
  readonly node: string;
  /** The version of Kong, as `kong version` prints it. */
  readonly kong: Result<string, string>;
  readonly settings: Result<KongSettings, string>;
  readonly server: Result<PluginServer, string>;
  readonly program: Result<ServerProgram, string>;
  readonly worker: Result<SystemUser, string>;
  readonly socket: Result<SocketView, string>;
  readonly policies: Result<PoliciesView, string>;
  /** The mistakes in the fetch settings and in the files that they name; undefined if there are no mistakes. */
  readonly fetchSettings: Result<string | undefined, string>;
  readonly stateDir: Result<PathView, string>;
  readonly guard: Result<GuardView, string>;
  readonly gateway: Result<GatewayView, NoGateway>;
  readonly issuers: Result<IssuersView, string>;
  readonly status: Result<StatusView, string>;
}

/** A file or a directory on this machine. */
export interface PathView {
  readonly path: string;
  /** `hidden`: the user of this command may not read the path's directory. */
  readonly kind: "missing" | "hidden" | "socket" | "directory" | "file";
  readonly uid: number;
  /** The permission bits and the sticky bit. */
  readonly mode: number;
}

export interface SocketView extends PathView {
  readonly directory: PathView;
  /**
   * The reason why Kong's workers cannot create the socket in its directory; undefined if they can create it, or if
   * their user is not known.
   */
  readonly createProblem: string | undefined;
  /** The result of a call to the server; undefined if no call was made. */
  readonly answer: Result<undefined, NoAnswer> | undefined;
}

export interface PoliciesView {
  readonly root: string;
  /** The reason why Kong's workers cannot use the policy root; undefined if they can. */
  readonly problem: string | undefined;
  readonly files: readonly string[];
  /** The mistakes in policies, each with its position in its file. */
  readonly mistakes: readonly Finding[];
  /** The header fields that the policies read, in lower case. */
  readonly headers: readonly string[];
}

export interface GuardView {
  readonly isEnabled: boolean;
  /** The directory of `lua_package_path` that contains the guard. */
  readonly directory: string | undefined;
  /** Whether the installed guard's files are equal to the files in this package. */
  readonly isSameVersion: boolean;
}

/** A gateway whose entities are not known, and the reason why. */
export interface NoGateway {
  readonly detail: string;
  /** Whether `doctor` sent a request to the Admin API. In this case, the failure counts as a problem. */
  readonly wasAsked: boolean;
}

export interface GatewayView {
  /** The address of the Admin API, or the name of the file. */
  readonly source: string;
  readonly routes: number;
  readonly plugins: number;
  /** Plugins and Routes, in the form that `lint` uses. */
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
  /** The host on which the server listens, or the host in the URL. */
  readonly host: string;
  readonly answer: Result<{ readonly isReady: boolean; readonly reasons: readonly string[] }, string>;
}
