// Makes one file of the built plugin server (and a small one of its launcher), which runs with Node alone: Kong refuses all requests while it starts the server,
// and one file loads in a fraction of the time that two hundred take. Beside it the licences of what is in it. Not minified:
// a stack in the log must say something, and it would start no faster.
//
//   node tools/bundle.mjs      in the folder that holds dist
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rolldown } from "rolldown";

const BUNDLE = "dist/jwt-policy-server.mjs";
const LAUNCHER = "dist/jwt-policy-launcher.mjs";
const LICENSES = "dist/jwt-policy-server.licenses.txt";
const THREAD = 'new URL("./watchdog-thread.js", import.meta.url)';

writeFileSync(LICENSES, renderLicenses(await bundle("dist/plugin/server/main.js", BUNDLE)));
// The launcher has no library in it.
await bundle("dist/plugin/server/launcher-main.js", LAUNCHER);

/** Writes one file that imports nothing but Node, and returns the modules in it. */
async function bundle(input, file) {
  const build = await rolldown({
    input,
    platform: "node",
    plugins: [{ name: "watchdog-thread", transform: inlineThread }],
    onLog: (_, { message }) => fail(message),
  });
  const { output } = await build.write({ file, banner: "#!/usr/bin/env node" });
  const [{ imports, moduleIds }, ...others] = output;
  const foreign = imports.filter((name) => !name.startsWith("node:"));
  if (others.length > 0 || foreign.length > 0) {
    fail(`${file} is not one file: ${[...others.map(({ fileName }) => fileName), ...foreign].join(", ")}`);
  }
  chmodSync(file, 0o755);
  return moduleIds;
}

/** The thread is a module of its own, which one file can not hold: so its text becomes the URL. */
function inlineThread(code, id) {
  if (!id.endsWith("/plugin/server/watchdog.js")) {
    return null;
  }
  if (code.split(THREAD).length !== 2) {
    fail(`${THREAD} does not stand once in watchdog.js: teach tools/bundle.mjs how the thread starts now`);
  }
  const text = readFileSync("dist/plugin/server/watchdog-thread.js", "utf8");
  return code.replace(THREAD, () => `new URL(${JSON.stringify(`data:text/javascript,${encodeURIComponent(text)}`)})`);
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
    fail(`${name} brings no licence text`);
  }
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
}

function fail(message) {
  process.stderr.write(`bundle: ${message}\n`);
  process.exit(1);
}
