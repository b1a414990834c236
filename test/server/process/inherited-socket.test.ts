import { describe, expect, it } from "vitest";
import { findInheritedSocket } from "../../../plugin/server/process/inherited-socket.ts";

describe("findInheritedSocket", () => {
  it("accepts the one socket that is meant for this process", () => {
    expect(findInheritedSocket({ LISTEN_PID: "7", LISTEN_FDS: "1" }, 7)).toBe(3);
  });

  it.each([{}, { LISTEN_FDS: "1" }, { LISTEN_PID: "8", LISTEN_FDS: "1" }, { LISTEN_PID: "", LISTEN_FDS: "1" }])(
    "accepts no socket for %j",
    (environment) => {
      expect(findInheritedSocket(environment, 7)).toBeUndefined();
    },
  );

  it.each(["2", "0", "", "x"])("refuses %j sockets", (count) => {
    expect(() => findInheritedSocket({ LISTEN_PID: "7", LISTEN_FDS: count }, 7)).toThrow("one ListenStream");
  });
});
