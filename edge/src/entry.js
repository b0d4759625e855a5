// What the runtime loads: whoever asks is answered by the core.
import { answer } from "./runtime.js";

export default { fetch: answer };
