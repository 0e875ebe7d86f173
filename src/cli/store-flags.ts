/** Flags of the commands that start a control plane: which store holds the cluster. Their values make a StoreFlags. */
import { type Command, Option } from "commander";

export function addStoreFlags(command: Command): Command {
  const kinds = new Option("--store <kind>", "where the cluster's objects lie (default: as before, sqlite for a new cluster)").choices(["sqlite", "etcd"]);
  return addEtcdFlags(command.addOption(kinds));
}

export function addEtcdFlags(command: Command): Command {
  return command
    .option("--etcd-endpoints <urls>", "members of the etcd cluster: https://HOST:PORT,…", commaSeparated)
    .option("--etcd-cafile <file>", "authorities that may have signed the members' certificates, PEM")
    .option("--etcd-certfile <file>", "client certificate for etcd, PEM")
    .option("--etcd-keyfile <file>", "its key, PEM");
}

export function commaSeparated(text: string): string[] {
  return text.split(",").filter((part) => part !== "");
}
