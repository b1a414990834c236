import { createRootFiles } from "../../../plugin/runtime/load/root-files.ts";

/** For policies that name no key files. Every read of a file fails. */
export const noFiles = createRootFiles("no such root");
