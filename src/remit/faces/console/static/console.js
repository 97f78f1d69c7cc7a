// Enhancement only: every page works without it.
import { brush } from "./brush.js";
import { drawer, sync } from "./drawer.js";
import { keys } from "./keys.js";
import { moving } from "./moving.js";
import { relativeTimes } from "./times.js";

brush(document);
drawer(document);
moving(document, sync);
keys(document);
relativeTimes(document);
