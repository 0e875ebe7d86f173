/**
 * Reading the API server's configuration files (apiserver.config.k8s.io): field by field and strictly, so that a
 * misspelt field is an error and not a setting that silently does nothing.
 */
import { type FieldError, fieldError, fieldErrorText } from "../machinery/status.ts";
import { parseYaml } from "../machinery/yaml-codec.ts";

export interface ConfigurationKind {
  /** For errors: `authentication configuration`. */
  readonly what: string;
  readonly kind: string;
  readonly apiVersions: readonly string[];
}

/** Reads YAML or JSON with `read`; throws one error that lists everything wrong, with paths. */
export function readConfiguration<T>(text: string, kind: ConfigurationKind, read: (root: Section) => T): T {
  return readConfigurationValue(parseYaml(text, { strict: true }), kind, read);
}

/** The same for one that lies inside another. */
export function readConfigurationValue<T>(value: unknown, { what, kind, apiVersions }: ConfigurationKind, read: (root: Section) => T): T {
  const root = new Section(value, "", []);
  const [foundVersion, foundKind] = [root.text("apiVersion"), root.text("kind")];
  if (foundKind !== kind || !apiVersions.includes(foundVersion)) {
    throw new Error(`cannot use the ${what}: it must be kind ${kind} of ${apiVersions.join(" or ")}`);
  }
  const result = read(root);
  root.finish();
  if (root.errors.length > 0) throw new Error(`cannot use the ${what}: ${root.errors.map(fieldErrorText).join("; ")}`);
  return result;
}

/** One mapping of the file. Every field must be asked for: `finish` reports those that nobody knows. */
export class Section {
  readonly path: string;
  /** Shared by all sections of a file. */
  readonly errors: FieldError[];
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #known = new Set<string>();
  readonly #children: Section[] = [];

  constructor(value: unknown, path: string, errors: FieldError[]) {
    this.path = path;
    this.errors = errors;
    const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isMapping) errors.push(fieldError.invalid(path, value, "must be a mapping"));
    this.#fields = isMapping ? (value as Record<string, unknown>) : {};
  }

  at(field: string): string {
    return this.path === "" ? field : `${this.path}.${field}`;
  }

  /** "" when absent. */
  text(field: string): string {
    return this.optionalText(field) ?? "";
  }

  /** Tells absent and empty apart. */
  optionalText(field: string): string | undefined {
    return this.#scalar(field, "string", "must be a string") as string | undefined;
  }

  flag(field: string, absent: boolean): boolean {
    return this.optionalFlag(field) ?? absent;
  }

  optionalFlag(field: string): boolean | undefined {
    return this.#scalar(field, "boolean", "must be true or false") as boolean | undefined;
  }

  /** Whatever it is; to be read elsewhere. */
  value(field: string): unknown {
    return this.#value(field);
  }

  /** Whatever is in it is fine. */
  ignore(): void {
    for (const field of Object.keys(this.#fields)) this.#known.add(field);
  }

  texts(field: string): string[] {
    const entries = this.#list(field);
    const wrong = entries.findIndex((entry) => typeof entry !== "string");
    if (wrong >= 0) this.errors.push(fieldError.invalid(`${this.at(field)}[${wrong}]`, entries[wrong], "must be a string"));
    return entries.filter((entry) => typeof entry === "string");
  }

  section(field: string): Section | undefined {
    const value = this.#value(field);
    return value === undefined ? undefined : this.#child(value, this.at(field));
  }

  sections(field: string): Section[] {
    return this.#list(field).map((entry, index) => this.#child(entry, `${this.at(field)}[${index}]`));
  }

  /** To be called once everything known has been read. */
  finish(): void {
    for (const field of Object.keys(this.#fields)) {
      if (!this.#known.has(field)) this.errors.push(fieldError.invalid(this.at(field), field, "unknown field"));
    }
    for (const child of this.#children) child.finish();
  }

  #child(value: unknown, path: string): Section {
    const child = new Section(value, path, this.errors);
    this.#children.push(child);
    return child;
  }

  /** null is absent, as Kubernetes has it. */
  #value(field: string): unknown {
    this.#known.add(field);
    return Object.hasOwn(this.#fields, field) ? (this.#fields[field] ?? undefined) : undefined;
  }

  #scalar(field: string, type: "string" | "boolean", otherwise: string): unknown {
    const value = this.#value(field);
    if (value === undefined || typeof value === type) return value;
    this.errors.push(fieldError.invalid(this.at(field), value, otherwise));
    return undefined;
  }

  #list(field: string): readonly unknown[] {
    const value = this.#value(field);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.errors.push(fieldError.invalid(this.at(field), value, "must be a list"));
    return [];
  }
}
