/** RFC 7234 Warning headers, code 299, as client-go reads them. */

/** As kube-apiserver's: beyond the first number each text is cut to the second, and those that do not fit are left out. */
const maxTotal = 4 * 1024;
const maxWhenCut = 256;

/** One header a text, of all of which clients must be able to read the head of an answer. */
export function warningHeaders(texts: readonly string[]): string[] {
  const length = texts.reduce((total, text) => total + text.length, 0);
  if (length <= maxTotal) return texts.map(warningHeader);
  const headers: string[] = [];
  let total = 0;
  for (const text of texts) {
    const cut = text.slice(0, maxWhenCut);
    total += cut.length;
    if (total > maxTotal) break;
    headers.push(warningHeader(cut));
  }
  return headers;
}

function warningHeader(text: string): string {
  const printable = text.replace(/[\u0000-\u001f\u007f]+/g, " ").replace(/[^\u0020-\u00ff]/g, "?");
  return `299 - "${printable.replace(/(["\\])/g, "\\$1")}"`;
}
