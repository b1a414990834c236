import type { SystemUser } from "../../../plugin/server/process/worker-access.ts";
import { type DoctorCheck, failed, notChecked, outcomeOf, passed } from "../model/check.ts";
import type { Problem } from "../model/problem.ts";
import type { SocketView } from "../model/setup.ts";
import type { NoAnswer } from "../probes/ask-socket.ts";

const WRITABLE_BY_ALL = 0o002;
const USED_BY_ALL = 0o006;

const START = "start Kong or the service, and look at the log of the plugin server (docs/guides/troubleshooting.md)";

/** Advice for a plugin server that does not answer. */
const REMEDIES: Readonly<Record<NoAnswer["because"], string>> = {
  missing: START,
  refused: `no process listens on this socket. The server that created it has ended: ${START}`,
  forbidden: "run doctor as the user of Kong's workers or as root",
  silent:
    "the server hangs or is stopped. If it has a launcher, the launcher kills it after 6 s. If it has none, restart the server",
  foreign:
    "another program listens on this socket: give the plugin server its own path with `kong-jwt-policy kong env --socket PATH`",
  failed: START,
};

/** Checks of the socket between Kong and the plugin server. */
export const SOCKET_CHECKS: readonly DoctorCheck[] = [
  {
    id: "socket_present",
    checks: "The path of the socket exists, and is a socket.",
    why: "Kong connects to the socket for each request. Without the socket, requests get 500.",
    fix: "Start Kong or the service. If the path is wrong, correct `pluginserver_jwt_policy_socket`.",
    run({ socket }) {
      if (!socket.ok) {
        return notChecked(socket.failure);
      }
      const { path, kind } = socket.value;
      if (kind === "socket" || kind === "hidden") {
        return kind === "socket" ? passed(path) : notChecked(describeHidden(socket.value));
      }
      return failed(
        kind === "missing"
          ? { message: `${path} does not exist: no plugin server listens`, fix: START }
          : { message: `${path} is a ${kind}, not a socket`, fix: `remove it, and ${START}` },
      );
    },
  },
  {
    id: "socket_permissions",
    checks:
      "The socket and its directory belong to the workers' user, and no other user can open or replace the socket.",
    why: "A user who can replace the socket can let any request pass. A worker that cannot open the socket answers 500.",
    fix: "Run `install -d -o USER -m 700 /run/jwt-policy`, and print the settings with `kong env --socket /run/jwt-policy/jwt-policy.socket`.",
    run({ socket, worker }) {
      if (!socket.ok) {
        return notChecked(socket.failure);
      }
      if (socket.value.kind === "hidden") {
        return notChecked(describeHidden(socket.value));
      }
      const user = worker.ok ? worker.value : undefined;
      const who = user === undefined ? "" : `, for the user ${user.name}`;
      const detail = socket.value.kind === "socket" ? `mode ${octal(socket.value.mode)}` : "the socket can be created";
      return outcomeOf(findPermissionProblems(socket.value, user), `${detail}${who}`);
    },
  },
  {
    id: "socket_answers",
    checks: "The plugin server answers a call in Kong's protocol within two seconds. The call has no effect.",
    why: "If the server hangs, or if another program listens on the socket, Kong answers 500.",
    fix: "Start the server, or restart it if it hangs.",
    run({ socket }) {
      if (!socket.ok) {
        return notChecked(socket.failure);
      }
      const { answer, path } = socket.value;
      if (answer === undefined) {
        return notChecked(describeNoCall(socket.value));
      }
      return answer.ok
        ? passed("jwt-policy answers")
        : failed({
            message: `no answer of jwt-policy on ${path}: ${answer.failure.detail}`,
            fix: REMEDIES[answer.failure.because],
          });
    },
  },
];

function findPermissionProblems(
  { path, kind, uid, mode, directory, createProblem }: SocketView,
  user: SystemUser | undefined,
): readonly Problem[] {
  const own = `install -d -o ${user?.name ?? "USER"} -m 700 /run/jwt-policy, and print the settings again with kong-jwt-policy kong env --socket /run/jwt-policy/jwt-policy.socket`;
  const problems: Problem[] = [];
  if ((directory.mode & WRITABLE_BY_ALL) !== 0) {
    problems.push({
      message: `every user can create files in ${directory.path} (mode ${octal(directory.mode)}), so every user can create a socket that Kong would trust`,
      fix: own,
    });
  }
  if (createProblem !== undefined && kind !== "socket") {
    problems.push({
      message: `${createProblem}, but Kong's workers run as this user and create the socket there`,
      fix: own,
    });
  }
  if (kind === "socket" && (mode & USED_BY_ALL) !== 0) {
    problems.push({
      message: `every user can open ${path} (mode ${octal(mode)}), and send the server made-up requests`,
      fix: "start the server with --socket-mode 600, or 660 and a common group",
    });
  }
  if (kind === "socket" && user !== undefined && uid !== user.uid && (mode & 0o066) === 0) {
    problems.push({
      message: `${path} belongs to user ${uid} with mode ${octal(mode)}, but Kong's workers run as ${user.name}: they cannot open it`,
      fix: "use one user for the workers and the server, or --socket-mode 660 and a common group",
    });
  }
  return problems;
}

function describeNoCall(view: SocketView): string {
  if (view.kind === "hidden") {
    return describeHidden(view);
  }
  return view.kind === "socket"
    ? "Kong's stock plugin server may end when another client connects"
    : "there is no socket";
}

function describeHidden({ directory }: SocketView): string {
  return `this user cannot look into ${directory.path}: run doctor as root, or as the user of Kong's workers`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, "0");
}
