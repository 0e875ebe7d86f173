/**
 * The rules for names and other short texts in API objects. Every check returns the messages of
 * k8s.io/apimachinery/pkg/util/validation, none when the text is fine; callers attach path and value.
 * Lengths count UTF-8 bytes where that can differ, as Go's len does.
 */

import { none } from "./joined.ts";

export const maxLabelLength = 63;
export const maxSubdomainLength = 253;
export const maxLabelValueLength = 63;
export const maxQualifiedNameLength = 63;

const labelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomainFormat = `${labelFormat}(\\.${labelFormat})*`;
const label1035Format = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualifiedFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValueFormat = `(${qualifiedFormat})?`;
const wildcardFormat = `\\*\\.${subdomainFormat}`;
const percentFormat = "[0-9]+%";
const headerFormat = "[-A-Za-z0-9]+";
const identifierFormat = "[A-Za-z_][A-Za-z0-9_]*";
const envVarFormat = "[-._a-zA-Z][-._a-zA-Z0-9]*";
const configKeyFormat = "[-._a-zA-Z0-9]+";
const pathFormat = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

const whole = (format: string) => new RegExp(`^${format}$`);
const labelPattern = whole(labelFormat);
const subdomainPattern = whole(subdomainFormat);
const label1035Pattern = whole(label1035Format);
const qualifiedPattern = whole(qualifiedFormat);
const labelValuePattern = whole(labelValueFormat);
const wildcardPattern = whole(wildcardFormat);
const percentPattern = whole(percentFormat);
const headerPattern = whole(headerFormat);
const identifierPattern = whole(identifierFormat);
const envVarPattern = whole(envVarFormat);
const configKeyPattern = whole(configKeyFormat);
const pathPattern = whole(pathFormat);

const labelMessage =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const label1035Message =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const qualifiedMessage = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValueMessage =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const wildcardMessage =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
const envVarMessage = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit";
const relaxedEnvVarMessage = "a valid environment variable name must consist only of printable ASCII characters other than '='";

export const emptyMessage = "must be non-empty";

export function maxLengthMessage(length: number): string {
  return `must be no more than ${length} characters`;
}

/** Of label values and qualified names, whose limits are about bytes in so many words. */
function maxBytesMessage(length: number): string {
  return `must be no more than ${length} bytes`;
}

export function rangeMessage(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** The message of a text that does not match: what is allowed, examples, and the expression used. */
export function regexMessage(message: string, format: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${format}')`;
  return `${message} (e.g. ${examples.map((example) => `'${example}', `).join(" or ")}regex used for validation is '${format}')`;
}

/** Length in UTF-8 bytes without encoding: names are nearly always ASCII. */
export function byteLength(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) length += 1;
    else if (code < 0x800) length += 2;
    else if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) {
      length += 4;
      i++;
    } else length += 3;
  }
  return length;
}

function tooLong(value: string, max: number): string[] {
  return value.length > max || byteLength(value) > max ? [maxLengthMessage(max)] : [];
}

/**
 * Lower-case letters and digits, with single dashes between them, and not too many. Nearly all names are like that, and
 * no rule for names has anything against it; a look at each character costs a fraction of a regular expression.
 */
function isPlain(value: string, max: number): boolean {
  if (value.length > max) return false;
  let afterDash = true;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    const isDash = code === 0x2d;
    if (isDash ? afterDash : !isLetter(code) && !isDigit(code)) return false;
    afterDash = isDash;
  }
  return !afterDash;
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** DNS label (RFC 1123): namespaces, container names, pods' host names. */
export function dns1123LabelErrors(value: string): readonly string[] {
  if (isPlain(value, maxLabelLength)) return none;
  const errors = tooLong(value, maxLabelLength);
  if (labelPattern.test(value)) return errors;
  if (subdomainPattern.test(value)) errors.push("must not contain dots");
  else errors.push(regexMessage(labelMessage, labelFormat, "my-name", "123-abc"));
  return errors;
}

/** DNS subdomain (RFC 1123): the names of most objects. */
export function dns1123SubdomainErrors(value: string): readonly string[] {
  if (isPlain(value, maxSubdomainLength)) return none;
  const errors = tooLong(value, maxSubdomainLength);
  if (!subdomainPattern.test(value)) errors.push(regexMessage(subdomainMessage, subdomainFormat, "example.com"));
  return errors;
}

/** DNS label that starts with a letter (RFC 1035). */
export function dns1035LabelErrors(value: string): readonly string[] {
  const errors = tooLong(value, maxLabelLength);
  if (!label1035Pattern.test(value)) errors.push(regexMessage(label1035Message, label1035Format, "my-name", "abc-123"));
  return errors;
}

export function wildcardDns1123SubdomainErrors(value: string): readonly string[] {
  const errors = tooLong(value, maxSubdomainLength);
  if (!wildcardPattern.test(value)) errors.push(regexMessage(wildcardMessage, wildcardFormat, "*.example.com"));
  return errors;
}

/** Domains without fault, as the names of one object mostly share one. */
const knownPrefixes = new Set<string>();
const maxKnownPrefixes = 200;

function prefixErrors(prefix: string): readonly string[] {
  if (knownPrefixes.has(prefix)) return none;
  const tooLongs = maxLengthMessage(maxSubdomainLength);
  const errors = dns1123SubdomainErrors(prefix).map((text) => `prefix part ${text === tooLongs ? maxBytesMessage(maxSubdomainLength) : text}`);
  if (errors.length > 0) return errors;
  if (knownPrefixes.size >= maxKnownPrefixes) knownPrefixes.clear();
  knownPrefixes.add(prefix);
  return none;
}

const qualifiedPatternMessage = regexMessage(qualifiedMessage, qualifiedFormat, "MyName", "my.name", "123-abc");

/** The usual case, and much the cheapest: no fault, and no prefix or a known one. */
function isUsualName(value: string): boolean {
  const slash = value.indexOf("/");
  const name = slash < 0 ? value : value.slice(slash + 1);
  const isGood = isPlain(name, maxQualifiedNameLength) || (name.length <= maxQualifiedNameLength && qualifiedPattern.test(name));
  return isGood && (slash < 0 || knownPrefixes.has(value.slice(0, slash)));
}

/** `name` or `dns.sub.domain/name`: keys of labels and annotations, finalizers, resource names. */
export function qualifiedNameErrors(value: string): readonly string[] {
  if (isUsualName(value)) return none;
  const parts = value.split("/");
  if (parts.length > 2) return [`a valid label key ${qualifiedPatternMessage} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const errors: string[] = [];
  const [prefix, name] = parts.length === 2 ? [parts[0], parts[1]!] : [undefined, parts[0]!];
  if (prefix === "") errors.push(`prefix part ${emptyMessage}`);
  else if (prefix !== undefined) errors.push(...prefixErrors(prefix));
  if (name === "") errors.push(`name part ${emptyMessage}`);
  else if (byteLength(name) > maxQualifiedNameLength) errors.push(`name part ${maxBytesMessage(maxQualifiedNameLength)}`);
  if (!qualifiedPattern.test(name)) errors.push(`name part ${qualifiedPatternMessage}`);
  return errors;
}

export function labelValueErrors(value: string): readonly string[] {
  if (isPlain(value, maxLabelValueLength)) return none;
  const errors = byteLength(value) > maxLabelValueLength ? [maxBytesMessage(maxLabelValueLength)] : [];
  if (!labelValuePattern.test(value)) errors.push(regexMessage(labelValueMessage, labelValueFormat, "MyValue", "my_value", "12345"));
  return errors;
}

/** A name that can stand in a URL path: the least that any object's name must satisfy. */
export function pathSegmentNameErrors(value: string): readonly string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return ["/", "%"].filter((illegal) => value.includes(illegal)).map((illegal) => `may not contain '${illegal}'`);
}

/** The same for a generateName prefix, where '.' and '..' will get a suffix. */
export function pathSegmentPrefixErrors(value: string): readonly string[] {
  return ["/", "%"].filter((illegal) => value.includes(illegal)).map((illegal) => `may not contain '${illegal}'`);
}

const maxPortNameLength = 15;
/** IANA service name (RFC 6335): names of ports. */
export function portNameErrors(value: string): readonly string[] {
  if (isLetter(value.charCodeAt(0)) && isPlain(value, maxPortNameLength)) return none;
  const errors: string[] = [];
  if (byteLength(value) > maxPortNameLength) errors.push(maxLengthMessage(maxPortNameLength));
  if (!/^[-a-z0-9]+$/.test(value)) errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(value)) errors.push("must contain at least one letter (a-z)");
  if (value.includes("--")) errors.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors;
}

export function portNumberErrors(port: number): readonly string[] {
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? none : [rangeMessage(1, 65535)];
}

/** User and group ids. */
export function idNumberErrors(id: number): readonly string[] {
  return Number.isInteger(id) && id >= 0 && id <= 2147483647 ? none : [rangeMessage(0, 2147483647)];
}

/** The strict rule of ages before 1.34, and of ConfigMap keys used as variables. */
export function envVarNameErrors(value: string): readonly string[] {
  const malformed = envVarPattern.test(value) ? [] : [regexMessage(envVarMessage, envVarFormat, "my.env-name", "MY_ENV.NAME", "MyEnvName1")];
  return [...malformed, ...dotNameErrors(value)];
}

/** RelaxedEnvironmentVariableValidation, generally available in 1.34: any printable ASCII but '='. */
export function relaxedEnvVarNameErrors(value: string): readonly string[] {
  if (value === "") return [`environment variable name ${emptyMessage}`];
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === 0x3d) return [relaxedEnvVarMessage];
  }
  return none;
}

export function configMapKeyErrors(value: string): readonly string[] {
  const errors = tooLong(value, maxSubdomainLength);
  const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
  if (!configKeyPattern.test(value)) errors.push(regexMessage(message, configKeyFormat, "key.name", "KEY_NAME", "key-name"));
  return [...errors, ...dotNameErrors(value)];
}

function dotNameErrors(value: string): readonly string[] {
  if (value === ".") return ["must not be '.'"];
  if (value === "..") return ["must not be '..'"];
  return value.startsWith("..") ? ["must not start with '..'"] : [];
}

export function cIdentifierErrors(value: string): readonly string[] {
  if (identifierPattern.test(value)) return [];
  const message = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
  return [regexMessage(message, identifierFormat, "my_name", "MY_NAME", "MyName")];
}

export function httpHeaderNameErrors(value: string): readonly string[] {
  if (headerPattern.test(value)) return none;
  return [regexMessage("a valid HTTP header must consist of alphanumeric characters or '-'", headerFormat, "X-Header-Name")];
}

export function percentErrors(value: string): readonly string[] {
  if (percentPattern.test(value)) return [];
  return [regexMessage("a valid percent string must be a numeric string followed by an ending '%'", percentFormat, "1%", "93%")];
}

/** `domain.prefix/path`, as in Ingress pathType implementations, controllers and CSI names. */
export function domainPrefixedPathErrors(value: string): readonly string[] {
  if (value === "") return [emptyMessage];
  const slash = value.indexOf("/");
  const host = slash < 0 ? value : value.slice(0, slash);
  const path = slash < 0 ? "" : value.slice(slash + 1);
  if (host === "" || path === "") return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  const errors = dns1123SubdomainErrors(host);
  return pathPattern.test(path) ? errors : [...errors, regexMessage("Invalid path", pathFormat)];
}

/** A domain name of at least three labels: signer names of old. */
export function fullyQualifiedNameErrors(value: string): readonly string[] {
  if (value === "") return [emptyMessage];
  const errors = dns1123SubdomainErrors(value);
  if (errors.length > 0) return errors;
  return value.split(".").length < 3 ? ["should be a domain with at least three segments separated by dots"] : [];
}

/** A domain name of at least two labels; a final dot is fine. */
export function fullyQualifiedDomainNameErrors(value: string): readonly string[] {
  if (value === "") return [emptyMessage];
  const name = value.endsWith(".") ? value.slice(0, -1) : value;
  const errors = dns1123SubdomainErrors(name);
  if (errors.length > 0) return errors;
  const labels = name.split(".");
  if (labels.length < 2) return ["should be a domain with at least two segments separated by dots"];
  return labels.flatMap(dns1123LabelErrors);
}

/* ---- which rule a kind's name follows ---- */

/** Checks the prefix of a generateName: a trailing dash is fine, since five characters will follow. */
export function maskTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -2)}a` : prefix;
}

export type NameRule = (name: string) => readonly string[];
