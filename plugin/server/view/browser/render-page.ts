import type { Figure, Overview } from "../overview.ts";
import { ABSENT, type Cell, type Table } from "../table.ts";

const MAX_ROWS = 200;

/** Finds an element of page.html. */
export function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) {
    throw new Error(`the page has no ${id}`);
  }
  return element;
}

/** Changes an element's text only if the text differs, so that the user's selection stays. */
export function setText(element: Element, { text, tone }: Cell, kind = ""): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
  element.className = [kind, tone ?? ""].filter((part) => part !== "").join(" ");
}

export function showOverview({ state, about, reasons, figures, tables }: Overview): void {
  setText(find("state"), state, "badge");
  setText(find("about"), about);
  const list = find("reasons");
  list.hidden = reasons.length === 0;
  resize(list, reasons.length, () => document.createElement("li"));
  for (const [index, reason] of reasons.entries()) {
    setText(list.children[index] as Element, reason);
  }
  showFigures(find("figures"), figures);
  for (const table of tables) {
    showTable(table);
  }
}

function showFigures(place: HTMLElement, figures: readonly Figure[]): void {
  resize(place, figures.length, createFigure);
  for (const [index, { name, value, detail }] of figures.entries()) {
    const figure = place.children[index] as Element;
    const [title, big, small] = figure.children;
    figure.className = value.tone ?? "";
    setText(title as Element, { text: name });
    setText(big as Element, value, "value");
    setText(small as Element, detail, "detail");
  }
}

function createFigure(): HTMLElement {
  const figure = document.createElement("div");
  figure.append(document.createElement("dt"), document.createElement("dd"), document.createElement("dd"));
  return figure;
}

function showTable({ id, title, summary, columns, rows }: Table): void {
  const section = document.getElementById(id) ?? createSection(id, title);
  setText(section.querySelector("p") as Element, summary);
  const table = section.querySelector("table") as HTMLTableElement;
  table.hidden = rows.length === 0;
  const head = (table.tHead as HTMLTableSectionElement).rows[0] as HTMLTableRowElement;
  resize(head, columns.length, () => createWithRole("th", "columnheader"));
  for (const [index, { heading, kind }] of columns.entries()) {
    setText(head.children[index] as Element, { text: heading }, kind);
  }
  const body = table.tBodies[0] as HTMLTableSectionElement;
  const shown = rows.slice(0, MAX_ROWS);
  resize(body, shown.length, () => createWithRole("tr", "row"));
  for (const [index, row] of shown.entries()) {
    showRow(body.rows[index] as HTMLTableRowElement, row, columns);
  }
  const more = section.querySelector(".more") as HTMLElement;
  more.hidden = rows.length <= MAX_ROWS;
  setText(more, { text: `The first ${MAX_ROWS} of ${rows.length} rows. /status has all rows.` }, "more quiet");
}

function showRow(tr: HTMLTableRowElement, row: readonly Cell[], columns: Table["columns"]): void {
  resize(tr, columns.length, () => createWithRole("td", "cell"));
  for (const [index, { heading, kind }] of columns.entries()) {
    const td = tr.children[index] as HTMLElement;
    const cell = row[index] as Cell;
    setText(td, cell, cell.text === ABSENT ? `${kind} empty` : kind);
    td.dataset.heading = heading; // On narrow screens, the style shows the heading beside the value.
  }
}

function createSection(id: string, title: string): HTMLElement {
  const section = document.createElement("section");
  section.id = id;
  section.setAttribute("aria-labelledby", `${id}-title`);
  const head = document.createElement("div");
  head.className = "head";
  const heading = document.createElement("h2");
  heading.id = `${id}-title`;
  heading.textContent = title;
  head.append(heading, document.createElement("p"));
  const table = createWithRole("table", "table") as HTMLTableElement;
  table.setAttribute("aria-labelledby", heading.id);
  const thead = table.createTHead();
  thead.setAttribute("role", "rowgroup");
  thead.append(createWithRole("tr", "row"));
  table.createTBody().setAttribute("role", "rowgroup");
  const scroll = document.createElement("div");
  scroll.className = "scroll";
  scroll.append(table);
  const more = document.createElement("div");
  more.className = "more";
  section.append(head, scroll, more);
  find("tables").append(section);
  return section;
}

/**
 * The style for narrow screens removes the elements' default ARIA roles, so the page names the roles explicitly.
 */
function createWithRole(name: string, role: string): HTMLElement {
  const element = document.createElement(name);
  element.setAttribute("role", role);
  if (name === "th") {
    element.setAttribute("scope", "col");
  }
  return element;
}

function resize(parent: Element, count: number, create: () => Element): void {
  while (parent.children.length > count) {
    parent.lastElementChild?.remove();
  }
  while (parent.children.length < count) {
    parent.append(create());
  }
}
