#!/usr/bin/env node
/**
 * The entry point of the command `kong-jwt-policy`. Exit codes: 0 success, 1 a problem in the policy or the installation, 2 wrong
 * usage of the command.
 */
import { Command, CommanderError } from "commander";
import { messageOf } from "../plugin/core/text/error-message.ts";
import { toPrintableLines } from "../plugin/core/text/printable.ts";
import { VERSION } from "../plugin/kong/contract/plugin-identity.ts";

const COMMAND = "kong-jwt-policy";

// Replaces `process.env` by a plain copy, which is faster to read. The YAML parser reads an environment variable at
// each token. With Node's own `process.env`, these reads took a tenth of the time of `test`.
process.env = { ...process.env };

type AddCommand = (program: Command) => void;
type LoadCommand = () => Promise<AddCommand>;

/**
 * The commands, in the order of the help. The program loads a command's code only when it runs the command, because
 * loading takes most of a command's time.
 */
const COMMANDS: ReadonlyMap<string, LoadCommand> = new Map<string, LoadCommand>([
  ["init", async () => (await import("./init/add-init-command.ts")).addInitCommand],
  ["check", async () => (await import("./check/add-check-command.ts")).addCheckCommand],
  ["completion", async () => (await import("./completion/add-completion-command.ts")).addCompletionCommand],
  ["validate", async () => (await import("./validate.ts")).addValidateCommand],
  ["diff", async () => (await import("./diff.ts")).addDiffCommand],
  ["doctor", async () => (await import("./doctor/add-doctor-command.ts")).addDoctorCommand],
  ["explain", async () => (await import("./explain.ts")).addExplainCommand],
  ["flatten", async () => (await import("./flatten.ts")).addFlattenCommand],
  ["kong", async () => (await import("./kong-env.ts")).addKongCommand],
  ["lint", async () => (await import("./lint.ts")).addLintCommand],
  ["mint", async () => (await import("./mint.ts")).addMintCommand],
  ["render", async () => (await import("./render.ts")).addRenderCommand],
  ["replay", async () => (await import("./replay/add-replay-command.ts")).addReplayCommand],
  ["report", async () => (await import("./report.ts")).addReportCommand],
  ["sandbox", async () => (await import("./sandbox.ts")).addSandboxCommand],
  ["test", async () => (await import("./test.ts")).addTestCommand],
  ["top", async () => (await import("./top/add-top-command.ts")).addTopCommand],
]);

const program = new Command(COMMAND)
  .description("JWT policies as code for Kong Gateway")
  .version(VERSION)
  .showHelpAfterError()
  .configureOutput({ writeErr: (text) => process.stderr.write(toPrintableLines(text)) })
  .exitOverride();

for (const add of await Promise.all(pickCommands(process.argv[2]).map((load) => load()))) {
  add(program);
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) {
    process.stderr.write(`${COMMAND}: ${toPrintableLines(messageOf(error))}\n`);
  }
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
}

/**
 * Picks the called command. The help, the completion and the message about an unknown command need all commands, and `--version`
 * needs none.
 */
function pickCommands(name = ""): readonly LoadCommand[] {
  if (name === "--version" || name === "-V") {
    return [];
  }
  const called = name === "completion" ? undefined : COMMANDS.get(name);
  return called ? [called] : [...COMMANDS.values()];
}
