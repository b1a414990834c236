import type { Traffic } from "../overview.ts";

export interface Sample extends Traffic {
  /** The time in milliseconds since the epoch. */
  readonly at: number;
}

const MINUTE_MS = 60_000;
/** The chart shows the shortest of these periods that is long enough for all its samples. */
const SPANS = [1, 2, 5] as const;
const MAX_SPAN_MS = 5 * MINUTE_MS;
const MAX_GAP_MS = 30_000;
const HEIGHT = 150;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 8, 8, 20];
const SVG = "http://www.w3.org/2000/svg";

const countRefused = ({ refused }: Sample): number => refused ?? 0;
const countDoubtful = (sample: Sample): number => countRefused(sample) + (sample.wouldRefuse ?? 0);
const countAll = (sample: Sample): number => Math.max(sample.requests ?? 0, countDoubtful(sample));

/** The areas of the chart, in the order from bottom to top. */
const LAYERS: readonly { readonly name: string; readonly floor: Count; readonly roof: Count }[] = [
  { name: "bad", floor: () => 0, roof: countRefused },
  { name: "warn", floor: countRefused, roof: countDoubtful },
  { name: "allowed", floor: countDoubtful, roof: countAll },
];

/** Adds a sample, and drops samples that are too old for the chart. */
export function keepRecent(samples: readonly Sample[], newest: Sample): readonly Sample[] {
  return [...samples.filter(({ at }) => at < newest.at && newest.at - at <= MAX_SPAN_MS), newest];
}

/** Draws the chart of how the requests of the last minutes were answered. */
export function drawChart(place: HTMLElement, samples: readonly Sample[]): void {
  const width = Math.max(200, place.clientWidth);
  const now = samples.at(-1)?.at ?? 0;
  const top = roundUp(Math.max(1, ...samples.map(({ requests }) => requests ?? 0)));
  const minutes = SPANS.find((span) => now - (samples[0]?.at ?? now) <= span * MINUTE_MS) ?? 5;
  const x: Scale = (at) => LEFT + (width - LEFT - RIGHT) * (1 - (now - at) / (minutes * MINUTE_MS));
  const y: Scale = (perSecond) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - perSecond / top);
  const svg = create("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" });
  for (const part of [0, 0.5, 1]) {
    const height = y(top * part);
    svg.append(
      create("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: height, y2: height }),
      label(String(top * part), { x: LEFT - 6, y: height + 4, "text-anchor": "end" }),
    );
  }
  for (let ago = 0; ago <= minutes; ago += 1) {
    const anchor = ago === 0 ? "end" : ago === minutes ? "start" : "middle";
    const text = ago === 0 ? "now" : `${ago} min ago`;
    svg.append(label(text, { x: x(now - ago * MINUTE_MS), y: HEIGHT - 4, "text-anchor": anchor }));
  }
  for (const part of splitAtGaps(samples)) {
    svg.append(...drawLayers(part, x, y));
  }
  place.replaceChildren(svg);
}

/** The chart has a gap where the server did not answer. */
function splitAtGaps(samples: readonly Sample[]): readonly (readonly Sample[])[] {
  const parts: Sample[][] = [];
  for (const sample of samples) {
    const last = parts.at(-1)?.at(-1);
    if (last === undefined || sample.at - last.at > MAX_GAP_MS) {
      parts.push([]);
    }
    parts.at(-1)?.push(sample);
  }
  return parts;
}

type Scale = (value: number) => number;
type Count = (sample: Sample) => number;

/** Draws the areas on top of each other. */
function drawLayers(samples: readonly Sample[], x: Scale, y: Scale): readonly SVGElement[] {
  return LAYERS.map(({ name, floor, roof }) => {
    const edge = (height: Count): string[] => samples.map((sample) => `${x(sample.at)},${y(height(sample))}`);
    return create("polygon", { class: `area ${name}`, points: [...edge(floor), ...edge(roof).reverse()].join(" ") });
  });
}

/**
 * Rounds up to the next number that is 1, 2, 4 or 6 times a power of ten. The chart also shows half of this number, so
 * the half must have few digits too.
 */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 4, 6].find((step) => step * power >= value) ?? 10);
}

function create(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, String(value));
  }
  return element;
}

function label(text: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = create("text", attributes);
  element.textContent = text;
  return element;
}
