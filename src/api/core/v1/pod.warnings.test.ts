import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../../machinery/fake-objects.ts";
import type { Container, ContainerPort, EnvVar } from "./container.ts";
import type { Pod } from "./pod.ts";
import { podWarnings } from "./pod.warnings.ts";
import { isWholeAtAGlance } from "./volume.warnings.ts";

const random = seeded(11);
const several = <T>(most: number, make: () => T): T[] => Array.from({ length: random(most + 1) }, make);
const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;

function randomPort(numbers: number): ContainerPort {
  const more = random(4) === 0 ? { ...(random(2) === 0 && { hostIP: "10.0.0.1" }), ...(random(2) === 0 && { hostPort: 80 + random(2) }) } : {};
  return { containerPort: 80 + random(numbers), protocol: pick(["TCP", "UDP"]), ...more };
}

function randomVariable(names: number): EnvVar {
  const name = `V${random(names)}`;
  return pick<EnvVar>([{ name }, { name, value: `$(${name}):x` }, { name, value: `$(${name})` }]);
}

/** Pairs in the order in which the later ones come. */
function portWarnings(placed: readonly { at: string; port: ContainerPort }[]): string[] {
  return placed.flatMap(({ at, port }, index) => {
    const { name = "", hostPort = 0, containerPort, protocol = "", hostIP = "" } = port;
    const text = `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
    const lone = hostIP !== "" && hostPort === 0 ? [`${at}: hostIP set without hostPort: ${text}`] : [];
    const clashes = placed.slice(0, index).flatMap(({ at: other, port: earlier }) => {
      const [earlierPort, earlierIP] = [earlier.hostPort ?? 0, earlier.hostIP ?? ""];
      if (earlier.containerPort !== containerPort || earlier.protocol !== protocol) return [];
      if (earlierPort === hostPort && earlierIP === hostIP) return [`${at}: duplicate port definition with ${other}`];
      if (earlierPort === 0 || hostPort === 0) return [`${at}: overlapping port definition with ${other}`];
      const oneForAll = (earlierIP === "") !== (hostIP === "");
      return earlierPort === hostPort && oneForAll ? [`${at}: dangerously ambiguous port definition with ${other}`] : [];
    });
    return [...lone, ...clashes];
  });
}

function variableWarnings(at: string, env: readonly EnvVar[]): string[] {
  return env.flatMap(({ name, value = "" }, index) => {
    const repeats = env.slice(0, index).some((earlier) => earlier.name === name);
    const builds = value.includes(`$(${name})`) && value !== `$(${name})`;
    return repeats && !builds ? [`${at}[${index}]: hides previous definition of "${name}", which may be dropped when using apply`] : [];
  });
}

test("property: ports and variables that get in each other's way are found among few and many", () => {
  let warned = 0;
  for (let round = 0; round < 400; round++) {
    const most = pick([1, 3, 12]);
    const numbers = pick([2, 9, 1000]);
    const containers = several(
      3,
      (): Container => ({ name: "c", ports: several(most, () => randomPort(numbers)), env: several(most, () => randomVariable(numbers)) }),
    );
    const ephemeral = containers.splice(0, random(2));
    const lists = { initContainers: containers.splice(0, random(2)), containers, ephemeralContainers: ephemeral };
    const placed = Object.entries(lists).flatMap(([list, each]) => each.map((container, index) => ({ container, at: `spec.${list}[${index}]` })));
    const expected = [
      ...placed.flatMap(({ container, at }) => variableWarnings(`${at}.env`, container.env!)),
      ...portWarnings(placed.flatMap(({ container, at }) => container.ports!.map((port, index) => ({ at: `${at}.ports[${index}]`, port })))),
    ];
    const pod = { metadata: { name: "a" }, spec: lists } as unknown as Pod;
    assert.deepEqual(podWarnings(pod, undefined), [...new Set(expected)]);
    warned += expected.length;
  }
  assert.ok(warned > 100);
});

test("property: an amount that is whole at a glance is digits, and a suffix that makes more of them", () => {
  const alphabet = "019kMGTPEimKn.-+e";
  for (let round = 0; round < 5000; round++) {
    const amount = several(5, () => pick([...alphabet])).join("");
    assert.equal(isWholeAtAGlance(amount), /^[0-9]+(?:[kMGTPE]i?)?$/.test(amount), amount);
  }
});
