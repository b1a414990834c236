// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is looked for are the sources' own templates.
import { findMissingKong } from "../../test/kong/schema/admin-kong.ts";
import { ANSWERING } from "./answer-mutants.ts";
import { CONDITIONS } from "./condition-mutants.ts";
import { JUDGING } from "./judging-mutants.ts";
import type { MutatedFile } from "./mutant.ts";
import { CLEARING } from "./spoofing-mutants.ts";
import { TOKEN_SOURCES } from "./token-source-mutants.ts";
import { VERSIONS } from "./version-mutants.ts";
import { WAY_IN } from "./way-in-mutants.ts";

const CONNECTION = ["outcomes", "calls", "sequence", "commands", "warnings", "ending", "faults"].map(
  (part) => `test/server/connection-${part}.test.ts`,
);

/** "Only an Allow ends an event", "no instance id ever names another instance", and what judges a token. */
export const MUTATED_FILES: readonly MutatedFile[] = [
  ...JUDGING,
  ...CLEARING,
  ...TOKEN_SOURCES,
  ...VERSIONS,
  ...WAY_IN,
  ...ANSWERING,
  ...CONDITIONS,
  {
    file: "plugin/server/protocol/end-event.ts",
    killers: ["end-event", "connection-outcomes", "connection-warnings"].map((name) => `test/server/${name}.test.ts`),
    mutants: [
      {
        name: "a look-alike counts as an Allow",
        find: "if (isAllow(outcome)) {",
        replace: 'if ((outcome as Allow | undefined)?.verdict === "allow") {',
      },
      {
        name: "everything that is no Deny counts as an Allow",
        find: "if (isAllow(outcome)) {",
        replace: 'if (!isVerdict(outcome, "deny")) {',
      },
      { name: "a Deny is not recognised", find: 'if (isVerdict(outcome, "deny")) {', replace: "if (false) {" },
      { name: "an Answer is not recognised", find: 'if (isVerdict(outcome, "answer")) {', replace: "if (false) {" },
      {
        name: "an Answer lets the request pass",
        find: "{ frames: encodeExit(createMetadataExit(outcome.metadataRequest)), repliesToDrop: 0 }",
        replace: "encodeAllow({ headers: {} } as Allow, sequence)",
      },
      {
        name: "a reply to the exit of an Answer is expected",
        find: "encodeExit(createMetadataExit(outcome.metadataRequest)), repliesToDrop: 0",
        replace: "encodeExit(createMetadataExit(outcome.metadataRequest)), repliesToDrop: 1",
      },
      {
        name: "what is no decision is allowed",
        find: 'return encodeDeny(denyOwn("internal_error", "the handler returned no decision"));',
        replace: "return encodeAllow({ headers: {} } as Allow, sequence);",
      },
      {
        name: "what is no decision ends nothing",
        find: 'return encodeDeny(denyOwn("internal_error", "the handler returned no decision"));',
        replace: "return { frames: Buffer.alloc(0), repliesToDrop: 0 };",
      },
      { name: "null is looked into", find: "outcome !== null && ", replace: "" },
      {
        name: "an Allow has no empty frame",
        find: "[...calls, EMPTY_FRAME, rpcReturn]",
        replace: "[...calls, rpcReturn]",
      },
      {
        name: "the empty frame comes before the headers",
        find: "[...calls, EMPTY_FRAME, rpcReturn]",
        replace: "[EMPTY_FRAME, ...calls, rpcReturn]",
      },
      {
        name: "an Allow forgets its headers",
        find: "[...calls, EMPTY_FRAME, rpcReturn]",
        replace: "[EMPTY_FRAME, rpcReturn]",
      },
      {
        name: "the RpcReturn has a sequence of its own",
        find: "RpcReturnMessage.encode({ sequence })",
        replace: "RpcReturnMessage.encode({ sequence: 1 })",
      },
      {
        name: "the reply to set_headers is not expected",
        find: "repliesToDrop: calls.length",
        replace: "repliesToDrop: 0",
      },
      {
        name: "a reply to set_headers is always expected",
        find: "repliesToDrop: calls.length",
        replace: "repliesToDrop: 1",
      },
      {
        name: "Kong learns of the caller when the guard has its verdict already",
        find: "[...calls, EMPTY_FRAME, rpcReturn]",
        replace: "[...calls.toReversed(), EMPTY_FRAME, rpcReturn]",
      },
      { name: "Kong learns of nobody", find: "caller ? encodeCaller(caller) : []", replace: "[]" },
      {
        name: "another plugin's Consumer keeps the token's credential",
        find: '    encodeSet("kong.nginx.set_ctx", "authenticated_consumer", {}),\n',
        replace: "",
      },
      {
        name: "another plugin's groups stay beside the token's Consumer",
        find: 'encodeSet("kong.ctx.shared.set", "authenticated_groups", groups ? listOf(groups) : {})',
        replace: 'groups ? encodeSet("kong.ctx.shared.set", "authenticated_groups", listOf(groups)) : Buffer.alloc(0)',
      },
      { name: "a report is not logged", find: "...encodeReport(allow), ", replace: "" },
      {
        name: "a Deny ends with an empty frame instead of an exit",
        find: "[log, encodeExit(createExit(deny))]",
        replace: "[log, EMPTY_FRAME]",
      },
      {
        name: "a Deny has an empty frame behind it",
        find: "[log, encodeExit(createExit(deny))]",
        replace: "[log, encodeExit(createExit(deny)), EMPTY_FRAME]",
      },
      {
        name: "a Deny is not logged",
        find: "[log, encodeExit(createExit(deny))]",
        replace: "[encodeExit(createExit(deny))]",
      },
      { name: "no reply to the log is expected", find: "repliesToDrop: 1 ", replace: "repliesToDrop: 0 " },
      { name: "a reply to the exit is expected", find: "repliesToDrop: 1 ", replace: "repliesToDrop: 2 " },
      {
        name: "failures of ours are logged like the client's",
        find: "encodeLog(logLevelOf(deny), ",
        replace: 'encodeLog("warn", ',
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
      { name: "replies to warnings are taken for calls", find: "lines.length + ", replace: "" },
      {
        name: "warnings hide the replies to the outcome",
        find: "lines.length + ending.repliesToDrop",
        replace: "lines.length",
      },
      {
        name: "warnings come behind the outcome, where Kong reads no more calls",
        find: "[...lines, ending.frames]",
        replace: "[ending.frames, ...lines]",
      },
      { name: "warnings are dropped", find: "[...lines, ending.frames]", replace: "[ending.frames]" },
    ],
  },
  {
    file: "plugin/server/protocol/connection.ts",
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
        find: 'conclude(denyOwn("deadline_exceeded", `${deadlineMs} ms`))',
        replace: "socket.write(Buffer.alloc(4))",
      },
      {
        name: "the deadline is an internal error",
        find: 'conclude(denyOwn("deadline_exceeded", `${deadlineMs} ms`))',
        replace: "conclude(undefined)",
      },
      { name: "a rejection is not heard", find: ".then(conclude, fail)", replace: ".then(conclude, () => {})" },
      { name: "a rejection with an Allow allows", find: ".then(conclude, fail)", replace: ".then(conclude, conclude)" },
      { name: "a throw is swallowed", find: "      fail(error);\n", replace: "" },
      {
        name: "a failure ends nothing",
        find: 'conclude(denyOwn("internal_error", "see the plugin server\'s log"));',
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
        name: "warnings get lost with an unknown instance",
        find: "finish(current, encodeUnknownInstance());",
        replace: "takeWarnings();\n        finish(current, encodeUnknownInstance());",
      },
      {
        name: "warnings are never taken",
        find: "event.sequence, takeWarnings(), log",
        replace: "event.sequence, [], log",
      },
      { name: "a busy connection is closed", find: "const isIdle = !current && ", replace: "const isIdle = " },
      { name: "a used connection is closed", find: " && performance.now() - lastCallMs > idleMs", replace: "" },
      { name: "a call does not count as use", find: "      lastCallMs = performance.now();\n", replace: "" },
      { name: "an idle connection is not closed", find: "      if (isIdle) {", replace: "      if (false) {" },
      { name: "a retired connection goes on", find: "    if (isRetired) {", replace: "    if (false) {" },
      {
        name: "the end of the stream is all that parts Kong from a retired connection",
        find: "socket.end(Buffer.concat([frames, PARTING]));",
        replace: "socket.end(frames);",
      },
      { name: "a connection ends unasked", find: "let isRetired = false;", replace: "let isRetired = true;" },
      {
        name: "a call on a half-closed connection is served",
        find: "if (socket.writableEnded) {",
        replace: "if (false) {",
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
      { name: "what cannot be read keeps its connection", find: "      socket.destroy();\n", replace: "" },
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
    ],
  },
  {
    file: "plugin/core/model/decision.ts",
    killers: ["test/core/model/decision.test.ts", "test/server/protocol/end-event.test.ts"],
    mutants: [
      {
        name: "a look-alike counts as an Allow",
        find: "issued.has(value as object)",
        replace: '(value as Allow | undefined)?.verdict === "allow"',
      },
      { name: "no Allow counts", find: "  issued.add(allow);\n", replace: "" },
      {
        name: "a Deny counts as well",
        find: 'return { verdict: "deny", denial, evidence, reply };',
        replace:
          'const deny = { verdict: "deny", denial, evidence, reply } as const;\n  issued.add(deny);\n  return deny;',
      },
      {
        name: "an Allow can be changed after it was made",
        find: 'Object.freeze({ verdict: "allow", ...changes, evidence, reported })',
        replace: '{ verdict: "allow", ...changes, evidence, reported }',
      },
    ],
  },
  {
    file: "plugin/core/request/match.ts",
    killers: ["test/core/decide-report.test.ts"],
    mutants: [
      {
        name: "a dot segment opens another rule that enforces",
        find: "mode: strictestModeOfAll(policy) });",
        replace: 'mode: "report" });',
      },
      {
        name: "a request line that cannot be read is only reported",
        find: 'detail: "the request line is malformed" }, mode: "enforce" }',
        replace: 'detail: "the request line is malformed" }, mode: strictestModeOfAll(policy) }',
      },
      {
        name: "another spelling of the path opens an operation that enforces",
        find: "const mode = strictestMode(rule.requirements, rule.operations.values)",
        replace: "const { mode } = rule.requirements",
      },
      {
        name: "a refusal of how a request came follows the rule and not the operation",
        find: "mode: requirements.mode, requirements });",
        replace: 'mode: "report", requirements });',
      },
    ],
  },
  {
    file: "plugin/core/decide.ts",
    killers: ["decide", "decide-order", "decide-report", "decide-callers", "decide-token-source"].map(
      (name) => `test/core/${name}.test.ts`,
    ),
    mutants: [
      { name: "a denial is passed over: match", find: "if (!match.ok) {", replace: "if (false) {" },
      { name: "a denial is passed over: path", find: "if (!path.ok) {", replace: "if (false) {" },
      { name: "a denial is passed over: rule", find: "if (!rule.ok) {", replace: "if (false) {" },
      {
        name: "a denial of scopes is passed over",
        find: "if (!outcome.ok) {",
        replace: "if (false) {",
      },
      {
        name: "a claim that cannot travel is passed over",
        find: "    return refuse(request, matched, { denial: propagated.failure, verified, evidence }, parts);",
        replace: "    return createAllow(await compose(request, matched, caller, parts), evidence);",
      },
      {
        name: "optional lets a bad token pass as nobody",
        find: ' === "optional" && isBare',
        replace: ' === "optional"',
      },
      {
        name: "required lets a request without a token pass as nobody",
        find: 'requirements.access === "optional" && ',
        replace: "",
      },
      { name: "public is not public", find: "if (isOpen) {", replace: "if (false) {" },
      {
        name: "nobody gets the identity of the token all the same",
        find: "pass(request, matched, { evidence })",
        replace:
          'pass(request, matched, { evidence, verified: { claims: { sub: "token" }, payload: new Uint8Array() } as never })',
      },
      {
        name: "the credentials that were judged are not set",
        find: "verified && forwardToken(policy, facts, verified.sent)",
        replace: "undefined",
      },
      {
        name: "credentials that came later travel with an anonymous request",
        find: "isBare) {\n    return pass(request, matched, { evidence }, { credentials: withholdTokens(policy, facts) });",
        replace: "isBare) {\n    return pass(request, matched, { evidence });",
      },
      {
        name: "a token goes on unjudged, because another plugin authenticated the request",
        find: '"sufficient") {\n    return pass(request, matched, { evidence }, { credentials: withholdTokens(policy, facts) });',
        replace: '"sufficient") {\n    return pass(request, matched, { evidence });',
      },
      {
        name: "the compared headers are not set",
        find: "verified && keepCompared(requirements, facts)",
        replace: "undefined",
      },
      {
        name: "a rule that reports opens its operations that enforce",
        find: "refuse(request, match.failure, {",
        replace: "refuse(request, { mode: rule.value.requirements.mode }, {",
      },
      { name: "every rule only reports", find: 'mode === "enforce" || ', replace: "" },
      { name: "a defect is only reported", find: ' || denial.reason === "internal_error"', replace: "" },
      {
        name: "report mode does not name the reason",
        find: "createAllow(changes, evidence, deny)",
        replace: "createAllow(changes, evidence)",
      },
      {
        name: "Kong learns a caller that the upstream does not learn",
        find: "await compose(request, matched, undefined, {",
        replace: "await compose(request, matched, caller, {",
      },
      {
        name: "the lack of another authentication is passed over",
        find: "refuse(request, matched, { denial: other.failure, evidence })",
        replace: "createAllow({ headers: {} }, evidence)",
      },
    ],
  },
  {
    file: "plugin/core/upstream/compose-upstream.ts",
    killers: ["decide", "decide-order", "decide-report", "decide-callers", "decide-token-source"].map(
      (name) => `test/core/${name}.test.ts`,
    ),
    mutants: [
      {
        name: "a compared header goes on in its other spellings",
        find: "kept[spelling] = [];",
        replace: "",
      },
      {
        name: "a compared header goes on as another plugin left it",
        find: "kept[name] = facts.headers.get(name) ?? [];",
        replace: "",
      },
      {
        name: "the client's identity headers stay",
        find: "...(mapped ?? clearIdentity(policy)), ",
        replace: "...mapped, ",
      },
      { name: "Kong's identity headers stay away from the upstream", find: ", ...caller.headers }", replace: " }" },
      { name: "Kong does not learn the caller", find: "caller.identity ? ", replace: "false ? " },
      {
        name: "an unverified token goes on where the policy withholds tokens",
        find: "policy.forwardHeader === undefined ? withholdTokens(policy, facts) : undefined",
        replace: "undefined",
      },
    ],
  },
  {
    file: "plugin/core/upstream/settle-caller.ts",
    killers: ["test/core/decide-callers.test.ts", "test/property/callers.test.ts"],
    mutants: [
      {
        name: "the other plugin's caller stays on every rule",
        find: '!requirements || requirements.otherAuthentication === "ignore"',
        replace: "false",
      },
      {
        name: "an anonymous Consumer of another plugin stays",
        find: "credentialId === undefined",
        replace: "false",
      },
      { name: "the token's caller is not used", find: "  if (caller) {", replace: "  if (false) {" },
      {
        name: "policies without identity clear Kong's caller",
        find: "if (!policy.identity) {",
        replace: "if (false) {",
      },
    ],
  },
  {
    file: "plugin/core/authenticate.ts",
    killers: ["decide", "decide-order", "decide-report", "decide-callers", "decide-token-source"].map(
      (name) => `test/core/${name}.test.ts`,
    ),
    mutants: [
      ...["sent", "decoded", "selected", "key", "signed"].map((stage) => ({
        name: `a denial is passed over: ${stage}`,
        find: `if (!${stage}.ok) {`,
        replace: "if (false) {",
      })),
      { name: "claims are not validated", find: "if (!valid.ok) {", replace: "if (false) {" },
      {
        name: "nothing is authorized",
        find: "authorize(issuer, requirements, claims, { segments, headers: facts.headers }, nowSeconds)",
        replace: "{ ok: true, value: undefined } as Result<undefined, Denial>",
      },
      { name: "time stands still in 1970", find: "= now();", replace: "= 0;" },
      { name: "any site may use a cookie", find: "if (!origin.ok) {", replace: "if (false) {" },
      {
        name: "whom the token names is not looked for",
        find: "await identify(policy.identity, claims, issuer.id, callers)",
        replace: "{ ok: true, value: undefined } as Awaited<ReturnType<typeof identify>>",
      },
      {
        name: "a token that names nobody to Kong is passed over",
        find: "{ outcome: authorized.ok ? caller : authorized, verified, evidence }",
        replace: "{ outcome: authorized, verified, evidence }",
      },
      {
        name: "Kong is asked about who may not pass",
        find: 'if (!authorized.ok && requirements.mode === "enforce") {',
        replace: "if (false) {",
      },
    ],
  },
  {
    file: "plugin/core/request/other-authentication.ts",
    killers: ["test/core/decide-callers.test.ts"],
    mutants: [
      {
        name: "it is enough everywhere",
        find: 'if (otherAuthentication === "skip") {',
        replace: "if (isAuthenticated) {",
      },
      {
        name: "it is never missing",
        find: 'isAuthenticated ? TOKEN_DECIDES : deny({ reason: "other_authentication_missing" })',
        replace: "TOKEN_DECIDES",
      },
      { name: "it is asked for everywhere", find: 'if (otherAuthentication === "ignore") {', replace: "if (false) {" },
    ],
  },
  {
    file: "plugin/core/upstream/identity.ts",
    killers: ["test/core/upstream/identity.test.ts"],
    mutants: [
      {
        name: "every issuer may name everybody",
        find: "if (!identity.issuers.has(issuerId)) {",
        replace: "if (false) {",
      },
      {
        name: "the unknown pass",
        find: '    refusesUnknown ? deny({ reason: "consumer_unknown", detail }) : PASSED',
        replace: "    PASSED",
      },
      { name: "Kong may find another one", find: "consumer?.id && consumer[by] === value", replace: "consumer?.id" },
      { name: "anything is an id", find: 'by === "id" && !UUID.test(value)', replace: "false" },
      { name: "any text names somebody", find: " && IDENTIFIER.test(value)", replace: "" },
      {
        name: "no credential is a credential",
        find: "if (identity.credential && credentialId === undefined) {",
        replace: "if (false) {",
      },
      { name: "any text is a group", find: " && GROUP.test(item)", replace: "" },
      {
        name: "groups that cannot be read are none",
        find: "if (identity.groups && !groups) {",
        replace: "if (false) {",
      },
      { name: "a Consumer has no credential", find: "credentialId ?? consumer?.id", replace: "credentialId" },
    ],
  },
  {
    file: "plugin/runtime/known-consumers.ts",
    killers: ["test/runtime/known-consumers.test.ts"],
    mutants: [
      { name: "one workspace knows the other's", find: "${workspace} ${by} ${value}", replace: "${by} ${value}" },
      { name: "an id is a username", find: "${workspace} ${by} ${value}", replace: "${workspace} ${value}" },
      { name: "who was found is found for ever", find: "if (ageMs >= maxAgeMs) {", replace: "if (false) {" },
      {
        name: "who was not found stays unknown",
        find: "entry.consumer ? maxAgeSeconds : Math.min(maxAgeSeconds, MAX_UNKNOWN_AGE_SECONDS)",
        replace: "maxAgeSeconds",
      },
      { name: "all ask at once", find: "  entry.renewingSince = nowMs;\n", replace: "" },
      { name: "nobody is ever forgotten", find: "entries.size > MAX_ENTRIES && ", replace: "false && " },
    ],
  },
  {
    file: "plugin/core/access/claims.ts",
    killers: ["test/core/access/claims.test.ts"],
    mutants: [
      { name: "a bound token is a bearer token", find: "acceptsBoundTokens && isJsonObject(cnf)", replace: "true" },
      { name: "a key's claim may be anything", find: " && isJsonObject(cnf)", replace: "" },
      {
        name: "an empty claim is a claim",
        find: "if (!hasValue(value)) {",
        replace: "if (value === undefined) {",
      },
      {
        name: "iat may lie in the future",
        find: 'typeof iat === "number" && nowSeconds + skew < iat',
        replace: "false",
      },
      {
        name: "age is not bounded",
        find: 'typeof iat === "number" && nowSeconds - skew >= iat + maxAge',
        replace: "maxAge === -1",
      },
      {
        name: "age is bounded a second late",
        find: "nowSeconds - skew >= iat + maxAge",
        replace: "nowSeconds - skew > iat + maxAge",
      },
      {
        name: "lifetime is not bounded",
        find: "toSeconds(exp) - toSeconds(iat) > longest",
        replace: "longest < 0",
      },
      {
        name: "lifetime is bounded a second early",
        find: "toSeconds(iat) > longest",
        replace: "toSeconds(iat) >= longest",
      },
      { name: "iat is never needed", find: "claims.iat === undefined && needsIssueTime(issuer)", replace: "false" },
    ],
  },
  {
    file: "plugin/core/access/alternatives.ts",
    killers: ["test/core/access/claims.test.ts", "test/core/access/authorize.test.ts"],
    mutants: [
      {
        name: "aud is the audience, whatever the issuer says",
        find: "readClaim(claims, issuer.audience)",
        replace: "claims.aud",
      },
      { name: "an alternative for another issuer counts", find: "accept.has(issuer.id) && ", replace: "" },
      {
        name: "a rule's own audiences do not count",
        find: "audiences ?? issuer.audiences",
        replace: "issuer.audiences",
      },
    ],
  },
  {
    file: "plugin/core/access/authorize.ts",
    killers: ["test/core/access/authorize.test.ts"],
    mutants: [
      ...["checkScopes", "checkNames", "checkConditions", "checkAuthentication"].map((check) => ({
        name: `the last word of ${check} is not heard`,
        find:
          {
            checkScopes: "lacking === undefined\n    ? PASSED\n    : deny({",
            checkNames: "return unmet === undefined\n    ? PASSED\n    :",
            checkConditions: "if (!met.ok) {",
            checkAuthentication: "return isRecent ? PASSED :",
          }[check] ?? "",
        replace:
          {
            checkScopes: "true\n    ? PASSED\n    : deny({",
            checkNames: "return true ? PASSED :",
            checkConditions: "if (false) {",
            checkAuthentication: "return true ? PASSED :",
          }[check] ?? "",
      })),
      {
        name: "no alternative left is as good as one that holds",
        find: "return first ?? deny({",
        replace: "return first ?? PASSED ?? deny({",
      },
    ],
  },
  {
    file: "plugin/core/model/issuer-template.ts",
    killers: ["test/core/model/issuer-template.test.ts"],
    mutants: [
      { name: "any text is a tenant", find: 'TENANT.test(segments[index] ?? "")', replace: "true" },
      {
        name: "iss may be as long as it likes",
        find: "iss.length > MAX_LENGTH",
        replace: "false",
      },
    ],
  },
  {
    file: "plugin/keys/import/rsa-weakness.ts",
    killers: ["test/keys/import/rsa-weakness.test.ts"],
    mutants: [
      { name: "short moduli are used", find: "modulusLength < MIN_BITS || ", replace: "" },
      { name: "huge moduli are used", find: " || modulusLength > MAX_BITS", replace: "" },
      { name: "an exponent of one is used", find: "publicExponent < 3n || ", replace: "" },
      { name: "even exponents are used", find: " || publicExponent % 2n === 0n", replace: "" },
      { name: "huge exponents are used", find: " || publicExponent > MAX_EXPONENT", replace: "" },
      { name: "even moduli are used", find: "modulus % 2n === 0n || ", replace: "" },
      { name: "moduli with a small factor are used", find: " || remainders.includes(0)", replace: "" },
      { name: "one prime tells of a faulty chip", find: "return PRIMES.every(", replace: "return PRIMES.some(" },
      { name: "faulty chips are not known", find: "return PRIMES.every(", replace: "return !PRIMES.every(" },
    ],
  },
  {
    file: "plugin/keys/import/ed25519-weakness.ts",
    killers: ["test/keys/import/ed25519-weakness.test.ts"],
    mutants: [
      { name: "points of small order are used", find: "return SMALL_ORDER.has(", replace: "return new Set().has(" },
      { name: "the sign of x hides them", find: " & 0x7f;", replace: ";" },
    ],
  },
  {
    file: "plugin/runtime/load/read-lineage.ts",
    killers: ["test/runtime/load/read-lineage.test.ts"],
    mutants: [
      { name: "a circle is followed", find: "if (files.includes(parentFile)) {", replace: "if (false) {" },
      {
        name: "the number of files is not bounded",
        find: "if (files.length === MAX_FILES) {",
        replace: "if (false) {",
      },
      {
        name: "a parent need not be a policy by itself",
        find: "ancestry.read.ok ? checkAlone(ancestry.read.value) : ancestry.read",
        replace: "ancestry.read",
      },
      {
        name: "a parent's changes are not looked for",
        find: "read: succeed(merged), files: ancestry.files };",
        replace: "read: succeed(merged), files };",
      },
      {
        name: "the parent alone decides",
        find: "extendDocument(base.value.source.data, source.data)",
        replace: "{ ...(base.value.source.data as object) }",
      },
      {
        name: "a parent is looked for at the root",
        find: "posix.join(posix.dirname(file), parent)",
        replace: "parent",
      },
    ],
  },
  {
    file: "plugin/server/process/claim-generation.ts",
    killers: ["test/server/process/claim-generation.test.ts"],
    isBuilt: true,
    mutants: [
      {
        name: "a claim that another has counts",
        find: 'openSync(path, "wx", 0o600)',
        replace: 'openSync(path, "w", 0o600)',
      },
      {
        name: "a claim counts though newer ones are there",
        find: " && !findClaims().some((claim) => isNewer(claim, generation))",
        replace: "",
      },
      { name: "claims pile up", find: "        rmSync(pathOf(claim), { force: true });\n", replace: "" },
      { name: "it does not count on", find: "(newest + 1) % GENERATIONS", replace: "tries % GENERATIONS" },
      { name: "it counts beyond the last", find: "(newest + 1) % GENERATIONS", replace: "newest + 1" },
      { name: "the greatest is the newest", find: "(isNewer(claim, newer) ?", replace: "(claim > newer ?" },
    ],
  },
  {
    file: "plugin/server/protocol/instances.ts",
    killers: ["test/server/protocol/instances.test.ts"],
    mutants: [
      { name: "all processes have one generation", find: "generation * IDS_PER_GENERATION + count", replace: "count" },
      { name: "ids do not go up", find: "    count += 1; // Kong", replace: "    // Kong" },
      { name: "ids reach zero", find: "let count = 0;", replace: "let count = -1;" },
      {
        name: "a generation that is used up goes on",
        find: "if (count === IDS_PER_GENERATION) {",
        replace: "if (false) {",
      },
      {
        name: "a generation that is used up begins anew",
        find: "      generation = claimGeneration();\n      count = 1;",
        replace: "      count = 1;",
      },
      {
        name: "one instance for all",
        find: "return entry?.instance;",
        replace: "return [...instances.values()].at(-1)?.instance;",
      },
      { name: "a closed instance stays", find: "    close: end,", replace: "    close() {}," },
      { name: "the number is not bounded", find: "      end(longestUnused);\n", replace: "" },
      {
        name: "the length of configurations is not bounded",
        find: " && configLength + length <= maxConfigLength",
        replace: "",
      },
      {
        name: "the length of ended instances counts",
        find: "      configLength -= entry.configLength;\n",
        replace: "",
      },
      { name: "an ended instance does not know", find: "      entry.instance.close?.();\n", replace: "" },
      { name: "one that is in use goes first", find: "instances.delete(id); // To", replace: "// To" },
      { name: "every use is noted, which costs time", find: "> USE_GRAIN_MS", replace: ">= 0" },
      {
        name: "one more than the bound",
        find: "instances.size < maxInstances",
        replace: "instances.size <= maxInstances",
      },
      { name: "use does not count", find: "entry.usedAt = now();", replace: "" },
      { name: "idle ones stay", find: "if (now() - usedAt > IDLE_MS) {", replace: "if (false) {" },
      { name: "idle ones go too soon", find: "now() - usedAt > IDLE_MS", replace: "now() - usedAt >= IDLE_MS" },
    ],
  },
  {
    file: "plugin/runtime/versions/readiness.ts",
    killers: ["test/runtime/versions/readiness.test.ts"],
    mutants: [
      { name: "ready before anything was read", find: '= ["policies are being read"]', replace: "= []" },
      {
        name: "a broken policy is no reason",
        find: "return describeFindings(file, load.failure);",
        replace: "return [];",
      },
      {
        name: "missing keys are no reason",
        find: "return keys.findMissing(load.value).map(",
        replace: "return [].map(",
      },
      { name: "keys are asked for once only", find: "    void keys.prepare(load.value);\n", replace: "" },
      { name: "what cannot be listed is no reason", find: "reasons = [`policies", replace: "void [`policies" },
      { name: "looks once", find: "timer = setTimeout(look, delayMs).unref();", replace: "" },
      {
        name: "ready no more when something breaks",
        find: "    } else if (!isStopped) {\n",
        replace: "    }\n    if (!isStopped) {\n",
      },
    ],
  },
  {
    file: "plugin/runtime/load/list-policy-files.ts",
    killers: ["test/runtime/runtime.test.ts", "test/runtime/versions/readiness.test.ts"],
    mutants: [
      { name: "tests of policies are policies", find: "(?<!\\.test)", replace: "" },
      { name: "what Kubernetes links to counts twice", find: " && !LINKED_TO.test(name)", replace: "" },
      { name: "what Kubernetes links to counts twice, further down", find: "(?:^|\\/)", replace: "^" },
    ],
  },
  {
    file: "plugin/keys/rules/fetch-url.ts",
    killers: ["test/keys/rules/fetch-url.test.ts"],
    mutants: [
      { name: "http is fine everywhere", find: "(allowHttp || isLoopbackName(hostname))", replace: "true" },
      { name: "a query is fine behind an issuer", find: '(!allowQuery && text.includes("?"))', replace: "false" },
      {
        name: "whatever starts like loopback is loopback",
        find: "(?:\\.\\d{1,3}){3}$/",
        replace: "(?:\\.\\d{1,3}){3}/",
      },
    ],
  },
  {
    file: "plugin/keys/fetch/open-connection.ts",
    killers: ["test/keys/fetch/fetch-addresses.test.ts"],
    mutants: [
      {
        name: "addresses in URLs are not judged",
        find: "isIP(address) === 0 ? undefined : ",
        replace: "undefined && ",
      },
      {
        name: "resolved addresses are not judged",
        find: "if (refusal !== undefined) {\n        throw",
        replace: "if (false) {\n        throw",
      },
      { name: "only the first address is judged", find: "of addresses) {", replace: "of addresses.slice(0, 1)) {" },
      {
        name: "loopback is fine behind any name",
        find: "findRefusal(address, isLoopbackName(urlHostname))",
        replace: "findRefusal(address, address.startsWith('127.') || address === '::1')",
      },
      {
        name: "names are resolved past the check",
        find: ", lookup: lookUpChecked(resolve, url.hostname)",
        replace: "",
      },
    ],
  },
  {
    file: "plugin/keys/life/fetch-key-set.ts",
    killers: ["test/keys/life/fetch-key-set.test.ts"],
    mutants: [
      { name: "metadata may name any issuer", find: "issuer !== origin.issuer", replace: "false" },
      {
        name: "https may lead to http",
        find: '(!isSecure || new URL(to).protocol === "https:")',
        replace: "(isSecure || true)",
      },
      {
        name: "metadata may lead to loopback",
        find: "isLoopbackName(new URL(jwksUri).hostname) && ",
        replace: "false && ",
      },
    ],
  },
  {
    file: "plugin/keys/fetch/read-answer.ts",
    killers: ["test/keys/fetch/fetch-json.test.ts"],
    mutants: [
      { name: "redirects and any status are as good as an answer", find: "statusCode !== 200", replace: "false" },
      { name: "any length is fine", find: "bytes > MAX_BODY_BYTES", replace: "false" },
      { name: "any length is fine, unpacked", find: ", { maxOutputLength: MAX_BODY_BYTES }", replace: "" },
    ],
  },
  {
    file: "plugin/keys/fetch/open-connection.ts",
    killers: ["test/keys/fetch/fetch-tls.test.ts"],
    mutants: [
      { name: "certificates are not checked", find: "rejectUnauthorized: true", replace: "rejectUnauthorized: false" },
    ],
  },
  {
    file: "plugin/keys/fetch/credential-files.ts",
    killers: ["test/keys/fetch/fetch-tls.test.ts"],
    mutants: [
      {
        name: "credentials go to every origin",
        find: "settings.origins.get(origin) ?? {}",
        replace: "[...settings.origins.values()][0] ?? ({} as never)",
      },
    ],
  },
  {
    file: "plugin/runtime/versions/wait-for-keys.ts",
    killers: ["test/runtime/versions/wait-for-keys.test.ts"],
    mutants: [
      { name: "does not wait", find: "await Promise.race(", replace: "void Promise.race(" },
      {
        name: "waits for keys of a version that has retired",
        find: "[end.signal, version.retired]",
        replace: "[end.signal]",
      },
      { name: "missing keys are not told", find: "if (missing.length > 0) {", replace: "if (false) {" },
    ],
  },
  {
    file: "plugin/keys/life/issuer-keys.ts",
    killers: [
      "test/keys/life/issuer-keys-background.test.ts",
      "test/keys/life/issuer-keys.test.ts",
      "test/keys/life/key-files.test.ts",
    ],
    mutants: [
      { name: "whoever waits is not told", find: "      this.#announceKeys();\n", replace: "" },
      { name: "keys that are there are fetched anew", find: "if (set.keys.length === 0) {", replace: "if (true) {" },
      {
        name: "as many wait as like",
        find: "if (this.#waiting >= this.#timings.maxWaiting) {",
        replace: "if (false) {",
      },
      { name: "requests that waited count for ever", find: "      this.#waiting -= 1;\n", replace: "" },
      { name: "stale keys stay", find: "!isOfNow || ", replace: "" },
      { name: "one place of keys is enough", find: "places.every(({ hasKeys })", replace: "places.some(({ hasKeys })" },
      { name: "keys that nobody used are as good as new", find: "if (wasIdle) {", replace: "if (false) {" },
    ],
  },
  {
    file: "plugin/keys/life/key-set.ts",
    killers: [
      "test/keys/life/issuer-keys-background.test.ts",
      "test/keys/life/issuer-keys.test.ts",
      "test/keys/life/key-files.test.ts",
    ],
    mutants: [
      { name: "whoever waits asks without a pause", find: "canChange && isDue ?", replace: "canChange ?" },
      {
        name: "an answer without keys is none",
        find: "this.#answer = { set, digest: loaded",
        replace: "if (set.keys.length > 0) this.#answer = { set, digest: loaded",
      },
      {
        name: "a leaked key serves on",
        find: "filter(({ thumbprint }) => !leaked.has(thumbprint))",
        replace: "filter(() => true)",
      },
      { name: "keys never get too old", find: "now < from || now >= until", replace: "now < from" },
      { name: "a clock that goes back makes keys young", find: "now < from || now >= until", replace: "now >= until" },
      { name: "a set that did not change is imported anew", find: "isSame && this.#answer ?", replace: "false ?" },
      {
        name: "failures count for ever",
        find: "this.#hasKeys() ? 0 : this.#failures + 1",
        replace: "this.#failures + 1",
      },
      { name: "a file is read once", find: "version === this.#loadedVersion ||", replace: "true ||" },
      {
        name: "a file that changes during the read is taken",
        find: "      await this.#checkUnchanged(this.#loadedVersion);\n",
        replace: "      this.#loadedVersion = await this.#identify();\n",
      },
      { name: "a file is taken while it is written", find: "|| !isSettled", replace: "" },
    ],
  },
  {
    file: "plugin/keys/import/combine-keys.ts",
    killers: ["test/keys/life/issuer-keys.test.ts", "test/keys/import/import-key-set.test.ts"],
    mutants: [
      {
        name: "a leaked key serves in another place",
        find: "filter(({ thumbprint }) => !isLeaked(thumbprint)));",
        replace: "filter(() => true));",
      },
      { name: "a key serves two algorithms", find: "} else if (serves !== bound) {", replace: "} else if (false) {" },
      {
        name: "the last of two keys with one kid counts",
        find: "kid !== undefined && names.has(name)",
        replace: "false",
      },
    ],
  },
  {
    file: "plugin/keys/store/private-directory.ts",
    killers: ["test/keys/store/key-directory.test.ts"],
    mutants: [
      {
        name: "a directory that others can write is used",
        find: "(mode & WRITABLE_BY_OTHERS) !== 0",
        replace: "false",
      },
      {
        name: "a directory above that others can write is used",
        find: "!isOwned || (isShared && (mode & STICKY) === 0)",
        replace: "false",
      },
      { name: "a link is followed", find: " | constants.O_NOFOLLOW", replace: "" },
      { name: "a file with a second name is read", find: " || stats.nlink !== 1", replace: "" },
      { name: "a file of any length is read", find: "stats.size > maxBytes", replace: "false" },
    ],
  },
  {
    file: "plugin/keys/store/key-directory.ts",
    killers: ["test/keys/store/key-directory.test.ts", "test/keys/store/stored-keys.test.ts"],
    mutants: [
      { name: "a changed file is used", find: "firstLine !== `${FIRST_LINE}${digestOf(text)}` || ", replace: "" },
      { name: "the file of another place is used", find: " || read.value.name !== digestOf(name)", replace: "" },
      { name: "an older answer replaces a newer one", find: "if (!isNewer) {", replace: "if (true) {" },
      { name: "what could not be replaced stays", find: 'if (kind === "keys") {', replace: "if (false) {" },
      { name: "leaked keys that others know are forgotten", find: "...(await this.readLeaked(issuer)), ", replace: "" },
    ],
  },
  {
    file: "plugin/keys/import/public-members.ts",
    killers: ["test/keys/import/import-key-set.test.ts"],
    mutants: [
      { name: "a coordinate may have any length", find: "bytes.byteLength !== length", replace: "false" },
      { name: "a number may begin with zeros", find: "bytes[0] === 0", replace: "false" },
      {
        name: "any base64 will do",
        find: "const bytes = decodeBase64url(text);",
        replace: 'const bytes = Buffer.from(text, "base64");',
      },
    ],
  },
  {
    file: "plugin/keys/verify/pooled-verifier.ts",
    killers: ["test/keys/verify/pooled-verifier.test.ts"],
    mutants: [{ name: "what was checked holds", find: "error === null && holds", replace: "true" }],
  },
  {
    file: "plugin/keys/verify/slow-checks.ts",
    killers: ["test/keys/verify/slow-checks.test.ts"],
    mutants: [
      { name: "as many checks as there are", find: "this.#free > 0 ? ", replace: "true ? " },
      { name: "what was checked counts for ever", find: "      this.#free += 1;\n", replace: "" },
      {
        name: "what waited for too long is judged",
        find: "late.resolve(CHECK_OVERLOADED);",
        replace: "late.run(late.resolve);",
      },
      {
        name: "what finds no room holds",
        find: "rejected?.resolve(CHECK_OVERLOADED);",
        replace: "rejected?.resolve(PASSED);",
      },
      { name: "a forged signature costs its sender nothing", find: "if (holds) {", replace: "if (true) {" },
    ],
  },
  {
    file: "plugin/keys/verify/fair-queue.ts",
    killers: ["test/keys/verify/fair-queue.test.ts"],
    mutants: [
      { name: "one client has all turns", find: "const network = networkOf(client);", replace: 'const network = "";' },
      { name: "the queue has no bound", find: "this.#size >= this.#patience.capacity", replace: "false" },
      { name: "a standing queue is as patient as a burst", find: "? shortMs : longMs", replace: "? longMs : longMs" },
      {
        name: "the oldest comes first for ever",
        find: "? list.pop() : list.shift()",
        replace: "? list.shift() : list.shift()",
      },
    ],
  },
  {
    file: "plugin/runtime/admission.ts",
    killers: ["test/runtime/admission.test.ts"],
    mutants: [
      { name: "everything is judged at once", find: "nowMs - this.#turnStartMs < UNQUEUED_MS", replace: "true" },
      { name: "what waited for too long is judged", find: "late.resolve(false);", replace: "late.resolve(true);" },
      {
        name: "what finds no room is judged",
        find: "?.resolve(false);\n    });",
        replace: "?.resolve(true);\n    });",
      },
      {
        name: "what Kong gave up is judged",
        find: "next?.isAbandoned() === false",
        replace: "next !== undefined",
      },
      { name: "good credentials are any", find: "this.#isKnown(asker.credentials) ?", replace: "asker.credentials ?" },
      { name: "good credentials have all the time", find: "this.#leadOfOthersMs > 0", replace: "true" },
      { name: "decisions keep the loop from reading", find: "nowMs > this.#sliceEndMs", replace: "false" },
    ],
  },
  {
    file: "plugin/keys/import/import-secret.ts",
    killers: ["test/keys/import/import-secret.test.ts"],
    mutants: [
      { name: "a public key is a secret", find: "if (PUBLIC_KEY.test(text)) {", replace: "if (false) {" },
      { name: "a short secret will do", find: "secret.byteLength >= minBytes(algorithm)", replace: "true" },
      {
        name: "a secret may repeat itself",
        find: "served.length > 0 && new Set(secret).size < MIN_DIFFERENT_BYTES",
        replace: "false",
      },
      {
        name: "what is not of the encoding is skipped",
        find: "if (!FORMS[encoding].test(text)) {",
        replace: "if (false) {",
      },
    ],
  },
  {
    file: "plugin/keys/life/key-source.ts",
    killers: ["test/keys/life/key-source.test.ts"],
    mutants: [
      { name: "waits for keys pile up", find: "waits.get(policy) ?? ", replace: "" },
      { name: "no keys are ever missing", find: "!keysOf(issuer).hasKeys()", replace: "false" },
    ],
  },
  {
    file: "plugin/observe/describe-error.ts",
    killers: CONNECTION,
    mutants: [
      {
        name: "the log quotes an error's message",
        find: "return [error.name, ",
        replace: "return [error.message, ",
      },
    ],
  },
  {
    file: "plugin/observe/operator-log.ts",
    killers: ["test/observe/operator-log.test.ts"],
    mutants: [
      { name: "warnings pile up", find: "ofLevel.length < MAX_WAITING ? undefined : ofLevel[0]", replace: "undefined" },
      { name: "the oldest warnings stay", find: ": ofLevel[0];", replace: ": ofLevel.at(-1);" },
      {
        name: "notices push warnings out",
        find: "waiting.filter((other) => other.level === level)",
        replace: "waiting",
      },
      { name: "warnings are taken twice", find: "      waiting = [];\n      return", replace: "      return" },
      {
        name: "control characters get through",
        find: "toPrintable(text.slice(0, MAX_LENGTH))",
        replace: "text.slice(0, MAX_LENGTH)",
      },
      { name: "a line has no end", find: ".slice(0, MAX_LENGTH)", replace: "" },
    ],
  },
  {
    file: "plugin/core/text/printable.ts",
    killers: ["test/core/text/printable.test.ts"],
    mutants: [
      { name: "marks of direction are printed", find: "\\p{Cf}", replace: "" },
      { name: "ignorable characters are printed", find: "\\p{Default_Ignorable_Code_Point}", replace: "" },
      { name: "a password is quoted up to its first @", find: "/\\/\\/\\S*@/g", replace: "/\\/\\/[^@\\s]*@/g" },
    ],
  },
  {
    file: "plugin/policy/read/read-document.ts",
    killers: ["test/policy/read/not-a-policy.test.ts"],
    mutants: [
      { name: "any YAML is a policy", find: "hasMark(source.value.data) ? source", replace: "true ? source" },
      {
        name: "what is no YAML is quoted",
        find: "if (isMarked || beginsWithMark(text)) {",
        replace: "if (true) {",
      },
      {
        name: "a policy with a mistake in its YAML is none",
        find: "if (isMarked || beginsWithMark(text)) {",
        replace: "if (false) {",
      },
    ],
  },
  {
    file: "plugin/server/process/listen.ts",
    killers: ["test/server/process/socket-turn.test.ts"],
    mutants: [
      {
        name: "a process takes the socket before its turn",
        find: "while (!isReady() && (await isAnswered(path))) {",
        replace: "while (false) {",
      },
      { name: "the ready wait as well", find: "while (!isReady() && (await", replace: "while ((await" },
      {
        name: "who is not ready waits for ever",
        find: "while (!isReady() && (await isAnswered(path))) {",
        replace: "while (!isReady()) {",
      },
      { name: "a dead socket counts as answered", find: "resolve(false)", replace: "resolve(true)" },
      { name: "a live one counts as dead", find: "resolve(true);", replace: "resolve(false);" },
      {
        name: "a live process is robbed",
        find: "if (!isFine() && !(await isAnswered(path)) && !isFine()) {",
        replace: "if (!isFine()) {",
      },
      {
        name: "a removed socket stays away",
        find: "if (!isFine() && !(await isAnswered(path)) && !isFine()) {",
        replace: "if (false) {",
      },
      { name: "looks once", find: "    setTimeout(check, KEEP_CHECK_MS).unref();\n  };", replace: "  };" },
    ],
  },
  {
    file: "plugin/server/status/status.ts",
    killers: ["test/server/status/status.test.ts"],
    mutants: [
      { name: "ready whatever the reasons", find: "return reasons.length === 0", replace: "return true" },
      { name: "any method is answered", find: 'if (method !== "GET" && method !== "HEAD") {', replace: "if (false) {" },
      {
        name: "an address in use is not tried again",
        find: "retry = setTimeout(() => server.listen(listen), RETRY_MS).unref();",
        replace: "",
      },
      { name: "an address in use is told of at each try", find: "if (!isTold) {", replace: "if (true) {" },
      { name: "the address is kept", find: "    server.close();\n", replace: "" },
      { name: "connections are kept", find: "    server.closeAllConnections();\n", replace: "" },
      { name: "it goes on trying after it was given up", find: "    clearTimeout(retry);\n", replace: "" },
      { name: "slow ones stay", find: "connectionsCheckingInterval: CHECK_MS,", replace: "" },
      { name: "slow ones keep probes out", find: "  boundConnections(server, MAX_CONNECTIONS);\n", replace: "" },
      {
        name: "a page of another site may ask",
        find: 'isOwnHost(request.headers.host ?? "localhost", listen.host)',
        replace: "true",
      },
    ],
  },
  {
    file: "plugin/server/process/hand-over.ts",
    killers: ["test/server/process/hand-over.test.ts"],
    mutants: [
      { name: "busy connections stay with the old process", find: "        connection.retire();\n", replace: "" },
      {
        name: "idle connections stay with the old process",
        find: "      closeNextIdle();\n      if (replacedSince",
        replace: "      if (replacedSince",
      },
      { name: "only one idle connection is closed", find: "        closing = undefined;\n", replace: "" },
      {
        name: "idle connections are closed before Kong has seen the end of the one before",
        find: "    closing ??= [",
        replace: "    closing = [",
      },
      {
        name: "any connection that is closed counts as the one Kong has seen the end of",
        find: "if (connection === closing) {",
        replace: "if (true) {",
      },
      {
        name: "the next idle one waits for the next look",
        find: "        closing = undefined;\n        closeNextIdle();\n",
        replace: "        closing = undefined;\n",
      },
      {
        name: "it ends before those that connected before are accepted",
        find: "        replacedSince = performance.now();\n        return undefined;",
        replace: "        replacedSince = performance.now();",
      },
      { name: "it ends though nobody took over", find: "if (!isQueued && !isReplaced()) {", replace: "if (false) {" },
      {
        name: "it waits for a successor though calls wait in the queue of the socket",
        find: "isQueued = isQueued || leaveToQueue();",
        replace: "",
      },
      {
        name: "it waits for a successor though no call comes",
        find: " || isPast(SUCCESSOR_IDLE_WAIT_MS, Math.max(since, lastCallMs()))",
        replace: "",
      },
      {
        name: "it waits for a successor for ever",
        find: "isPast(SUCCESSOR_WAIT_MS, since) || ",
        replace: "",
      },
      {
        name: "it never ends while somebody is connected",
        find: "isPast(isQueued ? QUEUE_GRACE_MS : GRACE_MS, replacedSince) ? ",
        replace: "false ? ",
      },
      { name: "it does not end when all are gone", find: "if (connections.size === 0) {", replace: "if (false) {" },
    ],
  },
  {
    file: "plugin/server/process/plugin-socket.ts",
    killers: ["lifecycle", "take-over", "inherited-socket"].map((name) => `test/server/${name}.test.ts`),
    isBuilt: true,
    mutants: [
      {
        name: "connections are ended though nobody took over",
        find: "!this.isOurs() && identifySocket(this.#options.path) !== undefined",
        replace: "identifySocket(this.#options.path) !== undefined",
      },
      {
        name: "a removed socket counts as taken over",
        find: "!this.isOurs() && identifySocket(this.#options.path) !== undefined",
        replace: "!this.isOurs()",
      },
      { name: "calls do not count", find: "      this.#lastCallMs = performance.now();\n", replace: "" },
      {
        name: "calls that would wait for the next process are accepted until the end",
        find: "      this.stopAccepting();\n    }\n    return isQueued;",
        replace: "    }\n    return isQueued;",
      },
    ],
  },
  {
    file: "plugin/server/process/launchers.ts",
    killers: ["test/server/launcher/launcher.test.ts"],
    isBuilt: true,
    mutants: [
      {
        name: "a server stays though Kong is gone",
        find: "this.#owner === undefined || !isAlive(this.#owner)",
        replace: "false",
      },
      {
        name: "a server ends with its launcher",
        find: "    if (this.#owner === undefined || !isAlive(this.#owner)) {",
        replace: "    if (true) {",
      },
      {
        name: "one launcher of several ends the server",
        find: 'message.type === "end" && this.#attached.size === 1',
        replace: 'message.type === "end"',
      },
    ],
  },
  {
    file: "plugin/server/main.ts",
    killers: ["lifecycle", "take-over", "status-process", "launcher"].map((name) => `test/server/${name}.test.ts`),
    isBuilt: true,
    mutants: [
      {
        name: "it listens anew while it ends",
        find: "lifecycle.isEnding() || socket.isOurs()",
        replace: "socket.isOurs()",
      },
      {
        name: "it takes the socket before its turn",
        find: "return waitForTurn(options.socket, isReady);",
        replace: "return Promise.resolve();",
      },
      {
        name: "it does not keep its socket",
        find: "lifecycle.isEnding() || socket.isOurs(), options.socket",
        replace: "true, options.socket",
      },
      {
        name: "the address of its status does not go with the socket",
        find: "lifecycle.isEnding() || socket.isReplaced()",
        replace: "lifecycle.isEnding()",
      },
      { name: "it is ready while another serves", find: "...(socket.isOurs() ? [] : ", replace: "...(true ? [] : " },
      {
        name: "a launched server stays when another has taken over",
        find: "      if (socket.isReplaced()) {\n        lifecycle.end(",
        replace: "      if (false) {\n        lifecycle.end(",
      },
    ],
  },
  {
    file: "plugin/guard/kong/plugins/jwt-policy-guard/handler.lua",
    missing: findMissingKong(),
    isBuilt: true,
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
        find: "return pass_on(answer)",
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
