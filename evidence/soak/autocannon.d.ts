/** Types for the part of autocannon that this code uses. The package itself has no types. */
declare module "autocannon" {
  interface Options {
    readonly url: string;
    readonly connections: number;
    /** How many requests in all. */
    readonly amount: number;
    /** The client sends these requests in turn. */
    readonly requests: readonly { readonly path: string; readonly headers: Readonly<Record<string, string>> }[];
  }
  interface Result {
    readonly statusCodeStats: Readonly<Record<string, { readonly count: number }>>;
    readonly errors: number;
  }
  export default function autocannon(options: Options): Promise<Result>;
}
