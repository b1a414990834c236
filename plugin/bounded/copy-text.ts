/** Copies a part of a longer text. Without the copy, the part would keep the whole longer text in memory. */
export function copyText(text: string): string {
  const copy = Buffer.from(text).toString();
  return copy === text ? copy : text;
}
