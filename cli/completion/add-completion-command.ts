import { Argument, type Command } from "commander";
import { type CompletedCommand, describeProgram } from "./describe-program.ts";
import { writeBash } from "./write-bash.ts";
import { writeFish } from "./write-fish.ts";
import { writeZsh } from "./write-zsh.ts";

type Write = (name: string, program: CompletedCommand) => string;

const SHELLS: Readonly<Record<string, Write>> = { bash: writeBash, zsh: writeZsh, fish: writeFish };

export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .description("print the completion of this command for a shell, such as: source <(kong-jwt-policy completion bash)")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(SHELLS)))
    .action((shell: string) => {
      process.stdout.write(SHELLS[shell]?.(program.name(), describeProgram(program)) ?? "");
    });
}
