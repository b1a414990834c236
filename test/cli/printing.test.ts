import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createDeny } from "../../plugin/core/model/decision.ts";
import { formatDenial } from "../../plugin/observe/decision-log.ts";
import { createOperatorLog } from "../../plugin/observe/operator-log.ts";
import { formatLogEntry } from "../../sandbox/message/gateway-log.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";
import { createWriter } from "./write-files.ts";

/** Colours, a title, a line that runs backwards, new lines, C1, a zero-width space, and a tag. */
const NASTY = "\u001b[31m\u001b]0;x\u0007\u202e\u2066\u2028\u0085\u009b\u200b\u{e0041}x";
const HARMFUL = /[^\n -~…|^✓✗–]/u;

const directory = temporaryFolder();
beforeAll(() => {
  mkdirSync(join(directory, "policies"));
});

const write = createWriter(directory);

const POLICY = "jwt_policy: 1\nname: a\nissuers: {a: {issuer: https://idp.example, audiences: [api]}}\n";
const stateOf = (config: string): string =>
  `_format_version: "3.0"\nservices:\n  - name: s\n    url: http://h\n    routes:\n      - name: r\n        paths: [/r]\n        plugins:\n          - {name: jwt-policy, config: ${config}}\n`;

/** Outputs with hostile text from a file, an option, a request or the environment. */
const WAYS: readonly (readonly [what: string, print: () => string])[] = [
  ["validate: a value and an excerpt", () => output(["validate", write("a.yaml", `${POLICY}mode: "${NASTY}"\n`)])],
  ["validate: a key", () => output(["validate", write("b.yaml", `${POLICY}"${NASTY}": 1\n`)])],
  [
    "validate: a name that is not valid",
    () => output(["validate", write("c.yaml", POLICY.replace("name: a", `name: "${NASTY}"`))]),
  ],
  ["validate: a file's name", () => output(["validate", write(`${NASTY.replaceAll("/", "")}.yaml`, POLICY)])],
  ["validate: a file that is not there", () => output(["validate", `/nowhere/${NASTY}.yaml`])],
  [
    "validate: a parent that is not there",
    () => output(["validate", write("d.yaml", `${POLICY}extends: "none${NASTY}.yaml"\n`)]),
  ],
  ["validate: JSON", () => output(["validate", "--format", "json", write("e.yaml", `${POLICY}"${NASTY}": 1\n`)])],
  ["lint: a suppression", () => output(["lint", write("l.yaml", `${POLICY}# lint-ignore ${NASTY}: a reason\n`)])],
  ["lint: a mistake", () => output(["lint", write("m.yaml", `${POLICY}"${NASTY}": 1\n`)])],
  ["lint: a rule that does not exist", () => output(["lint", "policies", "--rule", NASTY])],
  ["lint: a file that is not there", () => output(["lint", `/nowhere/${NASTY}.yaml`])],
  ["flatten: a mistake", () => output(["flatten", write("f.yaml", `${POLICY}"${NASTY}": 1`).replace("f.yaml", NASTY)])],
  ["render: a policy's name", () => render(`{policy_file: "${NASTY}.yaml"}`)],
  ["render: a rule's name", () => render(`{policy_file: a.yaml, rule: "${NASTY}"}`)],
  ["render: a file's name", () => output(["render", write(`${NASTY.replaceAll("/", "")}.yml`, "services: []\n")])],
  ["top: an address", () => output(["top", "--once", "--url", NASTY])],
  ["report: a rule in a log", () => runCli(["report", "--log", "-"], {}, reportLine(NASTY)).stdout],
  [
    "report: a rule in a log, as JSON",
    () => runCli(["report", "--log", "-", "--format", "json"], {}, reportLine(NASTY)).stdout,
  ],
  ["init: a provider", () => output(["init", NASTY])],
  ["check: a mistake", () => output(["check", write("g.yaml", `${POLICY}"${NASTY}": 1\n`)])],
  ["diff: a file that is not there", () => output(["diff", "--against", `/nowhere/${NASTY}`, write("h.yaml", POLICY)])],
  ["doctor: a policy root", () => output(["doctor", "--policy-root", `/nowhere/${NASTY}`])],
  ["explain: a mistake", () => output(["explain", write("j.yaml", `${POLICY}"${NASTY}": 1\n`), "--effective"])],
  ["mint: a mistake", () => output(["mint", write("k.yaml", `${POLICY}"${NASTY}": 1\n`)])],
  ["replay: a log that is not there", () => output(["replay", "--against", directory, `/nowhere/${NASTY}.log`])],
  ["sandbox: a kong.yml that is not there", () => output(["sandbox", "--config", `/nowhere/${NASTY}.yml`])],
  ["test: a file that is not there", () => output(["test", `/nowhere/${NASTY}.test.yaml`])],
  ["an unknown option", () => output(["validate", `--${NASTY}`])],
  ["an unknown command", () => output([NASTY])],
  ["an option's value", () => output(["validate", "--format", NASTY, "x"])],
  ["kong env: a version", () => output(["kong", "env", "--kong-version", `1.0${NASTY}`])],
  ["kong env: a header", () => output(["kong", "env", "--kong-version", "3.9.1", "--header", NASTY])],
  ["kong env: an address", () => output(["kong", "env", "--kong-version", "3.9.1", "--status-listen", NASTY])],
  [
    "the log's detail",
    () => formatDenial(createDeny({ reason: "policy_unavailable", detail: NASTY }, { policy: "a" })),
  ],
  ["the log's rule", () => formatDenial(createDeny({ reason: "token_missing" }, { policy: NASTY, rule: NASTY }))],
  ["the operator's log", () => operatorLines().join("")],
  [
    "the sandbox's log",
    () =>
      formatLogEntry({
        level: "warn",
        source: "plugin",
        message: NASTY,
        request: { id: NASTY, line: `GET /${NASTY}` },
      }),
  ],
];

/** Blanks and line feeds would end the rule. */
function reportLine(rule: string): string {
  return `[warn] jwt-policy would have denied the request: reason=token_missing status=401 policy=p rule=${rule.replaceAll(/[ \n]/g, "")}\n`;
}

function output(args: readonly string[]): string {
  const { stdout, stderr } = runCli(args);
  return stdout + stderr;
}

function render(config: string): string {
  write("policies/a.yaml", POLICY);
  return output(["render", "--policy-root", join(directory, "policies"), write("kong.yml", stateOf(config))]);
}

function operatorLines(): readonly string[] {
  const printed: string[] = [];
  const log = createOperatorLog((line) => printed.push(line));
  log.info(NASTY);
  log.warn(NASTY);
  return [...printed, ...log.takeWarnings().map(({ line }) => line)];
}

describe("no character that controls a terminal or is invisible there is printed", () => {
  it.each(WAYS)("%s", (_what, print) => {
    const text = print();
    expect(text).toMatch(/\\u\{?202e|\\u\{?1b/);
    expect(text).not.toMatch(HARMFUL);
  });
});

it("a line feed in a file's name does not end the comment that render writes", () => {
  const { stdout } = runCli(["render", write("a.yml\nplugins: [{name: cors}]", "services: []\n")]);
  expect(stdout.split("\n").filter((line) => line.startsWith("plugins"))).toEqual([]);
});

it("an excerpt's caret is under the right character, although characters before it are escaped", () => {
  const file = write("caret.yaml", `${POLICY}defaults: {"\u202e": 1, accept: 5}\n`);
  const { stdout } = runCli(["validate", file]);
  const lines = stdout.split("\n");
  const index = lines.findIndex((line) => line.includes("wrong_type"));
  expect(lines[index + 1]?.indexOf("5}")).toBe(lines[index + 2]?.indexOf("^"));
});

it("a long line is shown only around the caret", () => {
  const file = write("long.yaml", `${POLICY}defaults: {${" ".repeat(5_000)}accept: 5${" ".repeat(5_000)}}\n`);
  const { stdout } = runCli(["validate", file]);
  const [, excerpt = "", caret = ""] = stdout.split("\n");
  expect(excerpt.length).toBeLessThan(220);
  expect(excerpt[caret.indexOf("^")]).toBe("5");
});

describe("a file that is not a policy is not quoted", () => {
  const FILES: readonly (readonly [name: string, text: string])[] = [
    ["hs.key", "SECRET7f3Kd0s9aPq4"],
    ["env", "PASSWORD=SECRET\n\tTOKEN: [SECRET\n"],
    ["kong.yml", '_format_version: "3.0"\nconsumers: [{username: a, keyauth_credentials: [{key: SECRET}]}]\n'],
    ["broken.yml", '_format_version: "3.0"\nconsumers: [{key: SECRET}\n'],
  ];
  const commands: readonly (readonly [command: string, args: (file: string) => readonly string[]])[] = [
    ["validate", (file) => ["validate", file]],
    ["validate --policy-root", (file) => ["validate", "--policy-root", directory, file]],
    ["validate --format json", (file) => ["validate", "--format", "json", file]],
    ["flatten", (file) => ["flatten", file]],
    ["render", (file) => ["render", "--policy-root", join(directory, "policies"), file]],
    ["render of a plugin that names the policy", (file) => renderOf(file)],
    [
      "render of a policy that extends the policy",
      (file) => renderOf(write("child.yaml", `${POLICY}extends: ${file.split("/").at(-1)}\n`)),
    ],
  ];
  const renderOf = (file: string): readonly string[] => {
    const state = write("state.yml", stateOf(`{policy_file: ${file.split("/").at(-1)}}`));
    return ["render", "--policy-root", directory, state];
  };

  it.each(commands.flatMap(([command, args]) => FILES.map(([name, text]) => ({ command, args, name, text }))))(
    "by $command: $name",
    ({ command, args, name, text }) => {
      const said = runCli(args(write(name, text)));
      if (command === "render" && name === "kong.yml") {
        // decK reads this text, and the result must be the same data.
        expect(said.stderr).not.toContain("SECRET");
      } else {
        expect(said.stdout + said.stderr).not.toContain("SECRET");
        expect(said.status).not.toBe(0);
      }
    },
  );

  it("but a policy with a mistake in its YAML is quoted", () => {
    const { stdout } = runCli(["validate", write("mine.yaml", "# mine\njwt_policy: 1\nname: {a: b: c}\n")]);
    expect(stdout).toContain("name: {a: b: c}\n");
  });
});
