/**
 * Generates the page of /status/view as one text, because the plugin server is one file. The page has one script and
 * one style. The Content-Security-Policy names the hashes of the script and the style. So the browser runs no other
 * script and uses no other style.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const SOURCE = "plugin/server/view/browser/";
/** Matches the texts that would end the script of the page early. */
const ENDS_SCRIPT = /<\/script|<!--/i;

export async function renderViewPage(root: URL): Promise<string> {
  const read = (file: string): string => readFileSync(new URL(SOURCE + file, root), "utf8");
  const script = await bundle(fileURLToPath(new URL(`${SOURCE}main.ts`, root)));
  const style = read("page.css");
  if (ENDS_SCRIPT.test(script)) {
    throw new Error("the script of the page contains </script or <!--");
  }
  const html = read("page.html")
    .replace("/* style */", () => style)
    .replace("/* script */", () => script);
  const constant = (name: string, value: string): string =>
    `export const ${name}: string = ${JSON.stringify(value)};\n`;
  return [
    `// Generated from ${SOURCE} by \`npm run generate\`; do not edit.\n`,
    constant("VIEW_SCRIPT_HASH", hash(script)),
    constant("VIEW_STYLE_HASH", hash(style)),
    constant("VIEW_HTML", html),
  ].join("");
}

async function bundle(input: string): Promise<string> {
  const build = await rolldown({ input, platform: "browser" });
  const { output } = await build.generate({ format: "iife", comments: false });
  const [{ code }, ...others] = output;
  if (others.length > 0) {
    throw new Error("the script of the page is not one file");
  }
  return code;
}

/** Returns the hash of a text as a Content-Security-Policy writes it. */
function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
