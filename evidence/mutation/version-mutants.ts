import type { MutatedFile } from "./mutant.ts";

const FILES = ["test/runtime/versions/policy-files.test.ts"];
const INLINE = ["test/runtime/versions/inline-policies.test.ts"];

/** What keeps a version that is not the newest good one from deciding. */
export const VERSIONS: readonly MutatedFile[] = [
  {
    file: "plugin/runtime/versions/policy-version.ts",
    killers: ["test/runtime/versions/policy-version.test.ts"],
    mutants: [
      { name: "a retired version comes back", find: "retired: [],", replace: 'retired: ["in effect"],' },
      { name: "any state may follow any other", find: "!TRANSITIONS[this.#state].includes(next)", replace: "false" },
      { name: "retiring ends no wait", find: "      this.#retirement.abort();\n", replace: "" },
    ],
  },
  {
    file: "plugin/runtime/versions/file-versions.ts",
    killers: FILES,
    mutants: [
      {
        name: "a broken version ends the one in effect",
        find: "    if (!load.ok) {\n",
        replace: "    if (!load.ok) {\n      this.#inEffect = undefined;\n",
      },
      {
        name: "keys are not waited for",
        find: "    await waitForKeys(version",
        replace: "    void waitForKeys(version",
      },
      { name: "a first version waits for keys", find: "    if (!this.#inEffect) {\n", replace: "    if (false) {\n" },
      { name: "the file is not looked at after the wait", find: " && (await isStillThere())", replace: "" },
      {
        name: "a deleted version goes on deciding",
        find: "    this.#inEffect?.retire();\n    this.#inEffect = undefined;\n    this.#refuse",
        replace: "    this.#refuse",
      },
      {
        name: "a refusal shows for ever",
        find: "    this.#refused = [];\n    reportInEffect",
        replace: "    reportInEffect",
      },
      { name: "a recovery is no news", find: "policy, true, this", replace: "policy, false, this" },
      {
        name: "a change is no news",
        find: "this.#inEffect !== undefined || this.#refused.length > 0;",
        replace: "false;",
      },
    ],
  },
  {
    file: "plugin/runtime/versions/policy-files.ts",
    killers: FILES,
    mutants: [
      { name: "a file need not settle", find: " || !isSettled", replace: "" },
      {
        name: "one look that misses a file deletes it",
        find: "const SETTLED_LOOKS = 2;",
        replace: "const SETTLED_LOOKS = 1;",
      },
      { name: "looks that miss a file need not be in a row", find: ": 0;", replace: ": watched.missedLooks;" },
      {
        name: "a version that changed while it was read counts",
        find: "    if (identity === undefined) {\n",
        replace: "    if (false) {\n",
      },
      {
        name: "settings are read as policies",
        find: "    if (reserved.has(name)) {\n",
        replace: "    if (false) {\n",
      },
      {
        name: "settings are extended",
        find: "files.find((name) => reserved.has(name))",
        replace: "undefined as string | undefined",
      },
      {
        name: "each spelling is a file of its own",
        find: "watchedFiles.get(name) ?? startWatching(name)",
        replace: "watchedFiles.get(file) ?? startWatching(file)",
      },
      { name: "a file in effect is forgotten", find: " && !versions.inEffect && !reading", replace: " && !reading" },
      { name: "no file is forgotten", find: "        watchedFiles.delete(name);\n", replace: "" },
      { name: "use does not count", find: "    watched.usedAt = now();\n", replace: "" },
    ],
  },
  {
    file: "plugin/runtime/load/policy-names.ts",
    killers: FILES,
    mutants: [
      { name: "any name is a policy", find: "POLICY_FILE.test(name) && ", replace: "" },
      { name: "names may lead out of the root", find: '|| name.startsWith("../")', replace: "" },
      { name: "names are used as they are spelled", find: "posix.normalize(text)", replace: "text" },
      { name: "a name may have control characters", find: " && !CONTROL.test(name)", replace: "" },
    ],
  },
  {
    file: "plugin/runtime/versions/last-good.ts",
    killers: INLINE,
    mutants: [
      { name: "a plugin on a Service has one", find: " || entity.routeId === undefined", replace: "" },
      {
        name: "the rule does not matter",
        find: "(rule !== undefined && !good.policy.rules.has(rule))",
        replace: "false",
      },
      { name: "it never ends", find: "      goods.delete(good.hash);\n", replace: "" },
      {
        name: "it ends although an instance falls back to it",
        find: "    good.users += 1;\n    return {",
        replace: "    return {",
      },
      {
        name: "Kong's own count does not matter",
        find: "return isNewestBySequence ? newest : undefined;",
        replace: "return newest;",
      },
      { name: "the order of starts does not matter", find: "b.order > a.order ? b : a", replace: "a" },
      { name: "another Route's counts", find: "routeId ?? null, serviceId", replace: "serviceId" },
      { name: "another workspace's counts", find: "JSON.stringify([workspace, ", replace: "JSON.stringify([" },
    ],
  },
  {
    file: "plugin/runtime/versions/inline-policies.ts",
    killers: INLINE,
    mutants: [
      {
        name: "it does not matter where the Route leads",
        find: "return route !== undefined && route === fallback.route;",
        replace: "return true;",
      },
      {
        name: "a Route of which Kong says nothing will do",
        find: "route !== undefined && route === fallback.route",
        replace: "route === fallback.route || route === undefined",
      },
      {
        name: "a broken version decides by itself",
        find: "if (fallback && (await",
        replace: "if (false && fallback && (await",
      },
      {
        name: "keys are not waited for",
        find: '      version.become("ready");\n      void',
        replace: "      this.#putIntoEffect(version, load.policy);\n      void",
      },
      {
        name: "a version that was replaced goes on waiting",
        find: "      this.#version.retire();\n    }\n  }\n\n  /** Lets",
        replace: "    }\n  }\n\n  /** Lets",
      },
      { name: "an old worker ends the wait of a newer version", find: "if (isOlder && this", replace: "if (this" },
      {
        name: "an ended instance keeps its version",
        find: "    this.#options.lastGood.drop(this);\n    this.#releaseFallback();",
        replace: "    this.#releaseFallback();",
      },
      {
        name: "an ended instance keeps the one that it falls back to",
        find: "    this.#releaseFallback();\n    this.#shared?.release();",
        replace: "    this.#shared?.release();",
      },
      { name: "nothing unused is let go", find: "        instance.releaseCompiled();\n", replace: "" },
      { name: "what is used is let go", find: " || now() - instance.usedAt <= limits.idleMs", replace: "" },
    ],
  },
];
