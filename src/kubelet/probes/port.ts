import type { Container } from "../../api/core/v1/container.ts";

/** No attempt can be made: the port is neither a number nor the name of one. */
export class PortNameError extends Error {
  override readonly name = "PortNameError";
}

/** A probe's port: a number, or the name of one of the container's ports. */
export function portNumber(port: number | string, container: Container): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
  // Go's own words: tools that explain probes look for them.
  if (!Number.isInteger(named)) throw new PortNameError(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  if (named <= 0 || named > 65_535) throw new PortNameError(`invalid port number: ${named}`);
  return named;
}
