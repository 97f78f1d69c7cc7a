// Enhancement only: every page works without it.
import { brush } from "./brush.js";
import { completing } from "./completing.js";
import { copying } from "./copying.js";
import { drawer, sync } from "./drawer.js";
import { editor } from "./editor.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { moving } from "./moving.js";
import { relativeTimes } from "./times.js";

copying(document); // before those that follow links
brush(document);
drawer(document);
moving(document, sync);
completing(document);
editor(document);
keys(document);
live(document);
relativeTimes(document);
