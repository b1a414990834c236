import "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Name and version of the gateway that a test ran on. */
    gateway?: string;
  }
}
