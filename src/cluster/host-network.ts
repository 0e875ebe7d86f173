/** Routes and CNI files of the machine (or node namespace) this process runs in. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RouteTable } from "../client/node-routes.ts";
import type { PodNetworkHost } from "../kubelet/network/pod-network.ts";
import { exec, tryExec } from "./exec.ts";

export const hostRoutes: RouteTable = {
  add: async ({ destination, via }) => {
    await exec("ip", ["route", "replace", destination, "via", via]);
  },
  // A route that is gone already is as good as removed.
  remove: async ({ destination, via }) => {
    await tryExec("ip", ["route", "delete", destination, "via", via]);
  },
};

export function podNetworkHost(cniConfigFolder: string): PodNetworkHost {
  return {
    routes: hostRoutes,
    writeCniConfig: async (text) => {
      await mkdir(cniConfigFolder, { recursive: true });
      const file = join(cniConfigFolder, "10-coracle.conflist");
      // The runtime watches the folder: it must never see half a file.
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    },
  };
}
