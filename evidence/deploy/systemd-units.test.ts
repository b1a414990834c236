import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readServerOptions } from "../../plugin/server/settings/server-options.ts";

const UNITS = join(import.meta.dirname, "../../deploy/systemd");

/** The settings of a unit file, by section and name. */
function readUnit(name: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  let section = "";
  for (const line of readFileSync(join(UNITS, name), "utf8").replaceAll("\\\n", "").split("\n")) {
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section;
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) {
      settings.set(`${section}.${key}`, value);
    }
  }
  return settings;
}

describe("the units of systemd", () => {
  const socket = readUnit("jwt-policy.socket");
  const service = readUnit("jwt-policy.service");
  const words = (service.get("Service.ExecStart") ?? "").split(/\s+/);

  it("start the server with options that it knows, on the socket that systemd opens", () => {
    expect(words.slice(0, 2)).toEqual(["/usr/bin/node", "/opt/jwt-policy/jwt-policy-launcher.mjs"]);
    const options = readServerOptions([...words.slice(2), "--launched", "for the policy root is not here"]);
    expect(options).toMatchObject({ socket: socket.get("Socket.ListenStream"), hasFactsVariable: true });
  });

  it("give socket, directory and process to one user, and let no other user connect", () => {
    expect(socket.get("Socket.SocketUser")).toBe(service.get("Service.User"));
    expect(socket.get("Socket.SocketMode")).toBe("0600");
    expect(`/run/${service.get("Service.RuntimeDirectory")}/jwt-policy.socket`).toBe(socket.get("Socket.ListenStream"));
  });

  it("keep the socket's directory when the service ends, and always start the service again at once", () => {
    expect(service.get("Service.RuntimeDirectoryPreserve")).toBe("yes");
    expect([service.get("Service.Restart"), service.get("Service.RestartSec")]).toEqual(["always", "0"]);
    expect(service.get("Unit.StartLimitIntervalSec")).toBe("0");
    expect(service.get("Service.KillMode")).toBe("process"); // The server lives longer than its launcher, until the next server is ready.
  });
});
