import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Pair, YAMLMap, YAMLSeq } from "yaml";

/**
 * The largest number of nodes after expansion. Nested aliases can make a small file enormous, and no real gateway needs
 * this many nodes.
 */
const MAX_NODES = 200_000;

/**
 * Replaces each alias (`*name`) with a copy of its target, and each merge key (`<<`) with the keys that it merges.
 * After this step, every plugin is a separate node, so `render` can give each plugin its own name.
 *
 * @throws Error when the result has more than `MAX_NODES` nodes, for example because an alias is inside its own anchor.
 */
export function expandAliases(document: Document): Node | null {
  let nodes = 0;
  const expand = (node: unknown): Node | null => {
    nodes += 1;
    if (nodes > MAX_NODES) {
      throw new Error(`the file has more than ${MAX_NODES} values once its aliases are expanded`);
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

/** Copies the position, comments and style of a node, but not its items. */
function copyForm<T extends YAMLMap | YAMLSeq>(target: T, source: T | YAMLMap | YAMLSeq): T {
  return dropAnchor(Object.assign(target, source, { items: [] }));
}

function dropAnchor<T>(node: T): T {
  if (isScalar(node) || isMap(node) || isSeq(node)) {
    delete node.anchor;
  }
  return node;
}
