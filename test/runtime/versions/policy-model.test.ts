import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FileIdentity, PolicyCompiler } from "../../../plugin/runtime/load/policy-compiler.ts";
import { createPolicyStore } from "../../../plugin/runtime/load/policy-store.ts";
import { type PolicyFiles, watchPolicyFiles } from "../../../plugin/runtime/versions/policy-files.ts";
import { runsOf } from "../../runs.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { askNothing, holdKeys, holdWaits, logApart, waitForDisk } from "./policy-scene.ts";

/** `MODEL_RUNS=100000 npx vitest run test/runtime/versions/policy-model.test.ts` searches longer. */
const RUNS = Number(process.env.MODEL_RUNS ?? runsOf(300));

const root = temporaryFolder();

/** The content of a file. The numbers distinguish its versions. */
type Content = { readonly good: number } | "broken" | undefined;

/**
 * The model has one policy that extends another policy. It computes the result from the files on disk at each check.
 * The model does not know how the plugin stores versions. The numbers of the two files name a version.
 */
interface Reference {
  child: Content;
  parent: Content;
  /** The number of checks since a file last changed. */
  looks: number;
  /** The number of checks in a row that did not find a file. */
  missed: number;
  inEffect: string | undefined;
  /** The version on disk waits for keys. */
  isWaiting: boolean;
  heldKeys: Set<number>;
}

function onDisk({ child, parent }: Reference): string | undefined {
  return typeof child === "object" && typeof parent === "object" ? `${child.good}/${parent.good}` : undefined;
}

function look(model: Reference): void {
  model.looks += 1;
  const isMissing = model.child === undefined || model.parent === undefined;
  model.missed = isMissing ? model.missed + 1 : 0;
  if (model.missed >= 2) {
    model.inEffect = undefined;
    return;
  }
  const found = onDisk(model);
  const isSettled = model.looks >= 2;
  if (found === undefined || !isSettled || found === model.inEffect || model.isWaiting) {
    return;
  }
  const lacksKeys = typeof model.child === "object" && model.heldKeys.has(model.child.good);
  if (model.inEffect !== undefined && lacksKeys) {
    model.isWaiting = true;
  } else {
    model.inEffect = found;
  }
}

function takeEffect(model: Reference): void {
  if (model.isWaiting) {
    model.isWaiting = false;
    model.inEffect = onDisk(model);
  }
}

/** The plugin's code, on a real disk with increasing identities, because the kernel's clock for files moves in steps. */
class Product {
  readonly keys = holdKeys();
  readonly waits = holdWaits();
  readonly #writes = new Map<string, number>();
  #files = this.#start();

  write(file: "a.yaml" | "base.yaml", content: Content): void {
    this.#writes.set(file, (this.#writes.get(file) ?? 0) + 1);
    const path = join(root, file);
    if (content === undefined) {
      rmSync(path, { force: true });
    } else if (content === "broken") {
      writeFileSync(path, "jwt_policy: 1\nroutes: 7\n");
    } else {
      writeFileSync(path, file === "a.yaml" ? childText(content.good) : parentText(content.good));
    }
  }

  async look(): Promise<void> {
    await (await this.#files.look()).readings;
  }

  async restart(): Promise<void> {
    this.#files = this.#start();
    await this.inEffect();
  }

  async inEffect(): Promise<string | undefined> {
    const load = await this.#files.open("a.yaml").current(askNothing);
    return load.ok ? `${load.value.name.slice(1)}/${load.value.maxTokenBytes}` : undefined;
  }

  #start(): PolicyFiles {
    const store = createPolicyStore(root);
    const numbered = (name: string, { isMissing }: FileIdentity): FileIdentity => ({
      identity: `${name} ${this.#writes.get(name) ?? 0} ${isMissing}`,
      isMissing,
    });
    const compiler: PolicyCompiler = {
      ...store,
      async identify(files) {
        const { identities, tookMs } = await store.identify(files);
        return { tookMs, identities: identities.map((identity, index) => numbered(files[index] ?? "", identity)) };
      },
      async compileFile(file) {
        const compiled = await store.compileFile(file);
        const { identities } = await compiler.identify(compiled.files);
        return { ...compiled, identity: identities.map(({ identity }) => identity).join("\n") };
      },
    };
    return watchPolicyFiles({
      compiler,
      keys: this.keys,
      log: logApart(),
      reserved: new Set(),
      now: () => 0,
      waitLongest: this.waits.waitLongest,
    });
  }
}

const childText = (version: number): string =>
  `jwt_policy: 1\nname: v${version}\nextends: base.yaml\nroutes: {read: {}}\n`;
const parentText = (version: number): string => `jwt_policy: 1
name: base
issuers: {acme: {issuer: "https://idp.example", audiences: [api]}}
token: {max_bytes: ${version}}
`;

type Step = fc.AsyncCommand<Reference, Product>;

function step(
  name: string,
  onModel: (model: Reference) => void,
  onReal: (real: Product) => unknown,
  canRun = (_: Readonly<Reference>) => true,
): Step {
  return {
    check: canRun,
    async run(model, real) {
      onModel(model);
      await onReal(real);
      await waitForDisk();
      expect(await real.inEffect()).toBe(model.inEffect);
    },
    toString: () => name,
  };
}

const versions = fc.integer({ min: 1_000, max: 1_005 });
const contents = fc.oneof(
  { weight: 5, arbitrary: versions.map((good): Content => ({ good })) },
  { weight: 1, arbitrary: fc.constant<Content>("broken") },
  { weight: 1, arbitrary: fc.constant<Content>(undefined) },
);

const write = (file: "a.yaml" | "base.yaml") =>
  contents.map((content) =>
    step(
      `write ${file} ${JSON.stringify(content)}`,
      (model) => {
        model[file === "a.yaml" ? "child" : "parent"] = content;
        model.looks = 0;
        model.isWaiting = false;
      },
      (real) => real.write(file, content),
    ),
  );

const lookStep = fc.constant(step("look", look, (real) => real.look()));
const holdStep = versions.map((version) =>
  step(
    `hold keys of v${version}`,
    (model) => void model.heldKeys.add(version),
    (real) => real.keys.hold(`v${version}`),
    ({ heldKeys, isWaiting }) => !heldKeys.has(version) && !isWaiting,
  ),
);
const releaseStep = versions.map((version) =>
  step(
    `release keys of v${version}`,
    (model) => {
      model.heldKeys.delete(version);
      if (typeof model.child === "object" && model.child.good === version) {
        takeEffect(model);
      }
    },
    (real) => real.keys.release(`v${version}`),
    ({ heldKeys }) => heldKeys.has(version),
  ),
);
const endStep = fc.constant(step("the longest wait is over", takeEffect, (real) => real.waits.end()));
const restartStep = fc.constant(
  step(
    "restart",
    (model) => {
      model.inEffect = onDisk(model);
      model.isWaiting = false;
      model.looks = 0;
      model.missed = 0;
    },
    (real) => real.restart(),
  ),
);

describe("only the newest good version of a policy file judges requests", () => {
  it("and of the file's parent, in any order of writing, reverting, deleting, waiting and restarting", async () => {
    const steps = fc.commands(
      [write("a.yaml"), write("base.yaml"), lookStep, lookStep, lookStep, holdStep, releaseStep, endStep, restartStep],
      { maxCommands: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        const real = new Product();
        const model: Reference = {
          child: { good: 1_000 },
          parent: { good: 1_000 },
          looks: 0,
          missed: 0,
          inEffect: "1000/1000",
          isWaiting: false,
          heldKeys: new Set(),
        };
        real.write("a.yaml", model.child);
        real.write("base.yaml", model.parent);
        await real.restart();
        await fc.asyncModelRun(() => ({ model, real }), commands);
      }),
      { numRuns: RUNS },
    );
  }, 3_600_000);
});
