import { maxScore, type Plugin } from "../framework.ts";

const mebibyte = 1024 * 1024;
const leastBytes = 23 * mebibyte;
const mostBytesPerContainer = 1000 * mebibyte;

interface WantedImage {
  readonly name: string;
  /** Share of all nodes that have it: an image on one node only must not draw all pods there. */
  readonly share: number;
}

/** Prefers nodes that have large parts of the pod's images already. */
export const imageLocality: Plugin<readonly WantedImage[]> = {
  name: "ImageLocality",
  prepare({ pod }, cluster) {
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    const images = containers.flatMap(({ image }) => {
      const name = normalizedImage(image ?? "");
      const nodes = cluster.nodesWithImage(name);
      return nodes === 0 ? [] : [{ name, share: nodes / cluster.nodes.length }];
    });
    return images.length === 0 ? "skip" : images;
  },
  score({ pod }, { images }, wanted) {
    let bytes = 0;
    for (const { name, share } of wanted) bytes += Math.floor((images.get(name) ?? 0) * share);
    const most = mostBytesPerContainer * (pod.spec.containers.length + (pod.spec.initContainers?.length ?? 0));
    return Math.floor((maxScore * (Math.min(most, Math.max(leastBytes, bytes)) - leastBytes)) / (most - leastBytes));
  },
  wakeOn: [],
};

/** Nodes list images with their tag; a name without one means latest. */
export function normalizedImage(name: string): string {
  return name.lastIndexOf(":") <= name.lastIndexOf("/") ? `${name}:latest` : name;
}
