import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** The built modules of one clone of the project, so that one run can measure two versions. */
export interface Subject {
  readonly directory: string;
  readonly query: typeof import("../../../plugin/core/query.ts");
  readonly cookies: typeof import("../../../plugin/core/cookies.ts");
  readonly path: typeof import("../../../plugin/core/request-path.ts");
  readonly dots: typeof import("../../../plugin/core/dot-segments.ts");
  readonly match: typeof import("../../../plugin/core/match.ts");
  readonly extract: typeof import("../../../plugin/core/extract.ts");
  readonly origin: typeof import("../../../plugin/core/origin.ts");
  readonly base64url: typeof import("../../../plugin/core/base64url.ts");
  readonly decode: typeof import("../../../plugin/core/decode.ts");
  readonly json: typeof import("../../../plugin/core/json.ts");
  readonly templates: typeof import("../../../plugin/core/issuer-template.ts");
  readonly condition: typeof import("../../../plugin/core/condition.ts");
  readonly propagate: typeof import("../../../plugin/core/propagate.ts");
  readonly decision: typeof import("../../../plugin/core/decision.ts");
  readonly reply: typeof import("../../../plugin/core/reply.ts");
  readonly facts: typeof import("../../../plugin/kong/facts-variable.ts");
  readonly form: typeof import("../../../plugin/kong/negotiate-form.ts");
  readonly exit: typeof import("../../../plugin/kong/create-exit.ts");
  readonly log: typeof import("../../../plugin/observe/decision-log.ts");
  readonly frames: typeof import("../../../plugin/server/frames.ts");
  readonly messages: typeof import("../../../plugin/server/messages.ts");
  readonly policy: typeof import("../../../plugin/policy/read-policy.ts");
}

const MODULES: Readonly<Record<Exclude<keyof Subject, "directory">, string>> = {
  query: "core/query",
  cookies: "core/cookies",
  path: "core/request-path",
  dots: "core/dot-segments",
  match: "core/match",
  extract: "core/extract",
  origin: "core/origin",
  base64url: "core/base64url",
  decode: "core/decode",
  json: "core/json",
  templates: "core/issuer-template",
  condition: "core/condition",
  propagate: "core/propagate",
  decision: "core/decision",
  reply: "core/reply",
  facts: "kong/facts-variable",
  form: "kong/negotiate-form",
  exit: "kong/create-exit",
  log: "observe/decision-log",
  frames: "server/frames",
  messages: "server/messages",
  policy: "policy/read-policy",
};

/** @param directory a clone whose `dist` is built. */
export async function loadSubject(directory: string): Promise<Subject> {
  const loaded = await Promise.all(
    Object.entries(MODULES).map(async ([name, file]) => {
      const module = await import(pathToFileURL(join(resolve(directory), "dist/plugin", `${file}.js`)).href);
      return [name, module] as const;
    }),
  );
  return { directory: resolve(directory), ...Object.fromEntries(loaded) } as unknown as Subject;
}
