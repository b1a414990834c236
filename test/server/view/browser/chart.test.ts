import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { drawChart, keepRecent, type Sample } from "../../../../plugin/server/view/browser/chart.ts";
import { openPage, type PageElement } from "./page-elements.ts";

const START = 1_800_000_000_000;
let chart: PageElement;
beforeEach(() => {
  chart = openPage().find("chart");
  chart.clientWidth = 452; // The time axis is 400 wide. The axis of requests is 122 high.
});
afterEach(() => void vi.unstubAllGlobals());

function sampleAt(seconds: number, requests?: number, refused?: number, wouldRefuse?: number): Sample {
  return { at: START + seconds * 1_000, requests, refused, wouldRefuse };
}

function draw(samples: readonly Sample[]): readonly PageElement[] {
  drawChart(chart as unknown as HTMLElement, samples);
  return chart.all.slice(2);
}

const areasOf = (elements: readonly PageElement[]): readonly string[] =>
  elements
    .filter(({ name }) => name === "polygon")
    .map(({ className, attributes }) => `${className}: ${attributes.points}`);
const timesOf = (elements: readonly PageElement[]): readonly string[] =>
  elements
    .filter(({ name, attributes }) => name === "text" && attributes.y === "146")
    .map(({ attributes, textContent }) => `${textContent}, ${attributes["text-anchor"]} at ${attributes.x}`);
const rungsOf = (elements: readonly PageElement[]): readonly string[] =>
  elements.filter(({ attributes }) => attributes.x === "38").map(({ textContent }) => textContent);

describe("the samples of the chart", () => {
  it("are from five minutes, without points after the time of the newest answer, as after the clock was set back", () => {
    const samples = [-1, 0, 1, 300, 301].map((seconds) => sampleAt(seconds));
    expect(keepRecent(samples, sampleAt(300, 7))).toEqual([sampleAt(0), sampleAt(1), sampleAt(300, 7)]);
  });
});

describe("the chart", () => {
  it("has a grid with numbers, and the time, even before the first sample", () => {
    draw([]);
    expect(chart.children.map(({ html }) => html)).toEqual([
      [
        '<svg viewBox="0 0 452 150" width="452" height="150" aria-hidden="true">',
        '<line class="grid" x1="44" x2="444" y1="130" y2="130"></line>',
        '<text x="38" y="134" text-anchor="end">0</text>',
        '<line class="grid" x1="44" x2="444" y1="69" y2="69"></line>',
        '<text x="38" y="73" text-anchor="end">0.5</text>',
        '<line class="grid" x1="44" x2="444" y1="8" y2="8"></line>',
        '<text x="38" y="12" text-anchor="end">1</text>',
        '<text x="444" y="146" text-anchor="end">now</text>',
        '<text x="44" y="146" text-anchor="start">1 min ago</text>',
        "</svg>",
      ].join(""),
    ]);
    draw([]);
    expect(chart.children).toHaveLength(1);
    expect(new Set(chart.all.slice(1).map(({ namespace }) => namespace))).toEqual(
      new Set(["http://www.w3.org/2000/svg"]),
    );
  });

  it("draws refused requests at the bottom, then requests that report mode would refuse, then other requests", () => {
    expect(areasOf(draw([sampleAt(0, 4, 1, 1), sampleAt(30, 2)]))).toEqual([
      "area bad: 244,130 444,130 444,130 244,99.5",
      "area warn: 244,99.5 444,130 444,130 244,69",
      "area allowed: 244,69 444,130 444,69 244,8",
    ]);
  });

  it("never lets an area overlap another, even if the counts of one answer do not agree", () => {
    expect(areasOf(draw([sampleAt(0, undefined, 1, 1)]))).toEqual([
      "area bad: 444,130 444,8",
      "area warn: 444,8 444,-114",
      "area allowed: 444,-114 444,-114",
    ]);
  });

  it("draws nothing for a time of more than half a minute without answers", () => {
    const seconds = [0, 30, 61, 91];
    const areas = areasOf(draw(seconds.map((second) => sampleAt(second, 1))));
    expect(areas.map((area) => area.split(" ").length - 2)).toEqual([4, 4, 4, 4, 4, 4]);
  });

  it.each<[requests: number, rungs: readonly string[]]>([
    [0.3, ["0", "0.5", "1"]],
    [1, ["0", "0.5", "1"]],
    [1.1, ["0", "1", "2"]],
    [2.1, ["0", "2", "4"]],
    [5, ["0", "3", "6"]],
    [6, ["0", "3", "6"]],
    [6.1, ["0", "5", "10"]],
    [40, ["0", "20", "40"]],
    [999, ["0", "500", "1000"]],
  ])("of %d requests per second has round numbers", (requests, rungs) => {
    expect(rungsOf(draw([sampleAt(0, requests), sampleAt(10, 0)]))).toEqual(rungs);
  });

  it.each<[seconds: number, times: readonly string[]]>([
    [60, ["now, end at 444", "1 min ago, start at 44"]],
    [61, ["now, end at 444", "1 min ago, middle at 244", "2 min ago, start at 44"]],
    [
      121,
      [
        ...["now, end at 444", "1 min ago, middle at 364", "2 min ago, middle at 284"],
        ...["3 min ago, middle at 204", "4 min ago, middle at 124", "5 min ago, start at 44"],
      ],
    ],
  ])("of %d seconds shows the shortest of 1, 2 and 5 minutes that is long enough", (seconds, times) => {
    const round = (text: string): string => text.replace(/[\d.]+$/, (x) => String(Math.round(Number(x))));
    expect(timesOf(draw([sampleAt(0, 1), sampleAt(seconds, 1)])).map(round)).toEqual(times);
  });

  it("shows five minutes for samples of a longer time", () => {
    expect(timesOf(draw([sampleAt(0, 1), sampleAt(900, 1)]))).toHaveLength(6);
  });

  it("is at least 200 pixels wide, also if its place is not shown yet", () => {
    chart.clientWidth = 0;
    expect(draw([])[0]?.attributes).not.toEqual({});
    expect(chart.children[0]?.attributes.width).toBe("200");
  });
});
