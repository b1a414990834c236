import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { messageOf } from "../plugin/core/text/error-message.ts";
import { toPrintableLines } from "../plugin/core/text/printable.ts";
import { serveApi } from "../sandbox/api/serve-api.ts";
import { untilEnd } from "../sandbox/run/until-end.ts";
import { defaultKeyDirectory } from "../sandbox/stand-in/key-directory.ts";
import { renderState } from "./deck/render-state.ts";
import { collectValues } from "./files/collect-values.ts";
import { reportState } from "./findings/report-findings.ts";

interface SandboxFlags {
  readonly config: string;
  readonly policyRoot: string;
  readonly standIn: readonly string[];
  readonly keys: string;
  readonly proxyPort: number;
  readonly upstream: "echo" | "services";
  readonly fetchSettings?: string;
  readonly statusPort: number;
  readonly check?: boolean;
}

const MAX_PORT = 65_535;

export function addSandboxCommand(program: Command): void {
  program
    .command("sandbox")
    .description(
      "serve your own kong.yml and policies on this machine, without Kong; prints the Routes, problems, and requests to try; loads files again when they change",
    )
    .option("--config <file>", "kong.yml or decK file", "kong.yml")
    .option("--policy-root <dir>", "directory that contains all policy files", "policies")
    .option(
      "--stand-in <issuer>",
      "id of an issuer in the policies; the sandbox has a key that replaces the issuer's keys, and prints tokens that satisfy the rules; can be repeated",
      collectValues,
      [],
    )
    .addOption(
      new Option(
        "--upstream <kind>",
        "echo: the sandbox's echo upstream answers for every Service; services: requests go to the Services' own addresses",
      )
        .choices(["echo", "services"])
        .default("echo"),
    )
    .option("--proxy-port <port>", "where the gateway listens; 0 is any free port", parsePort, 8000)
    .option(
      "--status-port <port>",
      "where the plugin server shows its status and the web view; 0 is any free port",
      parsePort,
      8008,
    )
    .option("--fetch-settings <file>", "how the keys of other issuers are fetched, as for the plugin server")
    .option("--keys <dir>", "directory of the sandbox's keys", defaultKeyDirectory())
    .option("--check", "send the printed requests, print the results, and end")
    .action(runSandbox);
}

async function runSandbox(flags: SandboxFlags): Promise<void> {
  const {
    config: configFile,
    policyRoot,
    standIn,
    keys,
    proxyPort,
    upstream,
    fetchSettings,
    statusPort,
    check,
  } = flags;
  if (statSync(policyRoot, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(`--policy-root ${policyRoot} is not a directory`);
  }
  const serving = serveApi({
    configFile,
    policyRoot,
    standIn: [...new Set(standIn)],
    keys,
    proxyPort,
    usesServices: upstream === "services",
    fetchSettings,
    statusPort: check === true ? undefined : statusPort,
    findProblems: (text) => findProblems(configFile, text, policyRoot),
    print: (text) => process.stdout.write(`${text}\n`),
  });
  try {
    const served = await serving;
    if (check === true) {
      const isGood = await served.check();
      await served.stop();
      process.exitCode = isGood ? 0 : 1;
      return;
    }
  } catch (error) {
    process.stderr.write(`${toPrintableLines(messageOf(error))}\n`);
    process.exitCode = 1;
    return;
  }
  await untilEnd(async () => (await serving).stop());
}

/**
 * Reports two kinds of findings: those of `render` about this file, and those of `validate` about the file's policies.
 * All other findings are in the sandbox's own report.
 */
async function findProblems(file: string, text: string, policyRoot: string): Promise<string> {
  const rendered = await renderState([{ file, text }], {
    policyRoot: resolve(policyRoot),
    inline: false,
    tags: [],
    selectTags: [],
  });
  return reportState(rendered.ok ? rendered.value.warnings : rendered.failure, process.stdout.isTTY);
}

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > MAX_PORT) {
    throw new InvalidArgumentError("a port is a number from 1 to 65535, or 0 for any free port.");
  }
  return Number(text);
}
