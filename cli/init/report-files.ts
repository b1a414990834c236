import { join } from "node:path";
import { quoteWord } from "../../sandbox/message/shell-word.ts";
import type { PlacedFile } from "./place-files.ts";

const COMMAND = "npx --no-install kong-jwt-policy";

interface Written {
  readonly dir: string;
  readonly issuerId: string;
  readonly name: string;
  readonly files: readonly PlacedFile[];
}

/** Reports which files were written, what the user must add to existing files, and the next step. */
export function reportFiles({ dir, issuerId, name, files }: Written): string {
  const word = (path: string): string => quoteWord(join(dir, path));
  const isHere = join(dir, ".") === join(".");
  const places = isHere ? "" : ` --config ${word("kong.yml")} --policy-root ${word("policies")}`;
  const kong = files.find(({ path }) => path === "kong.yml");
  const mustAdd =
    kong?.action === "add"
      ? `add the part above to ${word("kong.yml")}`
      : `write the address of your upstream into ${word("kong.yml")}`;
  return [
    ...files.map((file) => describeFile(dir, file)),
    ...files.flatMap((file) => describePart(dir, file)),
    "",
    "Next:",
    `1. Run the tests, and read them:  ${COMMAND} test ${word("policies")} --coverage --mutate`,
    `2. Try the policy in the sandbox: ${COMMAND} sandbox --stand-in ${issuerId}${places}`,
    `3. Load it: ${mustAdd}, set up what ${word(`policies/${name}.yaml`)} lists, and follow docs/guides/kong.md`,
    "",
  ].join("\n");
}

function describeFile(dir: string, { path, action }: PlacedFile): string {
  const file = join(dir, path);
  switch (action) {
    case "write":
      return `wrote    ${file}`;
    case "replace":
      return `replaced ${file}`;
    case "keep":
      return `kept ${file}, which already has this part`;
    case "add":
      return `kept     ${file}, which init does not change: add the part below`;
  }
}

function describePart(dir: string, { path, action, shared }: PlacedFile): readonly string[] {
  return action !== "add" || shared === undefined
    ? []
    : ["", `Add to ${join(dir, path)}, ${shared.where}:`, "", shared.part.trimEnd()];
}

/** Shows the text of every file that `init` would write. */
export function reportDryRun(dir: string, files: readonly PlacedFile[]): string {
  const shown = files.map((file) => {
    const text = file.action === "add" ? (file.shared?.part ?? "") : file.text;
    return `# ${join(dir, file.path)}: ${WOULD[file.action]}\n${file.action === "keep" ? "" : text}`;
  });
  return shown.join("\n");
}

const WOULD: Readonly<Record<PlacedFile["action"], string>> = {
  write: "would be written",
  replace: "would be replaced, only with --force",
  keep: "has this part already",
  add: "would not be changed: you would have to add this part",
};
