import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Command, Option } from "commander";
import { isTestDocument } from "../offline/suite/read-suite.ts";
import { fail, type Result, succeed } from "../plugin/core/model/result.ts";
import type { Finding } from "../plugin/policy/language/finding.ts";
import { writeDocument } from "../plugin/policy/read/extend-document.ts";
import { readDocument } from "../plugin/policy/read/read-document.ts";
import { validateDocument } from "../plugin/policy/read/validate-document.ts";
import { explainLog } from "./explain/explain-log.ts";
import { explainOneRecipe } from "./explain/explain-one-recipe.ts";
import { type Explained, explainOneToken } from "./explain/explain-one-token.ts";
import { explainTest } from "./explain/explain-test.ts";
import type { Form } from "./explain/format-explanation.ts";
import type { RequestOptions } from "./explain/read-request.ts";
import { collectValues } from "./files/collect-values.ts";
import { readOrReport } from "./files/read-or-report.ts";
import { reportText } from "./findings/report-findings.ts";
import { loadSuite } from "./policy-tests/load-suite.ts";
import { describeEffective } from "./views/describe-effective.ts";

interface ExplainOptions extends RequestOptions {
  readonly effective?: boolean;
  readonly token?: string;
  readonly recipe?: string;
  readonly test?: string;
  readonly logLine?: string;
  readonly jwks?: string;
  readonly format?: "text" | "yaml" | "json";
}

const WAYS = ["effective", "token", "recipe", "test", "logLine"] as const;

export function addExplainCommand(program: Command): void {
  program
    .command("explain")
    .description(
      "explain a policy file: what each of its rules and operations requires, with the defaults included, or why a request is refused",
    )
    .argument("<file>", "policy file, YAML or JSON; for --test and --recipe also its test file")
    .option("--effective", "print each rule and operation as it is in effect")
    .option("--token <file>", "explain what happens to a request with the token in this file; - is standard input")
    .option(
      "--recipe <recipe>",
      "explain what happens to a request with the token of a recipe: a file with one recipe, FILE#NAME, or a token of the policy's test file",
    )
    .option(
      "--test <test>",
      "explain the request of the test with this name, or on this line, in the policy's test file",
    )
    .option(
      "--log-line <line>",
      "explain one line of Kong's log or of the decision log about a refused request; - is standard input",
    )
    .option("--rule <rule>", "with --token or --recipe: the rule that judges the request")
    .option("--method <method>", "with --token or --recipe: the request's method", "GET")
    .option("--path <path>", "with --token or --recipe: the request's path and query", "/")
    .option(
      "--header <header>",
      "with --token or --recipe: a header, such as 'x-tenant: acme'; can be repeated",
      collectValues,
      [],
    )
    .addOption(
      new Option("--transport <transport>", "with --token or --recipe: the transport of the request")
        .choices(["tls", "plain", "loopback"])
        .default("tls"),
    )
    .option("--jwks <file>", "with --token: the issuer's key set, to check the signature")
    .option("--now <time>", "with --token or --recipe: the time of the request, such as 2026-11-29T12:00:00Z")
    .addOption(new Option("--format <format>", "form of the result").choices(["text", "yaml", "json"]))
    .action(explainFile);
}

async function explainFile(file: string, options: ExplainOptions): Promise<void> {
  if (WAYS.filter((way) => options[way] !== undefined).length !== 1) {
    throw new Error("give one of --effective, --token FILE, --recipe RECIPE, --test TEST and --log-line LINE");
  }
  if (options.effective) {
    await printEffective(file, options);
    return;
  }
  const form: Form = options.format === "json" ? "json" : "text";
  const explained = await explainRequest(file, options, form);
  if (explained === undefined) {
    process.exitCode = 2;
    return;
  }
  if (!explained.ok) {
    process.stderr.write(reportText([{ file, findings: explained.failure, policy: undefined }], process.stderr.isTTY));
    process.exitCode = 2;
    return;
  }
  process.stdout.write(explained.value.text);
  process.exitCode = explained.value.isAllowed ? 0 : 1;
}

/** Returns undefined if the policy has mistakes, which are already printed. */
async function explainRequest(
  file: string,
  options: ExplainOptions,
  form: Form,
): Promise<Result<Explained, readonly Finding[]> | undefined> {
  const { token, recipe, test, logLine } = options;
  if (test !== undefined) {
    const { result } = await loadSuite(await requireTests(file));
    return result.ok ? succeed(await explainTest(result.value, test, form)) : fail(result.failure);
  }
  if (recipe !== undefined && (await isTests(file))) {
    const { result } = await loadSuite(file);
    return result.ok ? explainOneRecipe(result.value.policy, { ...options, recipe }, form, async () => file) : result;
  }
  const load = await readOrReport(file);
  if (!load) {
    return undefined;
  }
  if (recipe !== undefined) {
    return explainOneRecipe(load.value, { ...options, recipe }, form, () => findTests(file));
  }
  return succeed(
    token === undefined
      ? await explainLog(load.value, logLine ?? "", form)
      : await explainOneToken(load.value, { ...options, token }, form),
  );
}

async function printEffective(file: string, { format }: ExplainOptions): Promise<void> {
  const load = await readOrReport(file);
  if (!load) {
    return;
  }
  const source = readDocument(load.text);
  const valid = source.ok ? validateDocument(source.value.data) : source;
  if (!valid.ok) {
    throw new Error(`${file} changed while it was read: try again`);
  }
  const effective = describeEffective(valid.value);
  process.stdout.write(format === "json" ? `${JSON.stringify(effective, null, 2)}\n` : writeDocument(effective));
}

async function isTests(file: string): Promise<boolean> {
  return isTestDocument(await readFile(file, "utf8"));
}

async function requireTests(file: string): Promise<string> {
  const tests = (await isTests(file)) ? file : await findTests(file);
  if (tests === undefined) {
    throw new Error(`no test file is beside ${file}: give the test file itself, such as payments.test.yaml`);
  }
  return tests;
}

/** The path of the test file that belongs to a policy. */
async function findTests(policy: string): Promise<string | undefined> {
  const stem = basename(policy).replace(/\.(?:ya?ml|json)$/, "");
  const candidates = [".yaml", ".yml", ".json"].map((extension) => join(dirname(policy), `${stem}.test${extension}`));
  for (const candidate of candidates) {
    if (await isTests(candidate).catch(() => false)) {
      return candidate;
    }
  }
  return undefined;
}
