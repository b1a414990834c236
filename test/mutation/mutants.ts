// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is looked for are the sources' own templates.
import { findMissingKong } from "../kong/admin-kong.ts";

/**
 * One guard removed at a time: "only an Allow ends an event" and "no instance id ever names another instance" must not
 * survive any of these. `npm run test:mutation` applies each to a copy of the sources and runs the tests named with it.
 */
interface Mutant {
  readonly name: string;
  /** Stands exactly once in the file; else the mutant is stale and its test fails. */
  readonly find: string;
  readonly replace: string;
  /** Why nothing can tell this mutant from the original. */
  readonly equivalent?: string;
}

interface MutatedFile {
  readonly file: string;
  /** Tests that must fail; they import sources, so that nothing needs building. */
  readonly killers: readonly string[];
  readonly mutants: readonly Mutant[];
  /** Why these can not be tried here; undefined when they can. */
  readonly missing?: string | undefined;
}

const CONNECTION = ["outcomes", "calls", "sequence", "commands", "faults"].map(
  (part) => `test/server/connection-${part}.test.ts`,
);

export const MUTATED_FILES: readonly MutatedFile[] = [
  {
    file: "plugin/server/end-event.ts",
    killers: ["test/server/end-event.test.ts", "test/server/connection-outcomes.test.ts"],
    mutants: [
      {
        name: "a look-alike counts as an Allow",
        find: "if (isAllow(outcome)) {",
        replace: 'if ((outcome as Allow | undefined)?.verdict === "allow") {',
      },
      {
        name: "everything that is no Deny counts as an Allow",
        find: "if (isAllow(outcome)) {",
        replace: "if (!isDeny(outcome)) {",
      },
      { name: "a Deny is not recognised", find: "if (isDeny(outcome)) {", replace: "if (false) {" },
      {
        name: "what is no decision is allowed",
        find: 'return encodeDeny(createDeny({ reason: "internal_error", detail }, { policy: "jwt-policy" }));',
        replace: "return encodeAllow({ headers: {} } as Allow, sequence);",
      },
      {
        name: "what is no decision ends nothing",
        find: 'return encodeDeny(createDeny({ reason: "internal_error", detail }, { policy: "jwt-policy" }));',
        replace: "return { frames: Buffer.alloc(0), repliesToDrop: 0 };",
      },
      { name: "null is looked into", find: "outcome !== null && ", replace: "" },
      {
        name: "an Allow has no empty frame",
        find: "[setHeaders, EMPTY_FRAME, rpcReturn]",
        replace: "[setHeaders, rpcReturn]",
      },
      {
        name: "the empty frame comes before the headers",
        find: "[setHeaders, EMPTY_FRAME, rpcReturn]",
        replace: "[EMPTY_FRAME, setHeaders, rpcReturn]",
      },
      {
        name: "an Allow forgets its headers",
        find: "[setHeaders, EMPTY_FRAME, rpcReturn]",
        replace: "[EMPTY_FRAME, rpcReturn]",
      },
      {
        name: "the RpcReturn has a sequence of its own",
        find: "RpcReturnMessage.encode({ sequence })",
        replace: "RpcReturnMessage.encode({ sequence: 1 })",
      },
      { name: "the reply to set_headers is not expected", find: "hasChanges ? 1 : 0", replace: "0" },
      { name: "a reply to set_headers is always expected", find: "hasChanges ? 1 : 0", replace: "1" },
      {
        name: "a Deny ends with an empty frame instead of an exit",
        find: 'encodePdkCall("kong.response.exit", exit)]',
        replace: "EMPTY_FRAME]",
      },
      {
        name: "a Deny has an empty frame behind it",
        find: 'encodePdkCall("kong.response.exit", exit)]',
        replace: 'encodePdkCall("kong.response.exit", exit), EMPTY_FRAME]',
      },
      {
        name: "a Deny is not logged",
        find: "[encodePdkCall(`kong.log.${level}`, log), ",
        replace: "[",
      },
      { name: "no reply to the log is expected", find: "repliesToDrop: 1,", replace: "repliesToDrop: 0," },
      { name: "a reply to the exit is expected", find: "repliesToDrop: 1,", replace: "repliesToDrop: 2," },
      {
        name: "failures of ours are logged like the client's",
        find: "logLevelOf(deny);",
        replace: '"warn";',
      },
      {
        name: "a failure names no method, which Kong takes for the end",
        find: "encodePdkCall(text, new Uint8Array())",
        replace: 'encodePdkCall("", new Uint8Array())',
      },
      {
        name: "a failure has no arguments, for which Kong waits",
        find: "frames: encodePdkCall(text, new Uint8Array())",
        replace: "frames: encodeFrame(Buffer.from(text))",
      },
      {
        name: "an unknown instance is an error like any other",
        find: 'encodeFailure("no plugin instance")',
        replace: 'encodeFailure("jwt-policy failed")',
      },
    ],
  },
  {
    file: "plugin/server/connection.ts",
    killers: CONNECTION,
    mutants: [
      { name: "an event can end twice", find: "if (!event.hasEnded) {", replace: "if (true) {" },
      { name: "the end is not noted", find: "event.hasEnded = true;", replace: "" },
      { name: "the deadline is not cleared", find: "clearTimeout(event.deadline);", replace: "" },
      {
        name: "the deadline never comes",
        find: ", deadlineMs);\n    const fail",
        replace: ", 2 ** 30);\n    const fail",
      },
      {
        name: "the deadline allows",
        find: 'conclude(denied("deadline_exceeded", `${deadlineMs} ms`))',
        replace: "socket.write(Buffer.alloc(4))",
      },
      {
        name: "the deadline is an internal error",
        find: 'conclude(denied("deadline_exceeded", `${deadlineMs} ms`))',
        replace: "conclude(undefined)",
      },
      { name: "a rejection is not heard", find: ".then(conclude, fail)", replace: ".then(conclude, () => {})" },
      { name: "a rejection with an Allow allows", find: ".then(conclude, fail)", replace: ".then(conclude, conclude)" },
      { name: "a throw is swallowed", find: "      fail(error);\n", replace: "" },
      {
        name: "a failure ends nothing",
        find: 'conclude(denied("internal_error", "see the plugin server\'s log"));',
        replace: "",
      },
      {
        name: "a call after the end goes out",
        find: "if (event.hasEnded) {\n          reject(",
        replace: "if (false) {\n          reject(",
      },
      { name: "a reply that does not decode is swallowed", find: "            reject(error);\n", replace: "" },
      {
        name: "an outcome that does not encode is thrown",
        find: "return encodeFailure(`${NAME} failed`);",
        replace: "throw error;",
      },
      {
        name: "late replies reach the handler",
        find: "replyHandlers.fill(dropReply).push(",
        replace: "replyHandlers.push(",
      },
      {
        name: "late replies are forgotten, and taken for calls",
        find: "replyHandlers.fill(dropReply).push(",
        replace: "replyHandlers.splice(0);\n    replyHandlers.push(",
      },
      {
        name: "replies to the ending's own calls are taken for calls",
        find: "{ length: ending.repliesToDrop }",
        replace: "{ length: 0 }",
      },
      { name: "replies come in the wrong order", find: "replyHandlers.shift()", replace: "replyHandlers.pop()" },
      { name: "an ended event goes on", find: "    current = undefined;\n", replace: "" },
      {
        name: "a call in the middle of an event is served",
        find: "} else if (current) {\n      throw",
        replace: "} else if (false) {\n      throw",
      },
      {
        name: "any phase is decided like access",
        find: 'cmdHandleEvent?.eventName !== "access"',
        replace: "cmdHandleEvent === undefined",
      },
      {
        name: "an unknown instance is an error like any other",
        find: "finish(current, encodeUnknownInstance());",
        replace: "finish(current, encodeFailure(NAME));",
      },
      {
        name: "an unknown instance closes the connection",
        find: "finish(current, encodeUnknownInstance());",
        replace: "socket.destroy();",
      },
      {
        name: "another phase is an unknown instance, which Kong would try for ever",
        find: "finish(current, encodeFailure(`${NAME} has no such command or phase`));",
        replace: "finish(current, encodeUnknownInstance());",
      },
      {
        name: "a closed instance stays",
        find: "instances.close(cmdCloseInstance.instanceId ?? 0);",
        replace: "",
      },
      {
        name: "an answer has a sequence of its own",
        find: "answer({ sequence, instanceStatus: { name: NAME, instanceId,",
        replace: "answer({ sequence: 0, instanceStatus: { name: NAME, instanceId,",
      },
      { name: "a peer's reset ends the process", find: 'socket.on("error", ', replace: "(() => {})(" },
      { name: "what can not be read keeps its connection", find: "      socket.destroy();\n", replace: "" },
      {
        name: "a closed connection leaves its event under way",
        find: "    if (current) {\n      endEvent(current);\n    }\n",
        replace: "",
      },
      {
        name: "a closed connection keeps its reply handlers",
        find: "    replyHandlers.length = 0;\n",
        replace: "",
        equivalent:
          "frees memory a little earlier than the end of the connection's closures does; no reply comes any more",
      },
      {
        name: "the log quotes an error's message",
        find: "return [error.name, ",
        replace: "return [error.message, ",
      },
    ],
  },
  {
    file: "plugin/core/decision.ts",
    killers: ["test/core/decision.test.ts", "test/server/end-event.test.ts"],
    mutants: [
      {
        name: "a look-alike counts as an Allow",
        find: "issued.has(value)",
        replace: '(value as Allow).verdict === "allow"',
      },
      { name: "no Allow counts", find: "  issued.add(allow);\n", replace: "" },
      {
        name: "a Deny counts as well",
        find: 'return { verdict: "deny", denial, evidence };',
        replace: 'const deny = { verdict: "deny", denial, evidence } as const;\n  issued.add(deny);\n  return deny;',
      },
      {
        name: "an Allow can be changed after it was made",
        find: 'Object.freeze({ verdict: "allow", headers, evidence })',
        replace: '{ verdict: "allow", headers, evidence }',
      },
      {
        name: "no look at the kind of value",
        find: 'typeof value === "object" && value !== null && issued.has(value)',
        replace: "issued.has(value as object)",
        equivalent: "a WeakSet holds objects only and answers false for everything else; the check is for the types",
      },
    ],
  },
  {
    file: "plugin/core/decide.ts",
    killers: ["test/core/decide.test.ts", "test/core/decide-order.test.ts"],
    mutants: [
      ...["match", "extracted", "decoded", "selected", "located", "verified"].map((stage) => ({
        name: `a denial is passed over: ${stage}`,
        find: `if (isDenial(${stage})) {`,
        replace: "if (false) {",
      })),
      {
        name: "a denial on the way is taken for an identity of nobody",
        find: '  if ("verdict" in authenticated) {\n    return authenticated;\n  }\n',
        replace: "",
      },
      {
        name: "a denial of claims or scopes is passed over",
        find: "return denial ? deny(denial) : { claims, evidence };",
        replace: "return { claims, evidence };",
      },
      {
        name: "claims are not validated",
        find: "validateClaims(issuer, requirements, joseHeader, claims, now()) ?? ",
        replace: "",
      },
      { name: "nothing is authorized", find: " ?? authorize(issuer, requirements, claims)", replace: "" },
      { name: "time stands still in 1970", find: "claims, now())", replace: "claims, 0)" },
      {
        name: "a claim that can not travel is passed over",
        find: "isDenial(propagated)\n    ? createDeny(propagated, evidence)\n    : ",
        replace: "",
      },
      {
        name: "optional lets a bad token pass as nobody",
        find: " && facts.authorization === undefined",
        replace: "",
      },
      {
        name: "required lets a request without a token pass as nobody",
        find: 'requirements.access === "optional" && ',
        replace: "",
      },
      {
        name: "public is not public",
        find: 'if (requirements.access === "public") {',
        replace: "if (false) {",
      },
      {
        name: "nobody gets the identity of the token all the same",
        find: "conclude(policy, undefined, {}, evidence)",
        replace: 'conclude(policy, { sub: "token" }, {}, evidence)',
      },
      {
        name: "the credentials that were judged are not set",
        find: "{ authorization: facts.authorization ?? [] }",
        replace: "{}",
      },
      {
        name: "credentials that came later travel with nobody",
        find: "{ authorization: [] }",
        replace: "{}",
      },
    ],
  },
  {
    file: "plugin/server/instances.ts",
    killers: ["test/server/instances.test.ts"],
    mutants: [
      { name: "ids begin at one", find: "let last = (now() % MAX_ID) - 1;", replace: "let last = 0;" },
      {
        name: "ids count up only, whatever the clock says",
        find: "ahead > 0 && ahead < MAX_ID / 2 ? ",
        replace: "false ? ",
      },
      { name: "ids are the clock", find: "ahead > 0 && ahead < MAX_ID / 2 ? ", replace: "last !== clock ? " },
      { name: "ids jump back with the clock", find: " && ahead < MAX_ID / 2", replace: "" },
      { name: "ids do not go up within a millisecond", find: ": following(last);", replace: ": last;" },
      { name: "an id in use is given out again", find: "while (instances.has(last)) {", replace: "while (false) {" },
      { name: "ids reach zero", find: "(id % MAX_ID) + 1", replace: "(id + 1) % MAX_ID" },
      { name: "ids are no int32", find: "const MAX_ID = 2 ** 31 - 1;", replace: "const MAX_ID = 2 ** 40;" },
      { name: "ids come one too far", find: "const MAX_ID = 2 ** 31 - 1;", replace: "const MAX_ID = 2 ** 31;" },
      {
        name: "one instance for all",
        find: "return entry?.instance;",
        replace: "return [...instances.values()].at(-1)?.instance;",
      },
      { name: "a closed instance stays", find: "close: (id) => void instances.delete(id)", replace: "close: () => {}" },
      { name: "the number is not bounded", find: "instances.delete(oldest);", replace: "" },
      {
        name: "one more than the bound",
        find: "instances.size >= MAX_INSTANCES",
        replace: "instances.size > MAX_INSTANCES",
      },
      { name: "use does not count", find: "entry.usedAt = now();", replace: "" },
      { name: "idle ones stay", find: "if (now() - usedAt > IDLE_MS) {", replace: "if (false) {" },
      { name: "idle ones go too soon", find: "now() - usedAt > IDLE_MS", replace: "now() - usedAt >= IDLE_MS" },
    ],
  },
  {
    file: "plugin/guard/kong/plugins/jwt-policy-guard/handler.lua",
    missing: findMissingKong(),
    killers: ["test/guard/requests.test.ts", "test/guard/faults.test.ts", "test/guard/settings.test.ts"],
    mutants: [
      {
        name: "no verdict is good enough",
        find: 'return refuse("jwt-policy gave no verdict")',
        replace: "ngx.ctx[PASSED] = true",
      },
      { name: "any verdict is good enough", find: "if verdict == due then", replace: "if verdict ~= nil then" },
      {
        name: "a verdict of another configuration is good enough",
        find: "if verdict == due then",
        replace: 'if type(verdict) == "string" and verdict:match("%d " .. nonce .. "$") then',
      },
      { name: "nothing is checked", find: "return judge(access, self, conf)", replace: "return access(self, conf)" },
      {
        name: "what a client sends stays until the plugin is asked",
        find: "  ngx.req.clear_header(VERDICT)\n\n",
        replace: "\n",
        equivalent: "no client knows the verdict that is due; only the log would give another reason",
      },
      {
        name: "the upstream gets the verdict",
        find: "  ngx.req.clear_header(VERDICT)\n  return verdict\n",
        replace: "  return verdict\n",
      },
      {
        name: "underscores count as the header",
        find: "rawget(ngx.req.get_headers(0), VERDICT)",
        replace: "ngx.var.http_x_jwt_policy_verdict",
      },
      {
        name: "only the first hundred headers count",
        find: "rawget(ngx.req.get_headers(0), VERDICT)",
        replace: "rawget(ngx.req.get_headers(), VERDICT)",
      },
      {
        name: "instances that were mixed up stay so",
        find: "    forget_instances()\n    access(handler, conf)\n",
        replace: "    access(handler, conf)\n",
      },
      {
        name: "a request that met another instance has no second try",
        find: "    access(handler, conf)\n    verdict = take_verdict()\n",
        replace: "",
      },
      {
        name: "bytes beyond ASCII go on",
        find: 'facts:gsub("[\\128-\\255]", "\\127")',
        replace: "facts",
      },
      {
        name: "a refusal by header is forgotten",
        find: "return pass_on(refusal)",
        replace: "ngx.ctx[PASSED] = true",
      },
      { name: "refusals end nothing", find: "kong.response.exit(503, BODY, HEADERS)\n  error(", replace: "print(" },
      {
        name: "what nobody judges passes",
        find: "if not ngx.ctx[PASSED] and not is_public(kong.router.get_route()) then",
        replace: "if false then",
      },
      { name: "any tag makes a route public", find: "if tag == PUBLIC_TAG then", replace: "if true then" },
      { name: "no tag makes a route public", find: "if tag == PUBLIC_TAG then", replace: "if false then" },
      {
        name: "without jwt-policy to check, the tag is enough",
        find: "if not is_wrapped then",
        replace: "if false then",
      },
    ],
  },
];
