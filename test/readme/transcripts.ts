/** A command in a document's console blocks, and the command's output in the document. */
export interface Transcript {
  readonly command: string;
  /** `…` stands for any text. */
  readonly output: string;
}

/** The fenced blocks of a Markdown text. */
export function findBlocks(markdown: string): { readonly language: string; readonly text: string }[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));
}

/** The commands of all console blocks, in their order. Each command comes after `$ `. */
export function findTranscripts(markdown: string): Transcript[] {
  return findBlocks(markdown)
    .filter(({ language }) => language === "console")
    .flatMap(({ text }) => [...text.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n?)*)/gm)])
    .map(([, command = "", output = ""]) => ({ command, output }));
}

/** Matches what a document shows. */
export function toPattern(output: string): RegExp {
  const pattern = output
    .split("…")
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    .join("[\\s\\S]*");
  return new RegExp(`^${pattern}$`);
}
