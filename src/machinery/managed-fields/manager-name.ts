/** Who a request's changes are recorded for. */

/** Characters of a manager's name that are kept (validation refuses longer ones that clients give). */
const maxLength = 128;

/** The fieldManager parameter, or the user agent up to its first slash: `kubectl/v1.36.0 (…)` is `kubectl`. */
export function managerName(fieldManager: string | undefined, userAgent: string | undefined): string {
  if (fieldManager !== undefined && fieldManager !== "") return fieldManager;
  const product = (userAgent ?? "").split("/", 1)[0] ?? "";
  const printable = product.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "");
  return truncated(printable) || "unknown";
}

/** At most 128 bytes of UTF-8, whole characters. */
function truncated(text: string): string {
  const encoder = new TextEncoder();
  let bytes = 0;
  let result = "";
  for (const character of text) {
    bytes += encoder.encode(character).length;
    if (bytes > maxLength) break;
    result += character;
  }
  return result;
}
