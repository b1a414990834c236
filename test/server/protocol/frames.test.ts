import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createFrameReader, encodeFrame } from "../../../plugin/server/protocol/frames.ts";

/** Feeds chunks and returns copies of what came out. */
function readAll(chunks: readonly Buffer[], maxBytes?: number): Buffer[] {
  const frames: Buffer[] = [];
  const feed = createFrameReader((frame) => frames.push(Buffer.from(frame)), maxBytes);
  for (const chunk of chunks) {
    feed(chunk);
  }
  return frames;
}

const announce = (bytes: number): Buffer => Buffer.from(Uint32Array.of(bytes).buffer);

describe("encodeFrame", () => {
  it.each([
    ["an empty payload", [], [0, 0, 0, 0]],
    ["one byte", [7], [1, 0, 0, 0, 7]],
    ["256 bytes, least significant byte first", Array(256).fill(1), [0, 1, 0, 0, ...Array(256).fill(1)]],
  ])("puts the length before %s", (_what, payload, expected) => {
    expect([...encodeFrame(Uint8Array.from(payload))]).toEqual(expected);
  });

  it("copies only the view, not the larger buffer", () => {
    expect([...encodeFrame(Buffer.from([1, 2, 3, 4]).subarray(1, 3))]).toEqual([2, 0, 0, 0, 2, 3]);
  });
});

describe("createFrameReader", () => {
  it("returns the encoded frames, for any split of the stream", () => {
    const payload = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 6 }), fc.array(fc.nat({ max: 12 })), (payloads, sizes) => {
        const stream = Buffer.concat(payloads.map(encodeFrame));
        const chunks: Buffer[] = [];
        let rest = stream;
        for (const size of sizes) {
          chunks.push(rest.subarray(0, size));
          rest = rest.subarray(size);
        }
        expect(readAll([...chunks, rest])).toEqual(payloads.map((bytes) => Buffer.from(bytes)));
      }),
    );
  });

  it.each([
    ["nothing", Buffer.alloc(0), 0],
    ["three bytes of a length", Buffer.from([1, 0, 0]), 0],
    ["a length without its payload", Buffer.from([1, 0, 0, 0]), 0],
    ["all but the last byte of a payload", Buffer.from([2, 0, 0, 0, 7]), 0],
    ["a frame and three bytes of the next length", Buffer.from([1, 0, 0, 0, 7, 1, 0, 0]), 1],
  ])("waits for more after %s", (_what, bytes, complete) => {
    expect(readAll([bytes])).toHaveLength(complete);
  });

  it("distinguishes an empty frame from no frame", () => {
    expect(readAll([Buffer.alloc(8)])).toEqual([Buffer.alloc(0), Buffer.alloc(0)]);
  });

  it("accepts a frame of the limit and refuses a frame that announces one byte more, before its content arrives", () => {
    expect(readAll([announce(100), Buffer.alloc(100)], 100)[0]).toHaveLength(100);
    expect(() => readAll([announce(101)], 100)).toThrow(
      new RangeError("a frame announces 101 bytes, the limit is 100"),
    );
  });

  it("accepts 4 MiB if no limit is given", () => {
    expect(readAll([announce(4 * 1024 * 1024)])).toEqual([]);
  });

  it.each([4 * 1024 * 1024 + 1, 2 ** 31, 2 ** 32 - 1])("refuses %i bytes if no limit is given", (bytes) => {
    expect(() => readAll([announce(bytes)])).toThrow(RangeError);
  });

  it("refuses after good frames, which it has already returned", () => {
    const frames: Buffer[] = [];
    const feed = createFrameReader((frame) => frames.push(Buffer.from(frame)), 10);
    expect(() => feed(Buffer.concat([encodeFrame(Buffer.from("ok")), announce(11)]))).toThrow(RangeError);
    expect(frames.map(String)).toEqual(["ok"]);
  });

  it("keeps no part of a returned frame", () => {
    const frames: string[] = [];
    const feed = createFrameReader((frame) => frames.push(frame.toString()));
    const chunk = Buffer.concat([encodeFrame(Buffer.from("a")), encodeFrame(Buffer.from("b"))]);
    feed(chunk);
    chunk.fill(0xff);
    feed(encodeFrame(Buffer.from("c")));
    expect(frames).toEqual(["a", "b", "c"]);
  });

  it("joins a large frame that comes in small chunks once, not once per chunk", () => {
    const payload = Buffer.alloc(1024 * 1024, 1);
    const stream = encodeFrame(payload);
    const chunks = Array.from({ length: Math.ceil(stream.byteLength / 64) }, (_, index) =>
      stream.subarray(index * 64, (index + 1) * 64),
    );
    const join = vi.spyOn(Buffer, "concat");
    onTestFinished(() => join.mockRestore());
    expect(readAll(chunks)[0]?.equals(payload)).toBe(true);
    expect(join).toHaveBeenCalledTimes(1); // Joining at every chunk would copy 8 GiB here.
  });
});

it("a frame that comes whole is not copied, also after other frames", () => {
  const places: [ArrayBufferLike, number][] = [];
  const read = createFrameReader(({ buffer, byteOffset }) => places.push([buffer, byteOffset]));
  const chunks = ["a", "bb", "ccc"].map((text) => Buffer.from(encodeFrame(Buffer.from(text))));
  for (const chunk of chunks) {
    read(chunk);
  }
  const LENGTH_BYTES = 4;
  expect(places).toEqual(chunks.map(({ buffer, byteOffset }) => [buffer, byteOffset + LENGTH_BYTES]));
  expect(places.every(([buffer], index) => buffer === chunks[index]?.buffer)).toBe(true);
});
