/** What a version of etcd can be trusted with. Pure. */

/**
 * Whether a progress notification that was asked for comes after the events it speaks for. Before 3.4.31 and 3.5.13 it
 * may overtake them (etcd issue 15220), so that Kubernetes too does without it there. The periodic kind is sound.
 */
export function progressOnDemand(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  if (major !== 3) return major > 3;
  if (minor === 4) return patch >= 31;
  if (minor === 5) return patch >= 13;
  return minor > 5;
}
