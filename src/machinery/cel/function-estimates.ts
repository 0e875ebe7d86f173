/** What calls may cost by what is known of their arguments' sizes: Kubernetes' own functions, then cel-go's. */
import { regexFactor, traversalFactor } from "./costs.ts";
import { exactly, plus, type Range, scaled, times, unknown } from "./ranges.ts";
import { sameType, type Type } from "./types.ts";

/** An argument, as the estimate sees it. */
export interface EstimateNode {
  readonly type: Type;
  /** unknown if nothing is known of it. */
  readonly size: Range;
  /** Of its elements. */
  readonly itemSize: Range;
  /** Of an integer that stands in the expression. */
  readonly literal: number | undefined;
}

export interface CallEstimate {
  readonly cost: Range;
  /** How large the result may be. */
  readonly size?: Range | undefined;
}

type Estimator = (args: readonly EstimateNode[], id: string) => CallEstimate | undefined;

const one: Estimator = () => ({ cost: exactly(1) });
const traverse: Estimator = ([text]) => ({ cost: scaled(text!.size, traversalFactor) });
const traverseTwice: Estimator = ([text]) => ({ cost: scaled(text!.size, 2 * traversalFactor) });
const kept: Estimator = ([text]) => ({ cost: scaled(text!.size, traversalFactor), size: text!.size });

const list: Estimator = ([target]) => {
  const { type, size, itemSize } = target!;
  if (type.kind !== "list") return { cost: scaled(size, traversalFactor) };
  const isText = type.params[0].kind === "string" || type.params[0].kind === "bytes";
  return { cost: times(size, isText ? plus(exactly(1), scaled(itemSize, traversalFactor)) : exactly(1)) };
};

const pattern: Estimator = ([text, regex]) => ({ cost: times(scaled(plus(text!.size, exactly(1)), traversalFactor), scaled(regex!.size, regexFactor)) });
const find: Estimator = (args, id) => ({ ...pattern(args, id)!, size: { min: 0, max: args[0]!.size.max } });

/** Where what is replaced may be empty, the replacement goes between all characters; otherwise instead of the shortest pieces. */
const replace: Estimator = ([text, from, to]) => {
  const { size } = text!;
  const cost = scaled(size, 2 * traversalFactor);
  const most =
    from!.size.min === 0
      ? (size.max + 1) * to!.size.max + size.max
      : to!.size.max <= from!.size.min
        ? size.max
        : Math.ceil(size.max / from!.size.min) * to!.size.max;
  const fewest =
    from!.size.max === 0
      ? (size.min + 1) * to!.size.min + size.min
      : from!.size.max <= to!.size.min
        ? size.min
        : Math.ceil(size.min / from!.size.max) * to!.size.min;
  return { cost, size: { min: Number.isNaN(fewest) ? 0 : fewest, max: Number.isNaN(most) ? Number.POSITIVE_INFINITY : most } };
};

const split: Estimator = ([text, , limit]) => ({ cost: scaled(text!.size, 2 * traversalFactor), size: { min: 0, max: limit?.literal ?? text!.size.max } });

const join: Estimator = ([target, separator]) => {
  const { size, itemSize } = target!;
  const between = { min: Math.max(0, size.min - 1), max: Math.max(0, size.max - 1) };
  const whole = plus(times(size, itemSize), separator === undefined ? exactly(0) : times(separator.size, between));
  return { cost: scaled(whole, traversalFactor), size: whole };
};

const address: Range = { min: 4, max: 16 };
const inBlock = scaled(plus(address, address), traversalFactor);
const containsIp: Estimator = ([, ip], id) => ({ cost: id.endsWith("_string") ? plus(inBlock, scaled(ip!.size, traversalFactor)) : inBlock });
const containsCidr: Estimator = ([, inner], id) => {
  const cost = plus(plus(inBlock, scaled(address, traversalFactor)), exactly(1));
  return { cost: id.endsWith("_string") ? plus(cost, scaled(inner!.size, traversalFactor)) : cost };
};

const selector: Estimator = ([, text]) => {
  const requirements = scaled(scaled(text!.size, 0.5), 50);
  return { cost: plus(plus(exactly(10), scaled(text!.size, traversalFactor)), requirements) };
};

const constantTypes = /^(?:net\.IP|net\.CIDR|kubernetes\.(?:Quantity|Semver|authorization\..*))$/;
const equals: Estimator = ([a, b]) => {
  if (a!.type.kind !== "opaque" || !sameType(a!.type, b!.type)) return undefined;
  if (constantTypes.test(a!.type.name)) return { cost: exactly(1) };
  return a!.type.name === "kubernetes.NamedFormat" ? { cost: scaled({ min: 1, max: 64 }, traversalFactor) } : undefined;
};

const validateFactor = 128 * regexFactor;

function named(names: string, estimator: Estimator): [string, Estimator][] {
  return names.split(" ").map((name) => [name, estimator]);
}

/** By function. */
export const kubernetesEstimates: ReadonlyMap<string, Estimator> = new Map([
  ...named("check", () => ({ cost: exactly(350_000) })),
  ...named("serviceAccount path group resource subresource namespace name allowed reason error errored", one),
  ...named("fieldSelector labelSelector", selector),
  ...named("isSorted sum max min indexOf lastIndexOf", list),
  ...named("url jsonpatch.escapeKey lowerAscii upperAscii substring trim", kept),
  ...named("replace", replace),
  ...named("split", split),
  ...named("join", join),
  ...named("find findAll", find),
  ...named("cidr isIP isCIDR quantity isQuantity semver isSemver", traverse),
  ...named("ip", (args, id) => (id === "cidr_ip" ? one(args, id) : traverse(args, id))),
  ...named("ip.isCanonical", traverseTwice),
  ...named("masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast", one),
  ...named("containsIP", containsIp),
  ...named("containsCIDR", containsCidr),
  ...named("validate", ([, text]) => ({ cost: scaled(scaled(text!.size, traversalFactor), validateFactor) })),
  ...named("format.named sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch", one),
  ...named("getScheme getHostname getHost getPort getEscapedPath getQuery", one),
  ...named("_==_", equals),
] as const);

const shorter: Estimator = ([a, b]) => {
  const max = Math.min(a!.size.max, b!.size.max);
  return { cost: scaled({ min: max > 0 ? 1 : 0, max }, traversalFactor) };
};

const added: Estimator = ([a, b], id) => {
  const size = plus(a!.size, b!.size);
  return { cost: id === "add_list" ? exactly(1) : scaled(size, traversalFactor), size };
};

/** A call, a list, and so many steps. */
function allocating(steps: Range, factor: number, size: Range): CallEstimate {
  return { cost: plus(scaled(steps, factor), exactly(11)), size };
}

const selfCompared: Estimator = ([target]) => {
  const element = target!.type.kind === "list" ? target!.type.params[0].kind : "dyn";
  return allocating(times(target!.size, target!.size), element === "string" || element === "bytes" ? 2.1 : 2, target!.size);
};

/** As many as are asked for, where that stands in the expression. */
const slice: Estimator = ([target, start, end]) => {
  const size =
    start?.literal === undefined || end?.literal === undefined ? { min: 0, max: target!.size.max } : exactly(Math.max(0, end.literal - start.literal));
  return allocating(size, 1, size);
};

const range: Estimator = ([count]) => {
  const size = count!.literal === undefined ? unknown : exactly(Math.max(0, count!.literal));
  return allocating(size, 1, size);
};

function pairs(factor: number): Estimator {
  return ([a, b]) => ({ cost: plus(scaled(times(a!.size, b!.size), factor), exactly(1)) });
}

/** By overload, as cel-go has it. */
export const standardEstimates: ReadonlyMap<string, Estimator> = new Map([
  ...named("starts_with_string ends_with_string", ([, part]) => ({ cost: scaled(part!.size, traversalFactor) })),
  ...named("string_to_bytes", ([text]) => ({ cost: scaled(text!.size, traversalFactor), size: { min: text!.size.min, max: text!.size.max * 4 } })),
  ...named("bytes_to_string", ([bytes]) => ({
    cost: scaled(bytes!.size, traversalFactor),
    size: { min: Math.floor(bytes!.size.min / 4), max: bytes!.size.max },
  })),
  ...named("strings_quote", ([text]) => ({ cost: scaled(text!.size, traversalFactor), size: { min: text!.size.min + 2, max: text!.size.max * 2 + 2 } })),
  ...named("string_format", traverse),
  ...named("in_list", ([, range]) => ({ cost: range!.size })),
  ...named("matches matches_string", pattern),
  ...named("contains_string", ([text, part]) => ({ cost: times(scaled(text!.size, traversalFactor), scaled(part!.size, traversalFactor)) })),
  ...named("add_string add_bytes add_list", added),
  ...named("equals not_equals", shorter),
  ...["less", "less_equals", "greater", "greater_equals"].flatMap((name) => named(`${name}_string_string ${name}_bytes_bytes`, shorter)),
  ...named("list_sets_contains_list list_sets_intersects_list", pairs(1)),
  ...named("list_sets_equivalent_list", pairs(2)),
  ...named("list_reverse", ([target]) => allocating(target!.size, 1, target!.size)),
  ...named("list_distinct", selfCompared),
  ...named("list_slice", slice),
  ...named("lists_range", range),
  ...named("list_flatten list_flatten_int", ([target]) => allocating(target!.size, 1, unknown)),
  ...["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"].flatMap((type) => [
    ...named(`list_${type}_sort`, selfCompared),
    ...named(`list_${type}_sortByAssociatedKeys`, ([, keys], id) => selfCompared([keys!], id)),
  ]),
] as const);
