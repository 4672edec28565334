// The dashboard's QR code of a text, as a portable bitmap: MODULE TEXT. It leaves with 3 where there is none.
import { readFileSync } from "fs";

const [module, text] = process.argv.slice(2);
// A module of the page is not a file of a package, so node would not take its name for one.
const { encode } = await import(`data:text/javascript;base64,${readFileSync(module).toString("base64")}`);
const rows = encode(text);
if (rows === null) process.exit(3);
const [scale, margin] = [4, 4];
const size = (rows.length + 2 * margin) * scale;
const at = (i) => Math.floor(i / scale) - margin;
const numbers = [...Array(size).keys()];
const lines = numbers.map((y) => numbers.map((x) => (rows[at(y)]?.[at(x)] ? 1 : 0)).join(" "));
console.log(`P1\n${size} ${size}\n${lines.join("\n")}`);
