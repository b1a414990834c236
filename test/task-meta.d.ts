import "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Name and version of the gateway that a test ran on. */
    gateway?: string;
  }
  export interface ProvidedContext {
    /** Whether properties and tables run in full: set by the project `proofs`. */
    isThorough?: boolean;
  }
}
