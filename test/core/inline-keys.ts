import type { KeySource } from "../../plugin/core/model/key.ts";
import { createKeySource } from "../../plugin/keys/life/key-source.ts";
import { noFiles } from "../keys/store/no-files.ts";
import { silentLog } from "../logs.ts";
import { NOW } from "./fixtures.ts";

/** The keys in policy documents, at the fixed time of the tests. */
export const createInlineKeys = (): KeySource =>
  createKeySource({ now: () => NOW * 1000, log: silentLog, files: noFiles });
