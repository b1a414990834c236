import { type Command, Option } from "commander";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { withGitTree } from "../diff/git-tree.ts";
import { readJson } from "../explain/explain-one-token.ts";
import { reportText } from "../findings/report-findings.ts";
import { formatReplay } from "./format-replay.ts";
import { LineJudge } from "./judge-lines.ts";
import { loadWorld } from "./load-world.ts";
import { readLogs } from "./read-logs.ts";

interface ReplayOptions {
  readonly against: string;
  readonly policies: string;
  readonly policyRoot?: string;
  readonly jwks?: string;
  readonly format: "text" | "json";
}

export function addReplayCommand(program: Command): void {
  program
    .command("replay")
    .description("judge recorded requests by two versions of the policies, and count the changes by rule and reason")
    .argument("<logs...>", "decision logs, or logs with the facts variable; - is standard input")
    .requiredOption("--against <before>", "the old version: git:main or another commit, a directory, or a policy file")
    .option("--policies <after>", "the new version: a directory, or a policy file", ".")
    .option(
      "--policy-root <dir>",
      "the directory that must contain all policies, as on the gateway; the same on both sides",
    )
    .option("--jwks <file>", "key set of the issuers, to check the signatures of recorded tokens")
    .addOption(new Option("--format <format>", "text or json").choices(["text", "json"]).default("text"))
    .action(replay);
}

async function replay(logs: readonly string[], options: ReplayOptions): Promise<void> {
  const { against } = options;
  await withGitTree(against, (tree) => replayLogs(logs, tree ?? against, options));
}

async function replayLogs(
  logs: readonly string[],
  before: string,
  { policies, policyRoot, jwks, format }: ReplayOptions,
): Promise<void> {
  const world = await loadWorld(before, policies, policyRoot);
  if (!world.ok) {
    reportMistakes(world.failure);
    return;
  }
  const judge = new LineJudge(world.value, jwks === undefined ? undefined : await readJson(jwks));
  for await (const text of readLogs(logs)) {
    await judge.add(text);
  }
  const result = judge.tally.finish();
  process.stdout.write(formatReplay({ lines: judge.lines, ...result, assumed: judge.assumed }, format));
  const isDecided = result.unchanged > 0 || result.changes.length > 0;
  if (!isDecided) {
    process.stderr.write("kong-jwt-policy: no line could be decided\n");
  }
  process.exitCode = isDecided ? (result.changes.length > 0 ? 1 : 0) : 2;
}

function reportMistakes(findings: readonly Finding[]): void {
  process.stderr.write(reportText([{ file: "", findings, policy: undefined }], process.stderr.isTTY));
  process.exitCode = 2;
}
