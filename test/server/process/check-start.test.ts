import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderDump } from "../../../plugin/server/settings/dump.ts";
import { createPlace, SERVER_MAIN, type ServerPlace } from "../server-process.ts";

const isRoot = process.getuid?.() === 0;

/**
 * Asks as Kong does: by a shell that was started as `nginx -p PREFIX`.
 *
 * @param shells how many further shells are between this shell and the query.
 */
function askAsKong(
  { directory, socket, policyRoot }: ServerPlace,
  more: readonly string[] = [],
  { program = "nginx", shells = 0 }: { readonly program?: string; readonly shells?: number } = {},
): { stdout: string; stderr: string; status: number } {
  const command = [process.execPath, SERVER_MAIN, "--dump", "--socket", socket, "--policy-root", policyRoot, ...more];
  const errors = join(directory, "errors");
  const exitStatus = join(directory, "status");
  let query = `'${command.join("' '")}' 2>'${errors}'; echo $? >'${exitStatus}'`;
  for (let shell = 0; shell < shells; shell += 1) {
    const file = join(directory, `shell-${shell}`);
    writeFileSync(file, query);
    query = `/bin/sh '${file}'; true`;
  }
  const { stdout } = spawnSync("/bin/sh", ["-c", query, program, "-p", directory], {
    argv0: program,
    encoding: "utf8",
  });
  return { stdout, stderr: readFileSync(errors, "utf8"), status: Number(readFileSync(exitStatus, "utf8")) };
}

function createPrefix(user: string): ServerPlace {
  const place = createPlace();
  writeFileSync(join(place.directory, "nginx.conf"), `user ${user};\n`);
  chmodSync(place.directory, 0o755);
  return place;
}

describe("Kong's query", () => {
  it("is answered with the plugin if a server can start", () => {
    expect(askAsKong(createPrefix("root root"))).toEqual({ stdout: `${renderDump()}\n`, stderr: "", status: 0 });
  });

  it.runIf(isRoot)("is answered with the reason, which Kong quotes, if workers cannot create the socket", () => {
    const place = createPrefix("nobody");
    const { stdout } = askAsKong(place);
    expect(JSON.parse(stdout)).toContain(`jwt-policy cannot start: ${place.directory} belongs to user 0 with mode 755`);
    expect(JSON.parse(stdout)).toContain("install -d -o nobody -m 700 /run/jwt-policy");
  });

  it("is answered with the reason if the socket's directory does not exist", () => {
    const place = createPrefix("root root");
    const { stdout, status } = askAsKong({ ...place, socket: join(place.directory, "none/s") });
    expect(JSON.parse(stdout)).toContain(`${join(place.directory, "none")} does not exist`);
    expect(status).toBe(2);
  });

  it.each<[program: string, isKong: boolean]>([
    ["/usr/local/openresty/nginx/sbin/nginx", true],
    ["nginx:", true],
    ["openresty-nginx", false],
    ["nginx-debug", false],
  ])("comes from the program %s: %s", (program, isKong) => {
    const place = createPrefix("root root");
    const { stdout } = askAsKong({ ...place, socket: join(place.directory, "none/s") }, [], { program });
    expect(stdout.includes("cannot start")).toBe(isKong);
  });

  it.each([
    [0, true],
    [1, true],
    [2, true],
    [3, false],
  ])("comes from Kong through %i shells: %s", (shells, isKong) => {
    const place = createPrefix("root root");
    const { stdout } = askAsKong({ ...place, socket: join(place.directory, "none/s") }, [], { shells });
    expect(stdout.includes("cannot start")).toBe(isKong);
  });

  it("is answered with the reason for an option that no server has", () => {
    const { stdout, status } = askAsKong(createPrefix("root root"), ["--polcy"]);
    expect(JSON.parse(stdout)).toContain("jwt-policy cannot start: Unknown option '--polcy'");
    expect(status).toBe(2);
  });

  it("is answered with the plugin if the server will refuse all requests, and a line on standard error says why", () => {
    const place = createPrefix("root root");
    const { stdout, stderr } = askAsKong({ ...place, policyRoot: join(place.directory, "none") });
    expect(stdout).toBe(`${renderDump()}\n`);
    expect(stderr).toContain("the plugin server will refuse all requests: --policy-root");
  });

  it("is answered with the plugin, and a line for each file of settings that the server cannot read", () => {
    const place = createPrefix("root root");
    const files = ["fetch-settings", "decision-log", "abuse"].map((name) => [
      name,
      join(place.directory, `${name}.yaml`),
    ]);
    const { stdout, stderr } = askAsKong(
      place,
      files.flatMap(([name, file]) => [`--${name}`, `${file}`]),
    );
    expect(stdout).toBe(`${renderDump()}\n`);
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toEqual(files.map(([, file]) => expect.stringContaining(`${file}`)));
  });

  it("is not checked for other commands of Kong, which have made no directories yet", () => {
    const place = createPlace();
    mkdirSync(join(place.directory, "elsewhere"));
    const { stdout } = askAsKong({ ...place, socket: join(place.directory, "none/s") });
    expect(stdout).toBe(`${renderDump()}\n`);
  });
});
