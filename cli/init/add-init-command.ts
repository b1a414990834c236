import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { createInterface } from "node:readline/promises";
import { type Command, Option } from "commander";
import { toPrintable, toPrintableLines } from "../../plugin/core/text/printable.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";
import { type Ask, collectValues } from "./collect-values.ts";
import { checkName, checkPath, checkUpstream } from "./model/check-value.ts";
import type { Provider, ProviderOption, Values } from "./model/provider.ts";
import { describeTokens } from "./model/scope-options.ts";
import { compareFiles, writeFiles } from "./place-files.ts";
import { type Ci, planFiles } from "./plan-files.ts";
import { PROVIDERS } from "./providers/registry.ts";
import { reportDryRun, reportFiles } from "./report-files.ts";
import type { Api } from "./write-policy.ts";

/** The options that every provider has. */
const NAME: ProviderOption = {
  name: "name",
  value: "name",
  description: "the name of your API, such as orders; its policy, its rules and its Kong Service get this name",
  check: checkName,
  isNeeded: () => true,
};
const ROUTE_OPTIONS: readonly ProviderOption[] = [
  {
    name: "path",
    value: "path",
    description: "the path of the Kong Routes (default: a slash and the name, such as /orders)",
    check: checkPath,
  },
  {
    name: "upstream",
    value: "url",
    description: "the address of your upstream in kong.yml (default: http://NAME.internal:8080)",
    check: checkUpstream,
  },
];

interface WriteOptions {
  readonly dir: string;
  readonly ci: Ci;
  readonly force?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export function addInitCommand(program: Command): void {
  const init = program
    .command("init")
    .description(
      "write a policy for the tokens of a provider, its tests, a kong.yml that uses it, and a CI step; all checks pass at once",
    )
    .argument("[provider]", `one of ${PROVIDERS.map(({ id }) => id).join(", ")}`)
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText("after", "\nThe options of a provider: kong-jwt-policy init keycloak --help")
    .action(chooseProvider);
  for (const provider of PROVIDERS) {
    addProvider(init, provider);
  }
}

function addProvider(init: Command, provider: Provider): void {
  const command = init
    .command(provider.id)
    .description(`write a policy, its tests, a kong.yml and a CI step for tokens of ${provider.title}`)
    .allowUnknownOption(false)
    .allowExcessArguments(false);
  for (const option of optionsOf(provider)) {
    command.addOption(toOption(option));
  }
  command
    .option("--dir <dir>", "the directory with policies and kong.yml, usually the root of the repository", ".")
    .addOption(
      new Option("--ci <system>", "the CI step to write").choices(["github", "gitlab", "none"]).default("github"),
    )
    .option("--force", "replace files of this policy that exist; kong.yml and .gitlab-ci.yml are never replaced")
    .option("--dry-run", "print the files, and write nothing")
    .addHelpText("after", `\nExample:\n  $ ${exampleOf(provider)}`)
    .action((options: Readonly<Record<string, string | boolean | undefined>>) => initProvider(provider, options));
}

function optionsOf({ options }: Provider): readonly ProviderOption[] {
  return [...options, NAME, ...ROUTE_OPTIONS];
}

/**
 * Makes an option for commander, without its choices and its fallback. `init` itself applies them later, so that all
 * messages of `init` look the same.
 */
function toOption({ name, value, description, choices, fallback }: ProviderOption): Option {
  const known = choices === undefined ? "" : ` (${choices.join(", ")})`;
  const usual = fallback === undefined ? "" : ` (default: ${fallback})`;
  return new Option(value === undefined ? `--${name}` : `--${name} <${value}>`, `${description}${known}${usual}`);
}

function exampleOf(provider: Provider): string {
  return `npx --no-install kong-jwt-policy init ${provider.id} ${provider.example} --name orders`;
}

/** Asks for the provider if the user named none. An unknown provider is an error. */
async function chooseProvider(name: string | undefined): Promise<void> {
  const ids = PROVIDERS.map(({ id }) => id);
  const list = PROVIDERS.map(({ id, title }) => `  ${id.padEnd(9)} ${title}`).join("\n");
  if (name !== undefined && !name.startsWith("-")) {
    const hint = didYouMean(name, ids);
    throw new Error(`init does not know the provider "${name}".${hint} It knows:\n${list}`);
  }
  const option: ProviderOption = {
    name: "provider",
    description: `one of ${ids.join(", ")}`,
    choices: ids,
    isNeeded: () => true,
  };
  await withTerminal(async (ask) => {
    const chosen = name === undefined ? await collectValues([option], {}, ask) : undefined;
    const provider = PROVIDERS.find(({ id }) => chosen?.ok === true && id === chosen.value.provider);
    if (!provider) {
      throw new Error(`init needs a provider:\n${list}\nFor example: ${exampleOf(PROVIDERS[0] as Provider)}`);
    }
    await initWith(provider, {}, { dir: ".", ci: "github" }, ask);
  });
}

async function initProvider(
  provider: Provider,
  options: Readonly<Record<string, string | boolean | undefined>>,
): Promise<void> {
  const given = optionsOf(provider).flatMap((option) => {
    const value = options[toOption(option).attributeName()];
    return value === undefined ? [] : [[option.name, value === true ? "" : String(value)]];
  });
  const write = options as unknown as WriteOptions;
  await withTerminal((ask) => initWith(provider, Object.fromEntries(given), write, ask));
}

async function initWith(provider: Provider, given: Values, write: WriteOptions, ask: Ask | undefined): Promise<void> {
  const collected = await collectValues(optionsOf(provider), given, ask);
  if (!collected.ok) {
    throw new Error(`init ${provider.id}:\n${collected.failure.join("\n")}\nFor example: ${exampleOf(provider)}`);
  }
  const { dir, ci, force = false, dryRun = false } = write;
  const { name = "", path = `/${name}`, upstream = `http://${hostOf(name)}.internal:8080` } = collected.value;
  const shape = describeTokens(provider, collected.value);
  if (!shape.ok) {
    throw new Error(`init ${provider.id}: ${shape.failure}.`);
  }
  const api: Api = {
    name,
    issuerId: provider.id,
    provider: provider.title,
    shape: shape.value,
    schemas: findSchemas(dir),
    path,
    upstream,
  };
  const files = await planFiles(api, ci);
  if (!files.ok) {
    throw new Error(`init ${provider.id}: ${files.failure}`);
  }
  const placed = await compareFiles(dir, files.value, force || dryRun);
  if (!placed.ok) {
    const others = placed.failure.length === 1 ? "This file exists" : "These files exist";
    throw new Error(
      `${others} already, with another text: ${placed.failure.join(", ")}. Nothing was written. --dry-run shows the new text, --force replaces the files, and --name makes another policy.`,
    );
  }
  if (dryRun) {
    process.stdout.write(toPrintableLines(reportDryRun(dir, placed.value)));
    return;
  }
  await writeFiles(dir, placed.value);
  process.stdout.write(toPrintableLines(reportFiles({ dir, issuerId: provider.id, name, files: placed.value })));
  process.stdout.write(toPrintableLines(describeRoot(dir, ci)));
}

/** Calls `run`. If standard input is a terminal, `run` gets a function that asks the user. */
async function withTerminal(run: (ask: Ask | undefined) => Promise<void>): Promise<void> {
  if (!process.stdin.isTTY) {
    return run(undefined);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // If the user types lines before the next question, the iterator keeps them.
  const lines = terminal[Symbol.asyncIterator]();
  try {
    await run(async (question) => {
      terminal.setPrompt(question);
      terminal.prompt();
      const line = await lines.next();
      return line.done ? undefined : line.value;
    });
  } finally {
    terminal.close();
  }
}

function hostOf(name: string): string {
  return name.toLowerCase().replaceAll("_", "-").replace(/-+$/, "");
}

/**
 * The path of our schemas, relative to the directory of policies. Editors find the schemas if our package is installed
 * in the working directory.
 */
function findSchemas(dir: string): string {
  const [here, policies] = [process.cwd(), resolve(dir, "policies")];
  const isInside = policies.startsWith(here.endsWith(sep) ? here : `${here}${sep}`);
  const modules = isInside ? relative(policies, join(here, "node_modules")) : "../node_modules";
  return `${modules.split(sep).join("/")}/kong-jwt-policy/schema`;
}

/** CI systems read their configuration only from the root of a repository. */
function describeRoot(dir: string, ci: Ci): string {
  const root = ci === "none" ? undefined : findRepository(resolve(dir));
  if (root === undefined || root === resolve(dir)) {
    return "";
  }
  const below = relative(root, resolve(dir));
  return `\nThe CI step is in ${toPrintable(dir)}, and ${ci === "github" ? "GitHub" : "GitLab"} reads it only from the root of the repository: move it to ${toPrintable(root)}, and run its commands in ${below}.\n`;
}

function findRepository(dir: string): string | undefined {
  if (existsSync(join(dir, ".git"))) {
    return dir;
  }
  const parent = dirname(dir);
  return parent === dir || !isAbsolute(parent) ? undefined : findRepository(parent);
}
