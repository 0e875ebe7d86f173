/** Images for tests are built as the product builds its own. */
export * from "../cluster/images.ts";
