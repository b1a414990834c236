import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../policies/", import.meta.url);

/** The texts of the example policies and of their tests. */
export function policyTexts(): readonly string[] {
  return readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), "utf8"));
}
