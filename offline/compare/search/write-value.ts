/** JSON in which sets are sorted and patterns are written as strings. */
export function write(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner instanceof Set) {
      return [...inner].map((item) => JSON.stringify(item)).sort();
    }
    if (inner instanceof Map) {
      return [...inner];
    }
    return inner instanceof RegExp ? inner.source : inner;
  });
}

/** Writes texts of objects that never change, each object once. */
export function rememberTexts<Key extends object>(writeText: (key: Key) => string): (key: Key) => string {
  const texts = new WeakMap<Key, string>();
  return (key) => {
    const text = texts.get(key) ?? writeText(key);
    texts.set(key, text);
    return text;
  };
}
