import { readFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";

const HTML = readFileSync(join(import.meta.dirname, "../../../../plugin/server/view/browser/page.html"), "utf8");
const TAGS = /<(?<end>\/?)(?<name>\w+)(?<attributes>[^>]*)>|(?<text>[^<]+)/g;

/**
 * A text node. In a browser, the user's selection stays only if the script keeps the text node. So a test must be able
 * to compare the objects of two texts.
 */
class PageText {
  readonly textContent: string;

  constructor(textContent: string) {
    this.textContent = textContent;
  }
}

/**
 * The part of a browser's elements that the script of the page uses. This class has only the calls that the page makes.
 */
export class PageElement {
  readonly name: string;
  /** Elements of SVG need another namespace than those of HTML. */
  readonly namespace: string | undefined;
  readonly attributes: Record<string, string> = {};
  readonly dataset: Record<string, string> = {};
  readonly nodes: (PageElement | PageText)[] = [];
  #parent: PageElement | undefined;
  readonly #listeners: Record<string, () => void> = {};
  hidden = false;
  clientWidth = 0;
  value = "";

  constructor(name: string, namespace?: string) {
    this.name = name;
    this.namespace = namespace;
  }

  get id(): string {
    return this.attributes.id ?? "";
  }
  set id(id: string) {
    this.attributes.id = id;
  }
  get className(): string {
    return this.attributes.class ?? "";
  }
  set className(name: string) {
    this.attributes.class = name;
  }
  get textContent(): string {
    return this.nodes.map(({ textContent }) => textContent).join("");
  }
  set textContent(text: string) {
    this.replaceChildren(text);
  }
  get children(): readonly PageElement[] {
    return this.nodes.filter((node) => node instanceof PageElement);
  }
  get lastElementChild(): PageElement | undefined {
    return this.children.at(-1);
  }
  /** The texts of this element and of all elements inside it, in the order of the page. */
  get all(): readonly PageElement[] {
    return [this, ...this.children.flatMap((child) => child.all)];
  }
  get tHead(): PageElement | undefined {
    return this.children.find(({ name }) => name === "thead");
  }
  get tBodies(): readonly PageElement[] {
    return this.children.filter(({ name }) => name === "tbody");
  }
  get rows(): readonly PageElement[] {
    return this.children.filter(({ name }) => name === "tr");
  }
  get classList(): { toggle(name: string, isSet: boolean): void } {
    const others = (name: string): string[] => this.className.split(" ").filter((one) => one !== "" && one !== name);
    return {
      toggle: (name, isSet) => {
        this.className = [...others(name), ...(isSet ? [name] : [])].join(" ");
      },
    };
  }

  createTHead(): PageElement {
    return this.#create("thead");
  }
  createTBody(): PageElement {
    return this.#create("tbody");
  }
  #create(name: string): PageElement {
    const element = new PageElement(name);
    this.append(element);
    return element;
  }

  append(...nodes: readonly (PageElement | string)[]): void {
    for (const node of nodes) {
      if (node instanceof PageElement) {
        node.#parent = this;
      }
      this.nodes.push(typeof node === "string" ? new PageText(node) : node);
    }
  }
  replaceChildren(...nodes: readonly (PageElement | string)[]): void {
    this.nodes.length = 0;
    this.append(...nodes);
  }
  remove(): void {
    const { nodes = [] } = this.#parent ?? {};
    nodes.splice(nodes.indexOf(this), 1);
  }
  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  addEventListener(event: string, listener: () => void): void {
    this.#listeners[event] = listener;
  }
  happen(event: string): void {
    this.#listeners[event]?.();
  }

  /** The method supports `name`, `.class` and `#id`. A blank stands between an element and an element inside it. */
  querySelector(selector: string): PageElement | null {
    const [first = "", ...rest] = selector.split(" ");
    const found = this.all.find(
      (element) =>
        element !== this &&
        (element.name === first || `#${element.id}` === first || `.${element.className.split(" ")[0]}` === first),
    );
    return found === undefined || rest.length === 0 ? (found ?? null) : found.querySelector(rest.join(" "));
  }

  /** This element as HTML. Each element without elements inside is on a separate line. */
  get html(): string {
    const data = Object.entries(this.dataset).map(([name, value]) => [`data-${name}`, value] as const);
    const attributes = [...Object.entries(this.attributes), ...data].map(([name, value]) => ` ${name}="${value}"`);
    const inside = this.nodes.map((node) => (node instanceof PageElement ? node.html : node.textContent)).join("");
    return `<${this.name}${attributes.join("")}${this.hidden ? " hidden" : ""}>${inside}</${this.name}>`;
  }
}

/** The document of page.html, and the window's events. */
export class Page {
  readonly body = new PageElement("body");
  readonly events = new PageElement("events");
  title = "jwt-policy";
  hidden = false;

  constructor() {
    const open = [this.body];
    const [, content = ""] = /<body>(.*)<\/body>/s.exec(HTML) ?? [];
    for (const { groups = {} } of content.matchAll(TAGS)) {
      const { end, name, attributes = "", text } = groups;
      if (name === undefined) {
        open[0]?.append(text?.trim() ?? "");
      } else if (end !== "") {
        open.shift();
      } else {
        const element = new PageElement(name);
        element.hidden = attributes.endsWith(" hidden");
        for (const [, key = "", value = ""] of attributes.matchAll(/([\w-]+)="([^"]*)"/g)) {
          element.setAttribute(key, value);
        }
        open[0]?.append(element);
        open.unshift(element);
      }
    }
  }

  createElement(name: string): PageElement {
    return new PageElement(name);
  }
  createElementNS(namespace: string, name: string): PageElement {
    return new PageElement(name, namespace);
  }
  getElementById(id: string): PageElement | null {
    return this.querySelector(`#${id}`);
  }
  querySelector(selector: string): PageElement | null {
    return this.body.querySelector(selector);
  }
  addEventListener(event: string, listener: () => void): void {
    this.events.addEventListener(event, listener);
  }

  /** @throws Error if the page has no such element. */
  find(id: string): PageElement {
    const found = this.getElementById(id);
    if (found === null) {
      throw new Error(`the page has no ${id}`);
    }
    return found;
  }
  textOf(id: string): string {
    return this.find(id).textContent;
  }
}

/** Opens the page. The page stays open until `vi.unstubAllGlobals()`. */
export function openPage(): Page {
  const page = new Page();
  vi.stubGlobal("document", page);
  return page;
}
