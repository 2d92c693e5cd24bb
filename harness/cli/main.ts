import { WgslReflect } from "wgsl_reflect";
import text from "../../shaders/a.wgsl?raw";
console.log(process.argv, new WgslReflect(text).entry.compute.length);
