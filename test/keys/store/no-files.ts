import { createRootFiles } from "../../../plugin/runtime/load/root-files.ts";

/** For policies that name no key files: every reading fails. */
export const noFiles = createRootFiles("no such root");
