import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { find, setText, showOverview } from "../../../../plugin/server/view/browser/render-page.ts";
import type { Overview } from "../../../../plugin/server/view/overview.ts";
import type { Table } from "../../../../plugin/server/view/table.ts";
import { openPage, type Page, PageElement } from "./page-elements.ts";

let page: Page;
beforeEach(() => {
  page = openPage();
});
afterEach(() => void vi.unstubAllGlobals());

const TABLE: Table = {
  id: "rules",
  title: "Rules",
  summary: { text: "2 rules", tone: "quiet" },
  columns: [
    { heading: "Total", kind: "number" },
    { heading: "Rule", kind: "code" },
  ],
  rows: [
    [{ text: "7", tone: "bad" }, { text: "read" }],
    [{ text: "0" }, { text: "–", tone: "quiet" }],
  ],
};
const OVERVIEW: Overview = {
  state: { text: "not ready", tone: "bad" },
  about: { text: "version 1" },
  reasons: [{ text: "no keys", tone: "bad" }, { text: "no policy" }],
  figures: [
    { id: "refused", name: "Refused", value: { text: "1 /s", tone: "warn" }, detail: { text: "9", tone: "quiet" } },
    { id: "guard", name: "Guard hits", value: { text: "0 /s" }, detail: { text: "none" } },
  ],
  traffic: { requests: undefined, refused: undefined, wouldRefuse: undefined },
  tables: [TABLE],
};
const rowsOf = (count: number): Table["rows"] =>
  Array.from({ length: count }, (_, index) => [{ text: String(index) }, { text: `r${index}` }]);
const texts = (elements: readonly PageElement[]): readonly string[] => elements.map(({ textContent }) => textContent);

describe("the page", () => {
  it("shows state, reasons and figures with their tones as classes", () => {
    showOverview(OVERVIEW);
    expect(["state", "about", "reasons", "figures"].map((id) => page.find(id).html)).toEqual([
      '<p id="state" class="badge bad" role="status">not ready</p>',
      '<p id="about" class="">version 1</p>',
      '<ul id="reasons"><li class="bad">no keys</li><li class="">no policy</li></ul>',
      [
        '<dl id="figures">',
        '<div class="warn"><dt class="">Refused</dt><dd class="value warn">1 /s</dd><dd class="detail quiet">9</dd></div>',
        '<div class=""><dt class="">Guard hits</dt><dd class="value">0 /s</dd><dd class="detail">none</dd></div>',
        "</dl>",
      ].join(""),
    ]);
  });

  it("shows a table with the roles that narrow screens need, and each value beside its heading", () => {
    showOverview(OVERVIEW);
    expect(page.find("tables").html).toBe(
      [
        '<div id="tables"><section id="rules" aria-labelledby="rules-title">',
        '<div class="head"><h2 id="rules-title">Rules</h2><p class="quiet">2 rules</p></div>',
        '<div class="scroll"><table role="table" aria-labelledby="rules-title">',
        '<thead role="rowgroup"><tr role="row">',
        '<th role="columnheader" scope="col" class="number">Total</th>',
        '<th role="columnheader" scope="col" class="code">Rule</th>',
        '</tr></thead><tbody role="rowgroup"><tr role="row">',
        '<td role="cell" class="number bad" data-heading="Total">7</td>',
        '<td role="cell" class="code" data-heading="Rule">read</td>',
        '</tr><tr role="row">',
        '<td role="cell" class="number" data-heading="Total">0</td>',
        '<td role="cell" class="code empty quiet" data-heading="Rule">–</td>',
        "</tr></tbody></table></div>",
        '<div class="more quiet" hidden>The first 200 of 2 rows. /status has all rows.</div>',
        "</section></div>",
      ].join(""),
    );
  });

  it("keeps each unchanged text, so that the user's selection stays", () => {
    showOverview(OVERVIEW);
    const nodes = page.body.all.flatMap((element) => element.nodes);
    showOverview(structuredClone(OVERVIEW));
    const again = page.body.all.flatMap((element) => element.nodes);
    expect(again.length).toBe(nodes.length);
    expect(again.filter((node, index) => node !== nodes[index])).toEqual([]);
  });

  it("follows rows, columns, reasons and figures that come and go", () => {
    const smaller: Overview = {
      ...{ ...OVERVIEW, reasons: [], figures: OVERVIEW.figures.slice(1) },
      tables: [{ ...TABLE, columns: TABLE.columns.slice(1), rows: [[{ text: "write" }]] }],
    };
    for (const overview of [OVERVIEW, smaller, OVERVIEW, smaller]) {
      showOverview(overview);
    }
    expect(page.find("reasons").html).toBe('<ul id="reasons" hidden></ul>');
    expect(texts(page.find("figures").children)).toEqual(["Guard hits0 /snone"]);
    const section = page.find("rules");
    expect(texts(section.all.filter(({ name }) => name === "th"))).toEqual(["Rule"]);
    expect(texts(section.all.filter(({ name }) => name === "td"))).toEqual(["write"]);
    expect(page.find("tables").children).toHaveLength(1);
  });

  it.each<[rows: number, shown: number, more: string]>([
    [0, 0, ""],
    [1, 1, ""],
    [200, 200, ""],
    [201, 200, "The first 200 of 201 rows. /status has all rows."],
  ])("shows at most 200 of %d rows, and then says how many there are", (rows, shown, more) => {
    showOverview({ ...OVERVIEW, tables: [{ ...TABLE, rows: rowsOf(rows) }] });
    const section = page.find("rules");
    const table = section.querySelector("table");
    expect(table?.tBodies[0]?.rows).toHaveLength(shown);
    expect(table?.hidden).toBe(rows === 0);
    const note = section.querySelector(".more");
    expect(note?.hidden ? "" : note?.textContent).toBe(more);
  });
});

it("an element without kind and tone has no class, and an element that page.html lacks is a defect", () => {
  const element = new PageElement("p");
  setText(element as unknown as Element, { text: "a" });
  expect(element.html).toBe('<p class="">a</p>');
  expect(() => find("nowhere")).toThrow("the page has no nowhere");
});
