/**
 * Options of every node.js process of a cluster. They idle most of their lives, and resident memory counts more than
 * throughput: young generations are small, and the old one is collected when it has grown by half, not to several times
 * what is alive, as a machine to itself would have it. docs/decisions/0007 has the figures.
 */
export const nodeOptions = ["--max-semi-space-size=4", "--heap-growing-percent=50", "--disable-warning=ExperimentalWarning"] as const;
