import { type CompletedCommand, type CompletedOption, listCommands, type Values } from "./describe-program.ts";

/**
 * Writes the completion for bash, from version 3.2 on. The completion needs no package besides bash. The completion
 * runs neither this program nor any text of the user.
 */
export function writeBash(name: string, program: CompletedCommand): string {
  const commands = listCommands(program);
  const id = `_${name.replaceAll("-", "_")}`;
  return `# bash completion for ${name}. This command made it: ${name} completion bash
${id}_list() {
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$word")
  done
}

${id}_files() {
  compopt -o filenames 2>/dev/null
  ${id}_list < <(
    compgen -d -- "$1"
    if [ $# -eq 1 ]; then
      compgen -f -- "$1"
    fi
    for ending in "\${@:2}"; do
      compgen -f -X "!*.$ending" -- "$1"
    done | sort -u
  )
}

${id}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path="" i
  # bash splits --format=json into three words.
  if [ "$cur" = "=" ]; then
    cur=""
  elif [ "$prev" = "=" ] && [ "$COMP_CWORD" -gt 1 ]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
${commands.flatMap(writePath).join("\n")}
    esac
  done
  case "$path $prev" in
${commands.flatMap(({ path, options }) => options.flatMap((option) => writeOption(id, path, option))).join("\n")}
  esac
  case "$path:$cur" in
${commands.flatMap((command) => writeCommand(id, command)).join("\n")}
  esac
}

complete -F ${id} ${name}
`;
}

function writePath({ path }: CompletedCommand): readonly string[] {
  return path.length === 0
    ? []
    : [`      "${[path.slice(0, -1).join(" "), path.at(-1)].join(" ")}") path="${path.join(" ")}" ;;`];
}

function writeOption(id: string, path: readonly string[], { flags, values }: CompletedOption): readonly string[] {
  const cases = flags.map((flag) => `"${path.join(" ")} ${flag}"`).join(" | ");
  return values === undefined ? [] : [`    ${cases}) ${writeValues(id, values)}; return ;;`];
}

function writeCommand(id: string, { path, options, commands, values }: CompletedCommand): readonly string[] {
  const flags = options.flatMap((option) => option.flags);
  const inner: Values =
    commands.length > 0 ? { are: "words", words: commands.map(({ path: words }) => words.at(-1) ?? "") } : values;
  return [
    `    "${path.join(" ")}:-"*) ${writeValues(id, { are: "words", words: flags })} ;;`,
    `    "${path.join(" ")}:"*) ${writeValues(id, inner)} ;;`,
  ];
}

function writeValues(id: string, values: Values): string {
  switch (values.are) {
    case "words":
      return `${id}_list < <(compgen -W "${values.words.join(" ")}" -- "$cur")`;
    case "files":
      return [`${id}_files "$cur"`, ...values.endings].join(" ");
    case "directories":
      return `compopt -o filenames 2>/dev/null; ${id}_list < <(compgen -d -- "$cur")`;
    case "unknown":
      return "COMPREPLY=()";
  }
}
