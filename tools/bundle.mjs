// Bundles the built plugin server into one file that needs only Node. Also bundles the launcher into another, small
// file. Loading one file takes a fraction of the time for two hundred files, and Kong refuses all requests while the
// server starts. This program also writes the licences of the bundled packages. The bundle has no comments of our own.
// The bundle is not minified: stack traces must be readable, and a minified bundle would not start faster.
//
// Run it in the folder that contains dist: node tools/bundle.mjs
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rolldown } from "rolldown";

const BUNDLE = "dist/jwt-policy-server.mjs";
const LAUNCHER = "dist/jwt-policy-launcher.mjs";
const LICENSES = "dist/jwt-policy-server.licenses.txt";
const WATCHDOG_THREAD = 'new URL("./watchdog-thread.js", import.meta.url)';
const POLICY_THREAD = 'new URL("./policy-thread.js", import.meta.url)';

const thread = await render("dist/plugin/runtime/load/policy-thread.js", "cjs");
const server = await bundle("dist/plugin/server/main.js", BUNDLE);
writeFileSync(LICENSES, renderLicenses([...server, ...thread.moduleIds]));
// The launcher contains no library, so it needs no licences.
await bundle("dist/plugin/server/launcher-main.js", LAUNCHER);

/** Writes one file that imports only Node's own modules. Returns the names of the modules in this file. */
async function bundle(input, file) {
  const { code, moduleIds } = await render(input, "esm");
  writeFileSync(file, `#!/usr/bin/env node\n${code}`);
  chmodSync(file, 0o755);
  return moduleIds;
}

/** Makes one text of a module. The text imports only Node's own modules. */
async function render(input, format) {
  const build = await rolldown({
    input,
    platform: "node",
    plugins: [{ name: "threads", transform: inlineThreads }],
    onLog: (_, { message }) => fail(message),
  });
  const { output } = await build.generate({ format, comments: { legal: true, annotation: false, jsdoc: false } });
  const [{ code, imports, moduleIds }, ...others] = output;
  const foreign = imports.filter((name) => !name.startsWith("node:"));
  if (others.length > 0 || foreign.length > 0) {
    fail(`${input} is not one file: ${[...others.map(({ fileName }) => fileName), ...foreign].join(", ")}`);
  }
  return { code, moduleIds };
}

/**
 * A thread needs a separate module, and one file cannot contain it. So this function changes the URL from which each
 * thread starts.
 */
function inlineThreads(code, id) {
  if (id.endsWith("/plugin/server/process/watchdog.js")) {
    // The module of the watchdog thread is small, so its text becomes a data URL.
    const text = readFileSync("dist/plugin/server/process/watchdog-thread.js", "utf8");
    const url = JSON.stringify(`data:text/javascript,${encodeURIComponent(text)}`);
    return replaceOnce(code, WATCHDOG_THREAD, `new URL(${url})`, id);
  }
  if (id.endsWith("/plugin/runtime/load/start-policy-thread.js")) {
    // The modules of the policy thread become one string. The JavaScript engine skips a string faster than code, and the thread
    // loads less than the whole server.
    return replaceOnce(code, POLICY_THREAD, JSON.stringify(thread.code), id);
  }
  return null;
}

function replaceOnce(code, text, replacement, id) {
  if (code.split(text).length !== 2) {
    fail(
      `${text} must be in ${id} exactly once: change tools/bundle.mjs, because the thread now starts in another way`,
    );
  }
  return code.replace(text, () => replacement);
}

function renderLicenses(ids) {
  const folders = ids.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []);
  const notices = [...new Set(folders)].map(renderNotice).sort();
  return ["Third-party software in jwt-policy-server.mjs, with its licences.\n", ...notices].join(
    `\n${"=".repeat(80)}\n`,
  );
}

function renderNotice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
  if (file === undefined) {
    fail(`${name} has no licence text`);
  }
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
}

function fail(message) {
  process.stderr.write(`bundle: ${message}\n`);
  process.exit(1);
}
