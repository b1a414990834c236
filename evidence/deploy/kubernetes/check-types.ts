import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Manifests, Values } from "./manifest-types.ts";

const TSC = join(import.meta.dirname, "../../../node_modules/typescript/bin/tsc");
const TYPES = JSON.stringify(join(import.meta.dirname, "manifest-types.ts"));

/** A value, and the required type of the value. */
export interface TypedValue {
  /** The name of the value in messages. */
  readonly name: string;
  /** A missing value is a mistake as well. */
  readonly type: keyof Manifests | keyof Values;
  readonly value: unknown;
}

/**
 * Checks values against Kubernetes' API with the TypeScript compiler. A member must not be missing, have another type, or be
 * unknown, because the API silently drops unknown members.
 *
 * @returns one string for each mistake. The list is empty if there are no mistakes.
 */
export async function checkTypes(values: readonly TypedValue[]): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), "manifests-"));
  try {
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true },
      ...{ target: "es2023", module: "nodenext", types: [] },
    };
    await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    const texts = values.map(({ type, value }) => renderCheck(type, value));
    await Promise.all(texts.map((text, index) => writeFile(join(directory, `${index}.ts`), text)));
    const output = await compile(directory);
    return [...output.matchAll(/^(\d+)\.ts\((\d+),\d+\): error (.*(?:\n .*)*)/gm)].map(([, index, line, message]) => {
      const place = texts[Number(index)]?.split("\n")[Number(line) - 1]?.trim();
      return `${values[Number(index)]?.name}: ${place}: ${message}`;
    });
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** For the API, null is the same as an absent member. */
function renderCheck(type: string, value: unknown): string {
  const json = JSON.stringify(value, (_, member) => member ?? undefined, 1);
  return `import type { Manifests, Values } from ${TYPES};\nexport const value = ${json} satisfies (Manifests & Values)[${JSON.stringify(type)}];\n`;
}

async function compile(directory: string): Promise<string> {
  try {
    await promisify(execFile)(process.execPath, [TSC, "-p", directory, "--pretty", "false"], { cwd: directory });
    return "";
  } catch (error) {
    const output = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
    if (!/^\d+\.ts\(/m.test(output)) {
      throw new Error(`the compiler did not check the manifests: ${error} ${output}`);
    }
    return output;
  }
}
