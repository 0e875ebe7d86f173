import type { Container } from "../../api/core/v1/container.ts";

/** A probe's port: a number, or the name of one of the container's ports. */
export function portNumber(port: number | string, container: Container): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
  if (!Number.isInteger(named) || named <= 0 || named > 65_535) throw new Error(`couldn't find port: ${JSON.stringify(port)} in container ${container.name}`);
  return named;
}
