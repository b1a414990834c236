import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";

const directory = temporaryFolder();
const path = (name: string): string => join(directory, name);
const render = (...args: readonly string[]) => runCli(["render", "--policy-root", path("root"), ...args]);

mkdirSync(path("root"));
writeFileSync(
  path("root/things.yaml"),
  `jwt_policy: 1
name: things
issuers:
  acme: { issuer: https://idp.example, audiences: [api] }
routes:
  read: { required_scopes: [things:read] }
`,
);

/** A state whose plugin names this rule. */
const stateWith = (rule: string): string => `services:
  - name: s
    url: http://up.example
    routes:
      - name: read
        paths: [ /r ]
        plugins:
          - name: jwt-policy
            config: { policy_file: things.yaml, rule: ${rule} }
`;
writeFileSync(path("good.yaml"), stateWith("read"));
writeFileSync(path("mistake.yaml"), stateWith("reads"));
writeFileSync(path("warning.yaml"), "routes: [{ name: open, paths: [/] }]\n");

describe("kong-jwt-policy render", () => {
  it("puts extended files into the text, because an inline policy cannot name files", () => {
    writeFileSync(path("root/child.yaml"), "jwt_policy: 1\nname: child\nextends: things.yaml\nroutes: { more: {} }\n");
    writeFileSync(path("child.yaml"), stateWith("more").replace("things.yaml", "child.yaml"));
    const { status, stdout, stderr } = render(path("child.yaml"), "--inline");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("issuer: https://idp.example");
    expect(stdout).toContain("name: child");
    expect(stdout).not.toContain("extends");
  });

  it("prints a decK file, with tags and inline policies if the options say so", () => {
    const { status, stdout, stderr } = render(
      path("good.yaml"),
      "--inline",
      ..."--tag a --tag b --select-tag x".split(" "),
    );
    expect([status, stderr]).toEqual([0, ""]);
    expect(
      stdout,
    ).toBe(`# Made by \`kong-jwt-policy render\` from ${path("good.yaml")}: change those files, not this one.

_info:
  select_tags:
    - x
services:
  - name: s
    url: http://up.example
    routes:
      - name: read
        paths: [ /r ]
        plugins:
          - name: jwt-policy
            instance_name: read-jwt-policy
            config:
              policy: |
                jwt_policy: 1
                name: things
                issuers:
                  acme:
                    issuer: https://idp.example
                    audiences:
                      - api
                routes:
                  read:
                    required_scopes:
                      - things:read
              rule: read
            tags: [ a, b ]
`);
  });

  it("reads standard input and writes to a file", () => {
    const args = ["render", "--policy-root", path("root"), "-", "-o", path("out.yaml")];
    expect(runCli(args, {}, stateWith("read"))).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(path("out.yaml"), "utf8")).toContain("instance_name: read-jwt-policy");
  });

  it("reports a mistake at its place, writes no file and exits 1", () => {
    expect(render(path("mistake.yaml"), "--output", path("not-written.yaml"))).toEqual({
      status: 1,
      stdout: "",
      stderr: `${path("mistake.yaml")}:9:55 rule_unknown Policy "things" has no rule "reads", so every request would get 503. Did you mean "read"?
9 |             config: { policy_file: things.yaml, rule: reads }
  |                                                       ^
1 mistake, 0 warnings
`,
    });
    expect(existsSync(path("not-written.yaml"))).toBe(false);
  });

  it("reports a warning and continues; with --strict it stops", () => {
    const warned = render(path("warning.yaml"));
    expect([warned.status, warned.stdout.length > 0]).toEqual([0, true]);
    expect(warned.stderr).toContain("warning.yaml:1:10 warning route_without_policy");
    expect(warned.stderr).toContain("0 mistakes, 1 warning\n");
    expect(render("--strict", path("warning.yaml"))).toEqual({ status: 1, stdout: "", stderr: warned.stderr });
  });

  it.each([
    ["no file", [], "missing required argument"],
    ["a file that is not there", ["/nowhere/kong.yaml"], "ENOENT"],
  ])("exits 2 for %s", (_what, args, words) => {
    const { status, stderr } = render(...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});
