import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import {
  OPTIONS,
  parseAddress,
  parseLauncherOptions,
  readServerOptions,
  USAGE,
} from "../../../plugin/server/settings/server-options.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { createPlace, runNode, SERVER_MAIN } from "../server-process.ts";

const root = temporaryFolder();
const file = join(root, "file");
writeFileSync(file, "");

const GOOD = ["--socket", "/run/s", "--policy-root", root];

describe("readServerOptions", () => {
  it("reads the required options, and has strict defaults", () => {
    expect(readServerOptions(GOOD)).toEqual({
      socket: "/run/s",
      policyRoot: root,
      hasFactsVariable: false,
      socketMode: 0o600,
      policyPollMs: 1_000,
      fetchSettings: undefined,
      stateDir: undefined,
      statusListen: undefined,
      verdictCache: "guard",
      queued: undefined,
      isDump: false,
    });
  });

  it("reads all options, in any order and with `=`", () => {
    const more = [
      ...["--status-listen", "127.0.0.1:8008", "--policy-poll=50", "--fetch-settings", "/etc/fetch.yaml"],
      ...[
        "--verdict-cache=server",
        "--state-dir=/var/keys",
        "--decision-log",
        "/etc/log.yaml",
        "--abuse=/etc/abuse.yaml",
      ],
      ...["--parent", "7", "--launched", "identity", "--queued=later"],
    ];
    const args = ["--facts-variable", "--socket-mode=660", `--policy-root=${root}`, ...more, "--socket=/run/s"];
    expect(readServerOptions(args)).toEqual({
      socket: "/run/s",
      policyRoot: root,
      hasFactsVariable: true,
      socketMode: 0o660,
      policyPollMs: 50,
      fetchSettings: "/etc/fetch.yaml",
      statusListen: { host: "127.0.0.1", port: 8008 },
      stateDir: "/var/keys",
      decisionLog: "/etc/log.yaml",
      abuse: "/etc/abuse.yaml",
      parentPid: 7,
      launched: "identity",
      verdictCache: "server",
      queued: "later",
      isDump: false,
    });
  });

  it.each([
    ["--queued=now", { queued: "now" }],
    ["--verdict-cache=off", { verdictCache: "off" }],
    ["--parent=9999999999", { parentPid: 9_999_999_999 }],
  ])("reads %s", (option, expected) => {
    expect(readServerOptions([...GOOD, option])).toMatchObject(expected);
  });

  it("accepts a socket path of 80 bytes", () => {
    const socket = `/${"s".repeat(79)}`;
    expect(readServerOptions(["--socket", socket, "--policy-root", root])).toMatchObject({ socket });
  });

  it.each<[text: string, host: string, port: number]>([
    ["0.0.0.0:1", "0.0.0.0", 1],
    ["localhost:65535", "localhost", 65_535],
    ["[::1]:8008", "::1", 8008],
    ["[::ffff:127.0.0.1]:8008", "::ffff:127.0.0.1", 8008],
    ["probes.example.com:0", "probes.example.com", 0],
  ])("reads the address %s", (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  it.each([10, 600_000])("accepts %i ms between two checks of the policies", (ms) => {
    expect(readServerOptions([...GOOD, `--policy-poll=${ms}`])).toMatchObject({ policyPollMs: ms });
  });

  it.each<[args: string[], expected: string]>([
    [["--dump"], "dump"],
    [["--help"], "help"],
    [["--dump", "--help"], "help"],
  ])("%j requests %s and needs no other option", (args, expected) => {
    expect(readServerOptions(args)).toBe(expected);
  });

  it("accepts the options of a start together with --dump, even if the policy root does not exist yet", () => {
    const args = ["--dump", "--socket", "/run/s", "--policy-root", `${root}/none`];
    expect(readServerOptions(args)).toMatchObject({ isDump: true, socket: "/run/s", policyRoot: `${root}/none` });
  });

  it("passes all of a launcher's options except --parent on to the server, and names the files that are read once", () => {
    const files = ["/etc/fetch.yaml", "/etc/log.yaml", "/etc/abuse.yaml"];
    const [fetch, log, abuse] = files;
    const own = ["--facts-variable", "--fetch-settings", `${fetch}`, `--decision-log=${log}`, "--abuse", `${abuse}`];
    vi.stubEnv("NODE_EXTRA_CA_CERTS", "/etc/ca.pem");
    for (const parent of [["--parent", "7"], ["--parent=7"]]) {
      expect(parseLauncherOptions([...parent, ...GOOD, ...own])).toEqual({
        socket: "/run/s",
        parentPid: 7,
        serverOptions: [...GOOD, ...own],
        files: [...files, "/etc/ca.pem"],
      });
    }
    vi.unstubAllEnvs();
    vi.stubEnv("NODE_EXTRA_CA_CERTS", undefined);
    const none = { socket: "/run/s", parentPid: process.ppid, serverOptions: GOOD, files: [] };
    expect(parseLauncherOptions(GOOD)).toEqual(none);
    vi.unstubAllEnvs();
    expect(() => parseLauncherOptions(["--dump"])).toThrow("--dump is an option of jwt-policy-server");
  });

  it.each<[what: string, args: string[], message: string]>([
    ["no options at all", [], "--policy-root must be given as an absolute path"],
    ["no socket", ["--policy-root", root], "--socket must be given as an absolute path"],
    [
      "a relative socket",
      ["--socket", "s", "--policy-root", root],
      '--socket must be given as an absolute path, not "s"',
    ],
    ["an empty socket", ["--socket", "", "--policy-root", root], '--socket must be given as an absolute path, not ""'],
    [
      "a relative policy root",
      ["--socket", "/run/s", "--policy-root", "./policies"],
      '--policy-root must be given as an absolute path, not "./policies"',
    ],
    [
      "another place of verdicts",
      [...GOOD, "--verdict-cache", "on"],
      '--verdict-cache must be guard, server or off, not "on"',
    ],
    ["another time to listen", [...GOOD, "--queued="], '--queued must have the value now or the value later, not ""'],
    ...["--fetch-settings", "--state-dir", "--decision-log", "--abuse"].map((option): [string, string[], string] => [
      `a relative path for ${option}`,
      [...GOOD, option, "a.yaml"],
      `${option} must be given as an absolute path, not "a.yaml"`,
    ]),
    ...["0", "01", "-7", "7 ", "99999999999", ""].map((pid): [string, string[], string] => [
      `the parent "${pid}"`,
      [...GOOD, `--parent=${pid}`],
      `--parent must be the number of a process, not "${pid}"`,
    ]),
    [
      "a socket path that is too long",
      ["--socket", `/${"s".repeat(80)}`, "--policy-root", root],
      `the socket path /${"s".repeat(80)} has 81 bytes, at most 80 are possible`,
    ],
    ...["", "6", "0600", "888", "rw-", "0o6"].map((mode): [string, string[], string] => [
      `the mode "${mode}"`,
      [...GOOD, `--socket-mode=${mode}`],
      `--socket-mode must be three octal digits such as 660, not "${mode}"`,
    ]),
    ...["", "9", "600001", "1s", "-1", "1e3", "0x10", " 50", "50.5"].map((ms): [string, string[], string] => [
      `"${ms}" ms between two looks`,
      [...GOOD, `--policy-poll=${ms}`],
      `--policy-poll must be 10 to 600000 milliseconds, not "${ms}"`,
    ]),
    ...["", "8008", ":8008", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:123456"]
      .concat("::1:8008", "[::1]", "[::1]8008", "[]:1", "[localhost]:1", "a b:1", "http://a:1", "127.0.0.1:80\n")
      .map((address): [string, string[], string] => [
        `the address ${JSON.stringify(address)}`,
        [...GOOD, `--status-listen=${address}`],
        `--status-listen must be an address such as 127.0.0.1:8008, not "${address}"`,
      ]),
  ])("refuses %s and says which option is wrong", (_what, args, message) => {
    expect(() => readServerOptions(args)).toThrow(new Error(message));
  });

  it.each<[what: string, args: string[], message: RegExp]>([
    ["an option that does not exist", [...GOOD, "--sockett", "x"], /--sockett/],
    ["an option without its value", ["--policy-root", root, "--socket"], /--socket/],
    ["a value for a switch", [...GOOD, "--facts-variable=no"], /--facts-variable/],
    ["a word that belongs to no option", [...GOOD, "policies"], /policies/],
  ])("refuses %s", (_what, args, message) => {
    expect(() => readServerOptions(args)).toThrow(message);
  });
});

describe("the process", () => {
  it("prints its usage on request, with every option but those with which the launcher starts it", async () => {
    const help = runNode([SERVER_MAIN, "--help"]);
    expect(await help.ended).toEqual({ code: 0, signal: null });
    expect(help.stdout()).toBe(`${USAGE}\n`);
    expect(help.stderr()).toBe("");
    expect(Object.keys(OPTIONS).filter((name) => !USAGE.includes(`--${name} `))).toEqual(["launched", "queued"]);
  });

  it("exits with 2, with the mistake and the usage on standard error, if an option is wrong", async () => {
    const server = runNode([SERVER_MAIN, "--socket", "s", "--policy-root", root]);
    expect(await server.ended).toEqual({ code: 2, signal: null });
    expect(server.stdout()).toBe("");
    expect(server.stderr()).toBe(`jwt-policy: --socket must be given as an absolute path, not "s"\n${USAGE}\n`);
  });

  it.each([
    ["is not there", `${root}/none`],
    ["is a file", file],
  ])("exits with 2 and the reason, without the usage, if the policy root %s", async (_what, policyRoot) => {
    const server = runNode([SERVER_MAIN, "--socket", createPlace().socket, "--policy-root", policyRoot]);
    expect(await server.ended).toEqual({ code: 2, signal: null });
    expect(server.stdout()).not.toContain("listens on");
    expect(server.stderr()).toBe(`jwt-policy: --policy-root ${policyRoot} is not a directory\n`);
  });

  it("exits with 2 and the reason if it cannot listen", async () => {
    const { directory, policyRoot } = createPlace();
    const server = runNode([SERVER_MAIN, "--socket", policyRoot, "--policy-root", directory]);
    expect(await server.ended).toEqual({ code: 2, signal: null });
    expect(server.stdout()).not.toContain("listens on");
    expect(server.stderr()).toMatch(/^jwt-policy: EISDIR.*\n$/);
  });
});
