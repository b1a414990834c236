#!/usr/bin/env node
/** The command `kong-jwt-policy`. Exit codes: 0 success, 1 a problem in the policy or the installation, 2 wrong usage of the command. */
import { Command, CommanderError } from "commander";
import { messageOf } from "../plugin/core/text/error-message.ts";
import { toPrintableLines } from "../plugin/core/text/printable.ts";
import { VERSION } from "../plugin/kong/contract/plugin-identity.ts";
import { addExplainCommand } from "./explain.ts";
import { addFlattenCommand } from "./flatten.ts";
import { addKongCommand } from "./kong-env.ts";
import { addRenderCommand } from "./render.ts";
import { addReportCommand } from "./report.ts";
import { addValidateCommand } from "./validate.ts";

const COMMAND = "kong-jwt-policy";
const program = new Command(COMMAND)
  .description("JWT policies as code for Kong Gateway")
  .version(VERSION)
  .showHelpAfterError()
  .configureOutput({ writeErr: (text) => process.stderr.write(toPrintableLines(text)) })
  .exitOverride();

addValidateCommand(program);
addExplainCommand(program);
addFlattenCommand(program);
addKongCommand(program);
addRenderCommand(program);
addReportCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) {
    process.stderr.write(`${COMMAND}: ${toPrintableLines(messageOf(error))}\n`);
  }
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
}
