// The languages that are loaded where one of them is wanted.

import type { Languages } from "../messages.js";
import { de } from "./de.js";
import { es } from "./es.js";
import { fr } from "./fr.js";
import { ja } from "./ja.js";
import { zh } from "./zh.js";

const languages: Languages = { de, es, fr, ja, zh };
export default languages;
