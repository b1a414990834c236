import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../temporary-folder.ts";
import { runCli } from "../run-cli.ts";

const NAME = "kong-jwt-policy";
const FORMATS = ["text", "json", "sarif", "github", "gitlab", "junit"];

const home = temporaryFolder();
beforeAll(() => {
  mkdirSync(join(home, "files/folder"), { recursive: true });
  for (const file of ["payments.yaml", "two words [x].yml", "notes.txt", "comment.md"]) {
    writeFileSync(join(home, "files", file), "");
  }
});

interface Case {
  readonly what: string;
  /** The words after the program's name. The last word is completed. */
  readonly line: string;
  readonly offered: readonly string[];
  readonly notOffered?: readonly string[];
}

const CASES: readonly Case[] = [
  { what: "a command", line: "che", offered: ["check"], notOffered: ["lint"] },
  { what: "all commands", line: "", offered: ["check", "lint", "test", "diff", "kong", "completion"] },
  { what: "a command of a command", line: "kong ", offered: ["env", "schema"], notOffered: ["check"] },
  { what: "options", line: "check --f", offered: ["--format"], notOffered: ["--kong"] },
  { what: "options of a command of a command", line: "kong env --verd", offered: ["--verdict-cache"] },
  { what: "the choices of an option", line: "check --format ", offered: FORMATS, notOffered: ["payments.yaml"] },
  { what: "the choices behind =", line: "check --format=s", offered: ["sarif"], notOffered: ["text"] },
  { what: "the choices of an argument", line: "completion ", offered: ["bash", "zsh", "fish"] },
  { what: "rules of lint", line: "lint --rule clock", offered: ["clock_skew_long"], notOffered: ["report_mode"] },
  {
    what: "policies and directories",
    line: "validate ",
    offered: ["payments.yaml", "two words [x].yml", "folder"],
    notOffered: ["notes.txt", "check"],
  },
  {
    what: "files with the ending that an option requires",
    line: "check --comment ",
    offered: ["comment.md"],
    notOffered: ["payments.yaml"],
  },
  {
    what: "directories",
    line: "check --policy-root ",
    offered: ["folder"],
    notOffered: ["payments.yaml", "notes.txt"],
  },
  {
    what: "options of the first command, and not of a word that looks like another one",
    line: "test lint --no-s",
    offered: ["--no-sign"],
  },
];

/** The words in the form in which each shell passes them to the command. Answers with one word in each line. */
const SHELLS: Readonly<Record<string, (script: string, line: string) => readonly [string, ...string[]]>> = {
  bash: (script, line) => {
    const words = [NAME, ...line.split(" ").flatMap((word) => word.split(/(=)/))];
    const program = `source ${quote(script)}
complete -p ${NAME} >/dev/null || exit 3
COMP_WORDS=(${words.map(quote).join(" ")})
COMP_CWORD=${words.length - 1}
_kong_jwt_policy
printf '%s\\n' "\${COMPREPLY[@]}"`;
    return ["bash", "--noprofile", "--norc", "-c", program];
  },
  zsh: (script, line) => [
    "zsh",
    "-f",
    join(import.meta.dirname, "capture.zsh"),
    script,
    join(home, "files"),
    `${NAME} ${line}`,
  ],
  fish: (script, line) => [
    "fish",
    "--no-config",
    "-c",
    `source ${quote(script)}; complete -C ${quote(`${NAME} ${line}`)}`,
  ],
};

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function complete(shell: string, line: string): readonly string[] {
  const script = join(home, `completion.${shell}`);
  const [program = "", ...args] = SHELLS[shell]?.(script, line) ?? [];
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: join(home, "files"),
    encoding: "utf8",
    timeout: 50_000,
  });
  expect([status, stderr]).toEqual([0, ""]);
  // fish adds descriptions, and escapes special characters. A directory may end with a slash.
  const words = stdout.split("\n").map((row) =>
    row
      .replace(/\t.*$/, "")
      .replace(/^-[^=]*=/, "")
      .replace(/\/$/, ""),
  );
  return words.map((word) => word.replaceAll("\\", "").trim());
}

describe.each(Object.keys(SHELLS))("the completion for %s", (shell) => {
  const isThere = spawnSync(shell, ["--version"]).status === 0;
  const script = runCli(["completion", shell]);
  beforeAll(() => writeFileSync(join(home, `completion.${shell}`), script.stdout));

  it("is printed, and has all commands and options", () => {
    expect(script).toMatchObject({ status: 0, stderr: "" });
    expect(script.stdout).toContain("--help".slice(shell === "fish" ? 2 : 0));
  });

  describe.skipIf(!isThere)(isThere ? `in ${shell} itself` : `in ${shell} itself: no command ${shell}`, () => {
    it.each(CASES)("offers $what", ({ line, offered, notOffered = [] }) => {
      const found = complete(shell, line);
      expect(found).toEqual(expect.arrayContaining([...offered]));
      expect(found.filter((word) => notOffered.includes(word))).toEqual([]);
    });

    it("runs nothing that the user has typed", () => {
      complete(shell, "check $(touch\tran) `touch\tran` ; touch ran --format ");
      expect(spawnSync("ls", [join(home, "files")], { encoding: "utf8" }).stdout).not.toContain("ran\n");
    });
  });
});

it("refuses a shell that it does not know, and names the others", () => {
  expect(runCli(["completion", "tcsh"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("bash, zsh, fish"),
  });
});

it("completes files or directories for each option that takes them", () => {
  const { stdout } = runCli(["completion", "bash"]);
  const open = [
    ...stdout.matchAll(
      /^ {4}"([\w ]+ --[\w-]*(?:file|dir|root|kong|path|keys|config|output)[\w-]*)"\) COMPREPLY=\(\)/gm,
    ),
  ];
  expect(open.map(([, option]) => option)).toEqual(["explain --path", "kong env --kong-version", "test --file"]);
});
