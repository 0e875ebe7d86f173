export { openSqliteStore, type SqliteStoreOptions } from "./open-sqlite-store.ts";
export { type Salvage, salvageSqliteStore } from "./salvage.ts";
export { type Verification, verifySqliteStore } from "./verify.ts";
