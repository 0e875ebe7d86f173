/** The tables of facts about Kubernetes v1.36 that some tests compare with. They lie beside the repository, not in it. */
import { existsSync } from "node:fs";

/** The folder of package.json: one level up from src, two from dist/src. */
const root = new URL(import.meta.url.includes("/dist/src/") ? "../../../" : "../../", import.meta.url);

export const referenceFolder = new URL("../shared/reference/", root);

/** For a test's `skip`: false, or the reason. */
export const withoutReference: string | false = existsSync(referenceFolder) ? false : "the folder ../shared/reference is not here";
