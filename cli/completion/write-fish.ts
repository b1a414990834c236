import { type CompletedCommand, type CompletedOption, listCommands, type Values } from "./describe-program.ts";

/** Writes the completion for fish. The completion runs neither this program nor any text of the user. */
export function writeFish(name: string, program: CompletedCommand): string {
  const commands = listCommands(program);
  const id = `__${name.replaceAll("-", "_")}`;
  const lines = commands.flatMap((command) => writeCommand({ name, id }, command));
  return `# fish completion for ${name}. This command made it: ${name} completion fish
function ${id}_at
    set -l at ''
    for word in (commandline -opc)[2..]
        switch "$at $word"
${commands.flatMap(writePath).join("\n")}
        end
    end
    test "$at" = "$argv"
end

function ${id}_files
    set -l endings (string join '|' -- $argv)
    set -l token (commandline -ct | string replace -r '^-[^=]*=' '')
    complete -C "'' $token" | string match -er "(/|\\.($endings))(\\t.*)?\\$"
end

complete -c ${name} -e
complete -c ${name} -f
${lines.join("\n")}
`;
}

interface Names {
  readonly name: string;
  readonly id: string;
}

function writePath({ path }: CompletedCommand): readonly string[] {
  return path.length === 0
    ? []
    : [
        `            case ${quote([path.slice(0, -1).join(" "), path.at(-1)].join(" "))}`,
        `                set at ${quote(path.join(" "))}`,
      ];
}

function writeCommand({ name, id }: Names, { path, options, commands, values }: CompletedCommand): readonly string[] {
  const start = `complete -c ${name} -n ${quote(`${id}_at ${quote(path.join(" "))}`)}`;
  const inner = commands.map(
    ({ path: words, description }) => `${start} -a ${quote(words.at(-1) ?? "")} -d ${quote(description)}`,
  );
  return [
    ...options.map((option) => `${start} ${writeOption(id, option)}`),
    ...inner,
    ...(inner.length > 0 || values.are === "unknown" ? [] : [`${start} ${writeValues(id, values)}`]),
  ];
}

function writeOption(id: string, { flags, description, values }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = values === undefined ? [] : [`-r ${writeValues(id, values)}`];
  return [...names, `-d ${quote(description)}`, ...value].join(" ");
}

function writeValues(id: string, values: Values): string {
  switch (values.are) {
    case "words":
      return `-f -a ${quote(values.words.join(" "))}`;
    case "files":
      return values.endings.length === 0 ? "-F" : `-f -a ${quote(`(${id}_files ${values.endings.join(" ")})`)}`;
    case "directories":
      return `-f -a '(__fish_complete_directories (commandline -ct | string replace -r "^-[^=]*=" ""))'`;
    case "unknown":
      return "-f";
  }
}

/** Writes a string in single quotes. Inside single quotes, fish knows only the escapes `\\` and `\'`. */
function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
