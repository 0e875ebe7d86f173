/** What expressions of one place may use: variables, functions, types; and the way from text to program. */
import { checkExpression, type Declarations } from "./checker.ts";
import { type FunctionDeclaration, functionTable } from "./functions.ts";
import { authorization } from "./library/authorizer.ts";
import { ips } from "./library/ip.ts";
import { lists } from "./library/lists.ts";
import { namedFormats } from "./library/named-formats.ts";
import { optionals } from "./library/optionals.ts";
import { quantities } from "./library/quantity.ts";
import { regex } from "./library/regex.ts";
import { semvers } from "./library/semver.ts";
import { standardLibrary } from "./library/standard.ts";
import { strings } from "./library/strings.ts";
import { urls } from "./library/url.ts";
import { literalIssues } from "./literal-checks.ts";
import { parseExpression } from "./parser.ts";
import { planExpression } from "./planner.ts";
import { Program } from "./program.ts";
import { type Issue, issuesText } from "./source.ts";
import { nullType, optionalOf, parseType, type Type } from "./types.ts";
import { Failure } from "./values.ts";

/** What every environment of Kubernetes 1.36 has. */
const kubernetesLibraries = [standardLibrary, optionals, strings, lists, regex, urls, quantities, ips, namedFormats, semvers, authorization];
const kubernetesFunctions = functionTable(kubernetesLibraries);

const standardTypes = new Map<string, Type>([
  ...["bool", "int", "uint", "double", "string", "bytes"].map((name) => [name, parseType(name)] as const),
  ["null_type", nullType],
  ["list", parseType("list(dyn)")],
  ["map", parseType("map(dyn, dyn)")],
  ["type", { kind: "type", params: [] }],
  ["google.protobuf.Timestamp", parseType("timestamp")],
  ["google.protobuf.Duration", parseType("duration")],
  ["optional_type", optionalOf(parseType("A"))],
  ...["net.IP", "net.CIDR", "kubernetes.URL", "kubernetes.Quantity", "kubernetes.Semver", "kubernetes.NamedFormat"].map(
    (name) => [name, parseType(name)] as const,
  ),
]);

export interface EnvironmentOptions {
  readonly variables: Readonly<Record<string, Type>>;
  /** Beyond those of every environment. */
  readonly functions?: readonly FunctionDeclaration[];
  /** Object types that expressions may write or name, by name. */
  readonly type?: (name: string) => Type | undefined;
  /** Whether cel.bind is there. */
  readonly bindings?: boolean;
}

export type CompileResult = { readonly program: Program; readonly issues?: undefined } | CompileFailure;

export interface CompileFailure {
  readonly program?: undefined;
  /** What Kubernetes puts before the text. */
  readonly problem: "compilation failed" | "program instantiation failed";
  readonly issues: readonly Issue[];
  /** As cel-go prints the issues, with the lines they are in. */
  readonly text: string;
}

export class Environment {
  readonly #options: EnvironmentOptions;
  readonly #declarations: Declarations;

  constructor(options: EnvironmentOptions) {
    this.#options = options;
    this.#declarations = {
      variables: new Map(Object.entries(options.variables)),
      functions: options.functions === undefined ? kubernetesFunctions : functionTable([[...kubernetesFunctions.values()], options.functions]),
      type: (name) => standardTypes.get(name) ?? options.type?.(name),
    };
  }

  /** The same with more, or other, variables. */
  extend(variables: Readonly<Record<string, Type>>): Environment {
    return new Environment({ ...this.#options, variables: { ...this.#options.variables, ...variables } });
  }

  compile(expression: string): CompileResult {
    const { parsed, issues } = parseExpression(expression, { bindings: this.#options.bindings ?? false });
    if (parsed === undefined) return failure(expression, issues);
    const { checked, issues: typeIssues } = checkExpression(parsed, this.#declarations);
    if (checked === undefined) return failure(expression, typeIssues);
    const wrong = literalIssues(checked);
    if (wrong.length > 0) return failure(expression, wrong);
    try {
      return { program: new Program(checked, this.#declarations.variables, planExpression(checked)) };
    } catch (error) {
      // A conversion of a literal that cannot be done.
      if (error instanceof Failure)
        return { problem: "program instantiation failed", issues: [{ position: undefined, message: error.message }], text: error.message };
      throw error;
    }
  }
}

function failure(expression: string, issues: readonly Issue[]): CompileFailure {
  return { problem: "compilation failed", issues, text: issuesText(expression, issues) };
}
