import {
  FACTS_VARIABLE,
  FORMAT_VERSION,
  renderFacts,
  USUAL_HEADERS,
} from "../../../plugin/kong/facts/facts-variable.ts";
import { type DoctorCheck, failed, notChecked, type Outcome, outcomeOf, passed } from "../model/check.ts";
import type { Problem } from "../model/problem.ts";
import type { Setup } from "../model/setup.ts";
import { NO_SETTINGS, placeOf } from "./settings-checks.ts";

const PRINT = "set nginx_proxy_set to the value that `kong-jwt-policy kong env` prints";
/**
 * The smallest accepted value of nginx's timeout. It is longer than the deadline of the plugin server, which is 5 s.
 */
const MIN_TIMEOUT_SECONDS = 6;
const MAX_TIMEOUT_SECONDS = 15;
const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60 };

/** Checks of three things: the nginx variable that contains the facts, nginx's limits, and the guard. */
export const FACTS_CHECKS: readonly DoctorCheck[] = [
  {
    id: "facts_variable",
    checks: `\`nginx_proxy_set\` sets the facts variable \`$${FACTS_VARIABLE.name}\` to exactly the value that \`kong env\` prints. The facts variable has the format of this version, and contains all headers that the policies read.`,
    why: "Without the variable the plugin makes more calls for each request, and the guard refuses every request. The plugin ignores a variable in another format.",
    fix: "Set `nginx_proxy_set` to the value that `kong-jwt-policy kong env` prints for these policies.",
    run: checkFacts,
  },
  {
    id: "read_timeout",
    checks: "`nginx_proxy_lua_socket_read_timeout` is set to a few seconds.",
    why: "If the plugin server is stopped, a client waits until the timeout ends. nginx's default is 60 s.",
    fix: "Set `nginx_proxy_lua_socket_read_timeout = 7s`, which is longer than the plugin's own deadline.",
    run({ settings }) {
      if (!settings.ok) {
        return notChecked(NO_SETTINGS);
      }
      const setting = settings.value.get("nginx_proxy_lua_socket_read_timeout");
      const [, number, unit = "s"] = /^(\d+)(ms|s|m)?$/.exec(setting?.value ?? "") ?? [];
      const seconds = number === undefined ? undefined : Number(number) * (UNITS[unit] ?? 1);
      const isFine = seconds !== undefined && seconds >= MIN_TIMEOUT_SECONDS && seconds <= MAX_TIMEOUT_SECONDS;
      return isFine
        ? passed(`${setting?.value}`)
        : failed({
            ...placeOf(setting),
            severity: "warning",
            message: setting
              ? `nginx_proxy_lua_socket_read_timeout = ${setting.value} is not between ${MIN_TIMEOUT_SECONDS}s and ${MAX_TIMEOUT_SECONDS}s`
              : "nginx_proxy_lua_socket_read_timeout is not set: clients wait 60 s for a plugin server that is stopped",
            fix: "set nginx_proxy_lua_socket_read_timeout = 7s",
          });
    },
  },
  {
    id: "guard_loaded",
    checks:
      "If `plugins` has jwt-policy-guard, Kong must find the guard, and the guard must have the version of this package.",
    why: "Kong does not start if the guard is missing. A guard of another version may refuse every request.",
    fix: "Print the settings again with `kong-jwt-policy kong env --guard`.",
    run: checkGuard,
  },
];

function checkFacts({ settings, server, policies, guard }: Setup): Outcome {
  if (!settings.ok) {
    return notChecked(NO_SETTINGS);
  }
  const setting = settings.value.get("nginx_proxy_set");
  const isGuarded = guard.ok && guard.value.isEnabled;
  const needs = server.ok && server.value.options?.ok ? server.value.options.value.hasFactsVariable : undefined;
  const place = placeOf(setting);
  const written = new RegExp(`^\\$${FACTS_VARIABLE.name}\\s+"(.*)"$`, "s").exec(setting?.value ?? "")?.[1];
  if (written === undefined) {
    return failed({
      ...place,
      severity: isGuarded || needs === true ? "error" : "warning",
      message: `nginx_proxy_set does not set $${FACTS_VARIABLE.name}${isGuarded ? ", so the guard refuses every request" : ": the plugin needs more calls for each request"}`,
      fix: PRINT,
    });
  }
  const [version, ...headers] = (written.split("\\n", 1)[0] ?? "").split(" ");
  if (version !== FORMAT_VERSION) {
    return failed({
      ...place,
      message: `$${FACTS_VARIABLE.name} has the format ${JSON.stringify(version ?? "").slice(0, 20)}, but this version reads format ${FORMAT_VERSION}`,
      fix: `${PRINT}, and run \`kong reload\``,
    });
  }
  const wanted = [...USUAL_HEADERS, ...(policies.ok ? policies.value.headers : [])];
  const problems = findFactsProblems({ written, headers, wanted, needs, place });
  return outcomeOf(problems, `format ${version}, ${headers.length} headers`);
}

interface WrittenFacts {
  readonly written: string;
  readonly headers: readonly string[];
  readonly wanted: readonly string[];
  /** Whether the plugin server uses the facts variable; undefined if the server's options are not known. */
  readonly needs: boolean | undefined;
  readonly place: ReturnType<typeof placeOf>;
}

function findFactsProblems({ written, headers, wanted, needs, place }: WrittenFacts): readonly Problem[] {
  const problems: Problem[] = [];
  if (written !== renderFacts(headers)) {
    problems.push({
      ...place,
      message: `$${FACTS_VARIABLE.name} differs from the value that \`kong env\` prints for the same headers`,
      fix: `${PRINT}; in kong.conf a # needs a backslash, and no line may be broken`,
    });
  }
  const missing = wanted.filter((name) => !headers.includes(name));
  if (missing.length > 0) {
    problems.push({
      ...place,
      severity: "warning",
      message: `$${FACTS_VARIABLE.name} lacks headers that the policies read: ${missing.join(", ")}. Each of these headers costs another call for each request`,
      fix: PRINT,
    });
  }
  if (needs === false) {
    problems.push({
      severity: "warning",
      message: "the start command has no --facts-variable, so the server does not use the variable",
      fix: "print the settings again with `kong-jwt-policy kong env`, and use all of them",
    });
  }
  return problems;
}

function checkGuard({ guard, server }: Setup): Outcome {
  if (!guard.ok) {
    return notChecked(guard.failure);
  }
  const { isEnabled, directory, isSameVersion } = guard.value;
  const fix = "print the settings again with `kong-jwt-policy kong env --guard`, and use all of them";
  if (!isEnabled) {
    return server.ok && server.value.isStock
      ? failed({
          message:
            "Kong's stock plugin server runs without the guard. When the stock server dies, hangs or throws, Kong lets requests pass",
          fix: "use `kong-jwt-policy kong env` to start our server instead, or load the guard (docs/guides/guard.md)",
        })
      : passed("not loaded; it is optional with our server (docs/guides/guard.md)");
  }
  if (directory === undefined) {
    return failed({
      message: "plugins has jwt-policy-guard, but on this machine no directory of lua_package_path has its files",
      fix,
    });
  }
  return isSameVersion
    ? passed(directory)
    : failed({
        message: `the guard in ${directory} belongs to another version, and may refuse every request`,
        fix: "copy plugin/guard of the installed package there, or print the settings again with --guard; then run `kong reload`",
      });
}
