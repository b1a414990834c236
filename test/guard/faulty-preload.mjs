import { register } from "node:module";

register("./faulty-load.mjs", import.meta.url);
