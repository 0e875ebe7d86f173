/** Versions as clients see them. */
export const productVersion = "0.1.0";

/** /version: clients compare major, minor and gitVersion as a semantic version. */
export const kubernetesVersion = {
  major: "1",
  minor: "36",
  gitVersion: `v1.36.0+coracle`,
  gitCommit: "unknown",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "tsc",
  platform: "linux/amd64",
} as const;

/** The folder of package.json: one level up from src, two from dist/src. */
export const packageRoot = new URL(import.meta.url.includes("/dist/src/") ? "../../../" : "../../", import.meta.url);
