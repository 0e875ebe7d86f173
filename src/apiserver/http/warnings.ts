/** RFC 7234 Warning header, code 299, as client-go reads it. */
export function warningHeader(text: string): string {
  const printable = text.replace(/[\u0000-\u001f\u007f]+/g, " ").replace(/[^\u0020-\u00ff]/g, "?");
  return `299 - "${printable.replace(/(["\\])/g, "\\$1")}"`;
}
