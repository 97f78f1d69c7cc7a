// Enhancement only: every page works without it.
import { keys } from "./keys.js";
import { relativeTimes } from "./times.js";

keys(document);
relativeTimes(document);
