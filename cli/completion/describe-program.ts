import type { Argument, Command, Option } from "commander";
import { LINT_RULES } from "../../offline/lint/rules/registry.ts";

/** The set of values that the completion offers at one position of a command line. */
export type Values =
  | { readonly are: "words"; readonly words: readonly string[] }
  /**
   * Directories, and files whose names end with one of these endings. If the list of endings is empty, the completion
   * offers every file.
   */
  | { readonly are: "files"; readonly endings: readonly string[] }
  | { readonly are: "directories" }
  /** The completion offers nothing, because only the user knows this text. */
  | { readonly are: "unknown" };

export interface CompletedOption {
  /** All spellings of the option, such as `-o` and `--output`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** The values are undefined if the option takes no value. */
  readonly values: Values | undefined;
}

export interface CompletedCommand {
  /** The words after the program's name. For the program itself, this list is empty. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
  readonly values: Values;
}

const DOCUMENTS: Values = { are: "files", endings: ["yaml", "yml", "json"] };
const ANY_FILE: Values = { are: "files", endings: [] };
const UNKNOWN: Values = { are: "unknown" };

/** Maps the name of an option to the accepted values. */
const BY_OPTION: Readonly<Record<string, Values>> = {
  "check --code-quality": { are: "files", endings: ["json"] },
  "check --comment": { are: "files", endings: ["md"] },
  "check --junit": { are: "files", endings: ["xml"] },
  "check --sarif": { are: "files", endings: ["sarif", "json"] },
  "explain --path": UNKNOWN,
  "explain --token": ANY_FILE,
  "lint --rule": { are: "words", words: LINT_RULES.map(({ id }) => id) },
  "report --log": ANY_FILE,
};

/** Maps the placeholder of an option or argument (`file` in `--log <file>`) to the accepted values. */
const BY_PLACEHOLDER: Readonly<Record<string, Values>> = {
  before: DOCUMENTS,
  dir: { are: "directories" },
  file: DOCUMENTS,
  files: DOCUMENTS,
  path: ANY_FILE,
  paths: DOCUMENTS,
};

/**
 * Describes a program from commander's own definitions. Therefore the completion always knows all commands and options of the
 * program.
 */
export function describeProgram(command: Command, path: readonly string[] = []): CompletedCommand {
  const help = command.createHelp();
  const [argument] = command.registeredArguments;
  return {
    path,
    description: shorten(command.description()),
    options: help.visibleOptions(command).map((option) => describeOption(option, path)),
    commands: help.visibleCommands(command).map((inner) => describeProgram(inner, [...path, inner.name()])),
    values: argument === undefined ? UNKNOWN : describeArgument(argument),
  };
}

function describeOption(option: Option, path: readonly string[]): CompletedOption {
  const { short, long, description, argChoices, flags } = option;
  const placeholder = /[<[]([^>\].]+)/.exec(flags)?.[1] ?? "";
  const own = BY_OPTION[`${path.join(" ")} ${long ?? ""}`] ?? BY_PLACEHOLDER[placeholder] ?? UNKNOWN;
  const takesValue = option.required || option.optional;
  const values: Values = argChoices ? { are: "words", words: argChoices } : own;
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description: shorten(description),
    values: takesValue ? values : undefined,
  };
}

function describeArgument(argument: Argument): Values {
  return argument.argChoices
    ? { are: "words", words: argument.argChoices }
    : (BY_PLACEHOLDER[argument.name()] ?? UNKNOWN);
}

/** Lists all commands, and the program itself comes first. */
export function listCommands(command: CompletedCommand): readonly CompletedCommand[] {
  return [command, ...command.commands.flatMap(listCommands)];
}

const LONGEST = 70;

/**
 * Returns the beginning of a description. The result is short enough to be on one line with the word that it describes.
 */
function shorten(text: string): string {
  const [first = ""] = text.split(/[;\n]/);
  return first.length <= LONGEST ? first : `${first.slice(0, LONGEST - 1).replace(/\s+\S*$/, "")} …`;
}
