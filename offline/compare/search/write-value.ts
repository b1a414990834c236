/** Writes a value as JSON, with sorted sets, and with patterns as strings. */
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

/** Caches the text of each object. The objects must never change. */
export function rememberTexts<Key extends object>(writeText: (key: Key) => string): (key: Key) => string {
  const texts = new WeakMap<Key, string>();
  return (key) => {
    const text = texts.get(key) ?? writeText(key);
    texts.set(key, text);
    return text;
  };
}
