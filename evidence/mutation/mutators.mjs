// Makes the mutants of a source file. They are small changes, and a test must notice each change. Stryker makes the
// same kinds and a few more. The list of changes also removes statements, operands, spreads and `await`, because such
// mistakes lose limits and cleanup.
import { parseSync } from "rolldown/utils";

const SWAPPED = {
  "===": "!==",
  "!==": "===",
  "==": "!=",
  "!=": "==",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "&": "|",
  "|": "&",
  "<<": ">>>",
  ">>>": "<<",
  "+=": "-=",
  "-=": "+=",
  "++": "--",
  "--": "++",
};
const SWAPPED_METHODS = {
  some: "every",
  every: "some",
  startsWith: "endsWith",
  endsWith: "startsWith",
  min: "max",
  max: "min",
};
const DROPPED_METHODS = new Set([
  ...["filter", "slice", "trim", "toLowerCase", "toUpperCase", "sort", "toSorted", "reverse", "toReversed"],
  "unref",
]);
const TYPES = /^TS(?!AsExpression|SatisfiesExpression|NonNullExpression)/;
const UNCHANGED = new Set(["ImportDeclaration", "ExportAllDeclaration", "ImportExpression"]);

/**
 * All mutants of a file, in the order of the text. Each mutant replaces `source.slice(start, end)` by `replacement`.
 * Sentences are not mutated, because separate tests check messages, and no decision depends on messages.
 */
export function makeMutants(file, source) {
  const { program } = parseSync(file, source, { lang: "ts" });
  const mutants = [];
  const textOf = ({ start, end }) => source.slice(start, end);
  const add = (kind, { start, end }, replacement) => {
    if (source.slice(start, end) !== replacement) {
      mutants.push({ file, kind, start, end, replacement, line: source.slice(0, start).split("\n").length });
    }
  };
  visit(program, undefined, (node, parent) => MUTATORS[node.type]?.({ node, parent, textOf, add }));
  return mutants;
}

function visit(node, parent, see) {
  if (TYPES.test(node.type) || UNCHANGED.has(node.type) || node.declare) {
    return;
  }
  see(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string") {
        visit(child, node, see);
      }
    }
  }
}

const swapOperator = ({ node, textOf, add }) => {
  if (Object.hasOwn(SWAPPED, node.operator) && !isText(node.left) && !isText(node.right)) {
    add("operator", node, `${textOf(node.left)} ${SWAPPED[node.operator]} ${textOf(node.right)}`);
  }
};
const fixCondition = ({ node, add }) => {
  add("condition", node.test, "true");
  add("condition", node.test, "false");
};

/** The mutants of each type of node. */
const MUTATORS = {
  IfStatement: fixCondition,
  ConditionalExpression: fixCondition,
  WhileStatement: ({ node, add }) => add("condition", node.test, "false"),
  BinaryExpression: swapOperator,
  AssignmentExpression: swapOperator,
  UpdateExpression: ({ node, textOf, add }) =>
    add("operator", node, textOf(node).replace(node.operator, SWAPPED[node.operator])),
  LogicalExpression: ({ node, textOf, add }) => {
    add("operand", node, textOf(node.left));
    add("operand", node, textOf(node.right));
  },
  UnaryExpression: ({ node, textOf, add }) => node.operator === "!" && add("negation", node, textOf(node.argument)),
  AwaitExpression: ({ node, textOf, add }) => add("await", node, textOf(node.argument)),
  Literal: mutateLiteral,
  BlockStatement: ({ node, parent, add }) =>
    node.body.length > 0 && parent.type !== "CatchClause" && add("block", node, "{}"),
  ExpressionStatement: ({ node, add }) => !node.directive && add("statement", node, ";"),
  ArrayExpression: ({ node, add }) => node.elements.length > 0 && add("list", node, "[]"),
  SpreadElement: ({ node, parent, add }) =>
    /^(?:Array|Object)/.test(parent.type) && add("spread", node, parent.type === "ArrayExpression" ? "...[]" : "...{}"),
  ArrowFunctionExpression: ({ node, add }) =>
    node.body.type !== "BlockStatement" && add("function", node.body, "undefined"),
  CallExpression: mutateCall,
  MemberExpression: ({ node, textOf, add }) =>
    node.optional &&
    add(
      "optional",
      node,
      textOf(node)
        .replace(/\?\.(?=[A-Za-z#])/, ".")
        .replace(/\?\.(?=\[)/, ""),
    ),
};

function mutateLiteral({ node, parent, add }) {
  if (typeof node.value === "boolean") {
    add("literal", node, String(!node.value));
  } else if (typeof node.value === "number") {
    add("number", node, String(node.value < 10 ? node.value + 1 : node.value * 2));
  } else if (node.regex) {
    const { pattern, flags } = node.regex;
    if (pattern.startsWith("^")) {
      add("pattern", node, `/${pattern.slice(1)}/${flags}`);
    }
    if (pattern.endsWith("$")) {
      add("pattern", node, `/${pattern.slice(0, -1)}/${flags}`);
    }
  } else if (typeof node.value === "string" && !/\s/.test(node.value) && !isName(node, parent)) {
    add("text", node, node.value === "" ? '"mutant"' : '""');
  }
}

function mutateCall({ node, textOf, add }) {
  const { callee } = node;
  if (callee.type !== "MemberExpression" || callee.computed) {
    return;
  }
  const { name } = callee.property;
  if (Object.hasOwn(SWAPPED_METHODS, name)) {
    add("method", callee.property, SWAPPED_METHODS[name]);
  } else if (DROPPED_METHODS.has(name)) {
    add("method", node, textOf(callee.object));
  }
}

const isText = ({ type, value }) => type === "TemplateLiteral" || (type === "Literal" && typeof value === "string");
const isName = (node, parent) => parent.type === "Property" && parent.key === node && parent.value !== node;

/**
 * Mutants of Lua. There is no parser: the guard is short, and one pattern for each kind of change is enough. Words and
 * numbers in quotes stay unchanged.
 */
export function makeLuaMutants(file, source) {
  const mutants = [];
  const add = (kind, start, end, replacement) =>
    mutants.push({ file, kind, start, end, replacement, line: source.slice(0, start).split("\n").length });
  const find = (pattern, see) => {
    for (const match of source.matchAll(pattern)) {
      const lineStart = source.lastIndexOf("\n", match.index) + 1;
      if (!source.slice(lineStart, match.index).includes("--")) {
        see(match, match.index, match.index + match[0].length);
      }
    }
  };
  find(/(?<=\b(?:if|elseif) )[^\n]+?(?= then\b)/g, (_, start, end) => {
    add("condition", start, end, "true");
    add("condition", start, end, "false");
  });
  find(/==|~=/g, ([text], start, end) => add("operator", start, end, text === "==" ? "~=" : "=="));
  find(/\b(?:and|or)\b(?=[^"\n]*(?:"[^"\n]*"[^"\n]*)*\n)/g, ([text], start, end) =>
    add("operand", start, end, text === "and" ? "or" : "and"),
  );
  find(/\bnot (?=[^"\n]*(?:"[^"\n]*"[^"\n]*)*\n)/g, (_, start, end) => add("negation", start, end, ""));
  find(/(?<=^ +)[a-z][\w.:]*(?:\([^\n]*\)|(?:\[[^\]\n]+\])? = [^\n]+)(?=\n)/gm, (_, start, end) =>
    add("statement", start, end, ""),
  );
  find(/\b\d+\b(?=[^"\n]*(?:"[^"\n]*"[^"\n]*)*\n)/g, ([text], start, end) =>
    add("number", start, end, String(Number(text) + 1)),
  );
  return mutants;
}
