import type { Applied, ProxyBackend, RunProgram } from "../backend.ts";
import type { ServicePortPlan } from "../plan.ts";
import { type Family, type Ruleset, type RulesetOptions, rulesetOf, tableName } from "./ruleset.ts";
import { fullTransaction, incrementalTransaction } from "./transaction.ts";

/** Services as nftables rules of one address family, in a table of their own. */
export class NftablesBackend implements ProxyBackend {
  readonly name = "nftables";
  readonly #options: RulesetOptions;
  readonly #run: RunProgram;
  /** Undefined until the table is known to be as we left it. */
  #current: Ruleset | undefined;

  constructor(options: RulesetOptions, run: RunProgram) {
    this.#options = options;
    this.#run = run;
  }

  async apply(plans: readonly ServicePortPlan[], signal: AbortSignal): Promise<Applied> {
    const { family } = this.#options;
    const wanted = rulesetOf(plans, this.#options);
    const current = this.#current;
    const commands = current === undefined ? fullTransaction(family, wanted) : incrementalTransaction(family, current, wanted);
    if (commands === "") return "partial";
    this.#current = undefined;
    await this.#run("nft", ["-f", "-"], commands, signal);
    this.#current = wanted;
    return current === undefined ? "full" : "partial";
  }

  async clear(signal: AbortSignal): Promise<void> {
    this.#current = undefined;
    await this.#run("nft", ["-f", "-"], removal(this.#options.family), signal);
  }
}

/** Declaring the table first makes its deletion succeed where there was none. */
function removal(family: Family): string {
  return `table ${family} ${tableName} {}\ndelete table ${family} ${tableName}\n`;
}
