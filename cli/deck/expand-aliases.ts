import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Pair, YAMLMap, YAMLSeq } from "yaml";

/** Aliases can make a small file explode; this is far more than a gateway has. */
const MAX_NODES = 200_000;

/**
 * Puts in the place of each alias (`*name`) a copy of what it stands for, and of each merge key (`<<`) the keys that it
 * brings. Every plugin is then a node of its own, which can get a name of its own.
 *
 * @throws Error when that gives more nodes than anybody means, as an alias within its own anchor does.
 */
export function expandAliases(document: Document): Node | null {
  let nodes = 0;
  const expand = (node: unknown): Node | null => {
    nodes += 1;
    if (nodes > MAX_NODES) {
      throw new Error(`the file, with what its aliases stand for, has more than ${MAX_NODES} values`);
    }
    if (isAlias(node)) {
      const target = node.resolve(document);
      return target ? expand(target) : null;
    }
    if (isMap(node)) {
      return expandMap(node as YAMLMap);
    }
    if (isSeq(node)) {
      const list = copyForm(new YAMLSeq(), node);
      list.items = node.items.map(expand);
      return list;
    }
    return isScalar(node) ? dropAnchor(node.clone() as Node) : null;
  };
  const expandMap = (map: YAMLMap): YAMLMap => {
    const expanded = copyForm(new YAMLMap(), map);
    const merged: unknown[] = [];
    for (const { key, value } of map.items) {
      if (isScalar(key) && key.value === "<<" && key.type === "PLAIN") {
        const parent = expand(value);
        merged.push(...(isSeq(parent) ? parent.items : [parent]));
      } else {
        expanded.items.push(new Pair(dropAnchor(key), expand(value)));
      }
    }
    for (const parent of merged) {
      const pairs = isMap(parent) ? (parent as YAMLMap).items : [];
      expanded.items.push(...pairs.filter(({ key }) => !expanded.has(key)));
    }
    return expanded;
  };
  return expand(document.contents);
}

/** Place, comments and style, without what is in it. */
function copyForm<T extends YAMLMap | YAMLSeq>(target: T, source: T | YAMLMap | YAMLSeq): T {
  return dropAnchor(Object.assign(target, source, { items: [] }));
}

function dropAnchor<T>(node: T): T {
  if (isScalar(node) || isMap(node) || isSeq(node)) {
    delete node.anchor;
  }
  return node;
}
