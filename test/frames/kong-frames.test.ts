import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameReader, encodeFrame } from "../../plugin/server/protocol/frames.ts";
import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { EXPECTED_MEANINGS } from "./expected-meanings.ts";
import { readMeanings } from "./meanings.ts";
import { recordFrames } from "./record/record-frames.ts";
import { isUpdating, loadRecording, payloadOf, saveRecording } from "./record/recording.ts";
import { SCENARIOS } from "./scenarios.ts";
import { readSteps } from "./steps.ts";

const RECORD_TIMEOUT_MS = 120_000;
const { conversations } = loadRecording();

describe.skipIf(isUpdating)("frames recorded from a real Kong", () => {
  it.each(SCENARIOS.map(({ name }, index) => ({ name, expected: EXPECTED_MEANINGS[index] })))(
    "have the expected meaning: $name",
    ({ name, expected }) => {
      const frames = conversations.find((conversation) => conversation.name === name)?.frames ?? [];
      expect(readMeanings(frames)).toEqual(expected);
    },
  );

  it.each(conversations)("stay the same when decoded and encoded again: $name", ({ frames }) => {
    for (const { from, what, payload, codec } of readSteps(frames)) {
      if (codec === undefined) {
        expect(payload, what).toHaveLength(0);
        continue;
      }
      const message = codec.decode(payload);
      const again = Buffer.from(codec.encode(message as never));
      expect(codec.decode(again), what).toEqual(message);
      if (from === "server") {
        expect(again.toString("hex"), what).toBe(payload.toString("hex"));
      } else if (hasOneLength(what, message)) {
        expect(again, what).toHaveLength(payload.length);
      }
    }
  });

  it.each(["kong", "server"] as const)(
    "have the same meaning for every split of the bytes of %s into chunks",
    (speaker) => {
      const frames = conversations
        .flatMap((conversation) => conversation.frames)
        .filter(({ from }) => from === speaker)
        .map(({ hex }) => Buffer.from(hex, "hex"));
      const payloads = frames.map((frame) => payloadOf(frame).toString("hex"));
      const stream = Buffer.concat(frames);
      const everywhere = Array.from({ length: stream.length }, (_, index) => index);
      expect(readInChunks(stream, everywhere)).toEqual(payloads);
      fc.assert(
        fc.property(fc.uniqueArray(fc.nat(stream.length)), (cuts) => {
          expect(readInChunks(stream, cuts)).toEqual(payloads);
        }),
        { numRuns: 200 },
      );
    },
  );

  it("have the frames that the plugin server would write", () => {
    for (const { hex } of conversations.flatMap(({ frames }) => frames)) {
      expect(encodeFrame(payloadOf(Buffer.from(hex, "hex"))).toString("hex")).toBe(hex);
    }
  });

  it("contain nothing about the machine on which they were recorded", () => {
    const bytes = conversations.flatMap(({ frames }) => frames.map(({ hex }) => Buffer.from(hex, "hex")));
    expect(Buffer.concat(bytes).toString("latin1")).not.toMatch(/\/(?:tmp|var|home|root|work|usr|opt|Users)\b/);
  });
});

describe("a Kong binary", () => {
  it("sends the recorded frames (or with UPDATE_FRAMES=1 is recorded again)", {
    timeout: RECORD_TIMEOUT_MS,
  }, async (context) => {
    const { missing } = kongBinary();
    if (missing !== undefined) {
      expect(isUpdating || process.env.KONG_REQUIRED === "1", missing).toBe(false);
      context.skip(missing);
    }
    const fresh = await recordFrames();
    if (isUpdating) {
      saveRecording(fresh);
      return;
    }
    for (const [index, { name, frames }] of fresh.conversations.entries()) {
      expect.soft(readMeanings(frames), name).toEqual(readMeanings(conversations[index]?.frames ?? []));
    }
  });
});

/**
 * Whether a message has the same number of bytes from every encoder. A Route has fields that the plugin does not read, and
 * Kong writes `strip_path` even if it is false. A byte that is not UTF-8 has become the three bytes of U+FFFD.
 */
function hasOneLength(what: string, message: unknown): boolean {
  return what !== "reply to kong.router.get_route" && !JSON.stringify(message).includes("\ufffd");
}

function readInChunks(stream: Buffer, cuts: readonly number[]): string[] {
  const payloads: string[] = [];
  const read = createFrameReader((payload) => payloads.push(payload.toString("hex")));
  const ends = [...cuts, stream.length].sort((a, b) => a - b);
  for (const [index, end] of ends.entries()) {
    read(stream.subarray(ends[index - 1] ?? 0, end));
  }
  return payloads;
}
