import { type DoctorCheck, failed, notChecked, outcomeOf, passed } from "../model/check.ts";

const WRITABLE_BY_OTHERS = 0o022;
const MAX_MISTAKES = 20;

/** Checks of the files that the plugin server reads. */
export const FILE_CHECKS: readonly DoctorCheck[] = [
  {
    id: "policy_root",
    checks: "The policy root is a directory with all policies, and Kong's workers can read it.",
    why: "A server that cannot read its policies refuses every request.",
    fix: "Create the directory, or correct `--policy-root`. The server's user must be able to read the directory.",
    run({ policies, worker }) {
      if (!policies.ok) {
        return notChecked(policies.failure);
      }
      const { root, problem, files } = policies.value;
      if (problem !== undefined) {
        return failed({
          message: problem,
          fix: `create ${root}, or correct --policy-root. The user ${worker.ok ? worker.value.name : "of the server"} must be able to read this directory, and to enter each directory above it`,
        });
      }
      return files.length === 0
        ? failed({
            severity: "warning",
            message: `${root} has no policy, so every Route with a policy_file answers 503`,
            fix: "put the policies there (*.yaml), or correct --policy-root",
          })
        : passed(`${root}, ${files.length} ${files.length === 1 ? "policy" : "policies"}`);
    },
  },
  {
    id: "policies_valid",
    checks: "`validate` finds no mistakes in the policies under the root.",
    why: "If a policy is broken when the server starts, requests on its Routes get 503, and the server never becomes ready.",
    fix: "Correct the part of the file that the finding names.",
    run({ policies }) {
      if (!policies.ok || policies.value.problem !== undefined || policies.value.files.length === 0) {
        return notChecked(policies.ok ? "no policy can be read" : policies.failure);
      }
      const { mistakes, files } = policies.value;
      const shown = mistakes.slice(0, MAX_MISTAKES);
      return outcomeOf(
        shown.map((finding) => ({
          ...finding,
          fix: "correct this part of the policy, and check it with `kong-jwt-policy validate`",
        })),
        `${files.length} checked`,
      );
    },
  },
  {
    id: "fetch_settings",
    checks: "The fetch settings and all files that they name can be used.",
    why: "With broken fetch settings the server fetches no keys and refuses requests.",
    fix: "Correct the file ([fetching keys](../guides/fetching-keys.md)).",
    run({ fetchSettings }) {
      if (!fetchSettings.ok) {
        return notChecked(fetchSettings.failure);
      }
      return fetchSettings.value === undefined
        ? passed("the settings and their files can be used")
        : failed({ message: fetchSettings.value, fix: "correct the file (docs/guides/fetching-keys.md)" });
    },
  },
  {
    id: "state_dir",
    checks:
      "The directory that keeps keys over restarts belongs to the workers' user, and other users cannot write there.",
    why: "Users who can write to this directory can add keys. If other users can write to it, the server stores no keys for the next start.",
    fix: "Run `install -d -o USER -m 700 DIRECTORY` with the user of Kong's workers.",
    run({ stateDir, worker }) {
      if (!stateDir.ok) {
        return notChecked(stateDir.failure);
      }
      const { path, kind, uid, mode } = stateDir.value;
      const user = worker.ok ? worker.value : undefined;
      const fix = `install -d -o ${user?.name ?? "USER"} -m 700 ${path}`;
      if (kind === "missing" || kind === "hidden") {
        return notChecked(
          kind === "missing"
            ? `${path} does not exist yet; the server creates it`
            : `this user cannot see ${path}: run doctor as root, or as the user of Kong's workers`,
        );
      }
      if (kind !== "directory") {
        return failed({ message: `${path} is not a directory`, fix: `remove it, and run ${fix}` });
      }
      return outcomeOf(
        [
          ...((mode & WRITABLE_BY_OTHERS) === 0
            ? []
            : [{ message: `${path} has mode ${(mode & 0o777).toString(8)}: other users can write there`, fix }]),
          ...(user === undefined || uid === user.uid
            ? []
            : [{ message: `${path} belongs to user ${uid}, but the server runs as ${user.name}`, fix }]),
        ],
        path,
      );
    },
  },
];
