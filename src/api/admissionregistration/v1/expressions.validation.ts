/**
 * Expressions of webhooks and policies are compiled when they are written (pkg/apis/admissionregistration/validation).
 * One that the stored object has already stays valid, whatever this release thinks of it.
 */
import { admissionEnvironment, compileAs, type Environment, type Program, type resultTypes as Results, resultTypes } from "../../../machinery/cel/index.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import type { ParamKind, Variable } from "./common.ts";

/** Compiles what stands at a path. */
export type CheckExpression = (path: string, expression: string) => readonly FieldError[];

/** Compiling goes at half a million characters a second or more: no object may keep the server busy for longer. */
const maxCharacters = 64 * 1024;

interface Policy {
  readonly paramKind?: ParamKind;
  readonly variables?: readonly Variable[];
}

/** The expressions of one object. */
export class ExpressionChecks {
  readonly #stored: ReadonlySet<string>;
  readonly #policy: Policy;
  readonly #mutation: boolean;
  readonly #types = new Map<string, Program["resultType"]>();
  #characters = 0;

  /** `old`: the object as it is stored, for updates. */
  constructor(policy: Policy, { old, mutation = false }: { readonly old: unknown; readonly mutation?: boolean }) {
    this.#policy = policy;
    this.#stored = expressionsIn(old);
    this.#mutation = mutation;
  }

  /** Match conditions do not see the policy's variables. */
  readonly condition: CheckExpression = (path, expression) => this.#errors(path, expression.trim(), "bool", this.#environment({ variables: false }));

  readonly validation: CheckExpression = (path, expression) => this.#errors(path, expression, "bool", this.#environment({}));

  /** They must not ask the authorizer. */
  readonly message: CheckExpression = (path, expression) => this.#errors(path, expression, "text", this.#environment({ authorizer: false }));

  readonly annotation: CheckExpression = (path, expression) => this.#errors(path, expression.trim(), "textOrNull", this.#environment({}));

  readonly appliedObject: CheckExpression = (path, expression) => this.#errors(path, expression, "appliedObject", this.#environment({}));

  readonly jsonPatch: CheckExpression = (path, expression) => this.#errors(path, expression, "jsonPatch", this.#environment({}));

  /** Expressions after it may use the variable. */
  variable(path: string, name: string, expression: string): readonly FieldError[] {
    const { program, problem } = compileAs(this.#environment({}), expression, resultTypes.any);
    if (program !== undefined) this.#types.set(name, program.resultType);
    return this.#isStored(expression) ? [] : this.#limited(path, expression, () => problem);
  }

  #environment({ authorizer = true, variables = true }: { authorizer?: boolean; variables?: boolean }): Environment {
    const { paramKind, variables: declared = [] } = this.#policy;
    return admissionEnvironment({
      params: paramKind !== undefined,
      authorizer,
      mutation: this.#mutation,
      ...(variables && declared.length > 0 ? { variables: this.#types } : {}),
    });
  }

  #isStored(expression: string): boolean {
    return this.#stored.has(expression);
  }

  #errors(path: string, expression: string, result: keyof typeof Results, environment: Environment): readonly FieldError[] {
    if (this.#isStored(expression)) return [];
    return this.#limited(path, expression, () => compileAs(environment, expression, resultTypes[result]).problem);
  }

  #limited(path: string, expression: string, compile: () => string | undefined): readonly FieldError[] {
    this.#characters += expression.length;
    if (this.#characters > maxCharacters) return [fieldError.forbidden(path, `the object's expressions have more than ${maxCharacters} characters`)];
    const problem = compile();
    return problem === undefined ? [] : [fieldError.invalid(path, expression, problem)];
  }
}

const expressionFields = new Set(["expression", "messageExpression", "valueExpression"]);

/** As they are, and without the space around them: conditions are trimmed before they are compiled. */
function expressionsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === "string" && expressionFields.has(key)) found.add(item).add(item.trim());
    else expressionsIn(item, found);
  }
  return found;
}
