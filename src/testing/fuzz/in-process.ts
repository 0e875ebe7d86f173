/** A campaign against a whole API server of its own, without sockets. */
import { startFullServer } from "../api-server/full-server.ts";
import { seededRandom } from "../api-server/seeded-random.ts";
import { problemLogger, runCampaign, type Tally } from "./campaign.ts";
import type { Family } from "./requests.ts";

export interface InProcessCampaign {
  readonly seed: number;
  /** The first request; the state it met in a whole run is another, so begin earlier when a failure does not come back. */
  readonly from: number;
  readonly count: number;
  readonly families?: readonly Family[];
  readonly enough?: number;
}

export async function campaignInProcess(campaign: InProcessCampaign): Promise<Tally> {
  const { logger, problems } = problemLogger();
  const full = await startFullServer({ logger, random: seededRandom(campaign.seed) });
  try {
    return await runCampaign({
      ...campaign,
      store: full.store,
      problems,
      send: async (request) => {
        await full.restore();
        const { code, text } = await full.exchange(request);
        return { code, text };
      },
    });
  } finally {
    await full.close();
  }
}

/** `FUZZ_REQUESTS`, `FUZZ_SEED` and `FUZZ_FROM` ask for other requests than those of every test run. */
export function campaignOf(count: number): Pick<InProcessCampaign, "seed" | "from" | "count"> {
  const number = (name: string, fallback: number) => Number(process.env[name] ?? fallback);
  return { seed: number("FUZZ_SEED", 1), from: number("FUZZ_FROM", 0), count: number("FUZZ_REQUESTS", count) };
}
