import { type CompletedCommand, type CompletedOption, listCommands, type Values } from "./describe-program.ts";

/** Writes the completion for zsh. The completion runs neither this program nor any text of the user. */
export function writeZsh(name: string, program: CompletedCommand): string {
  const commands = listCommands(program);
  const id = `_${name.replaceAll("-", "_")}`;
  return `#compdef ${name}
# zsh completion for ${name}. This command made it: ${name} completion zsh
${id}() {
  local at="" prev=\${words[CURRENT-1]} i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
${commands.flatMap(writePath).join("\n")}
    esac
  done
  if [[ \${words[CURRENT]} == --*=* ]]; then
    prev=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  case "$at $prev" in
${commands.flatMap(({ path, options }) => options.flatMap((option) => writeOption(path, option))).join("\n")}
  esac
  case "$at:$PREFIX" in
${commands.flatMap(writeCommand).join("\n")}
  esac
}

if [[ \${funcstack[1]} == _* ]]; then
  ${id} "$@"
else
  compdef ${id} ${name}
fi
`;
}

function writePath({ path }: CompletedCommand): readonly string[] {
  return path.length === 0
    ? []
    : [`      "${[path.slice(0, -1).join(" "), path.at(-1)].join(" ")}") at="${path.join(" ")}" ;;`];
}

function writeOption(path: readonly string[], { flags, values }: CompletedOption): readonly string[] {
  const cases = flags.map((flag) => `"${path.join(" ")} ${flag}"`).join(" | ");
  return values === undefined ? [] : [`    ${cases}) ${writeValues(values)}; return ;;`];
}

function writeCommand({ path, options, commands, values }: CompletedCommand): readonly string[] {
  const flags = options.flatMap((option) => option.flags.map((flag) => describe(flag, option.description)));
  const inner = commands.map((command) => describe(command.path.at(-1) ?? "", command.description));
  return [
    `    "${path.join(" ")}:-"*) found=(${flags.join(" ")}); _describe -o option found ;;`,
    `    "${path.join(" ")}:"*) ${inner.length > 0 ? `found=(${inner.join(" ")}); _describe command found` : writeValues(values)} ;;`,
  ];
}

/** Writes a word and its description in the form that `_describe` reads. */
function describe(word: string, description: string): string {
  return quoteSingle(`${word.replaceAll(":", "\\:")}:${description}`);
}

function writeValues(values: Values): string {
  switch (values.are) {
    case "words":
      return `compadd -- ${values.words.join(" ")}`;
    case "files":
      return ["_files", ...writePattern(values.endings)].join(" ");
    case "directories":
      return "_files -/";
    case "unknown":
      return "_message value";
  }
}

/** Without these quotes, zsh would read `(md)` as a qualifier of the pattern before it. */
function writePattern(endings: readonly string[]): readonly string[] {
  const [first, ...others] = endings;
  return first === undefined
    ? []
    : ["-g", quoteSingle(others.length === 0 ? `*.${first}` : `*.(${endings.join("|")})`)];
}

/** Writes a string in single quotes, as zsh reads it. */
function quoteSingle(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
