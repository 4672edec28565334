// QR codes (ISO/IEC 18004) of addresses: bytes, correction level M, versions 1 to 12, which hold any URL of a service.
//
//   text -> bytes -> blocks, each with its Reed-Solomon bytes -> modules in a zigzag -> the mask with the least penalty
//
// Not a library: an encoder for this one kind of text is smaller than a vendored one, and tests read its codes with an
// independent decoder.

const total = [26, 44, 70, 100, 134, 172, 196, 242, 292, 346, 404, 466]; // codewords of each version
const correction = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22]; // correction codewords in each block
const blocks = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8];
const alignment = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50],
  [6, 30, 54], [6, 32, 58]];

const room = (version) => total[version - 1] - correction[version - 1] * blocks[version - 1];
const countBits = (version) => (version < 10 ? 8 : 16);

// GF(256) with the polynomial x^8 + x^4 + x^3 + x^2 + 1.
function times(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; --bit) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((b >> bit) & 1) * a;
  }
  return product;
}

function generator(degree) {
  const of = new Uint8Array(degree);
  of[degree - 1] = 1;
  for (let i = 0, root = 1; i < degree; ++i, root = times(root, 2)) {
    for (let j = 0; j < degree; ++j) of[j] = times(of[j], root) ^ (of[j + 1] ?? 0);
  }
  return of;
}

function remainder(data, divisor) {
  const rest = new Array(divisor.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ rest.shift();
    rest.push(0);
    divisor.forEach((one, i) => { rest[i] ^= times(one, factor); });
  }
  return rest;
}

function codewords(bytes, version) {
  const bits = [];
  const put = (value, length) => { for (let i = length - 1; i >= 0; --i) bits.push((value >> i) & 1); };
  put(4, 4);
  put(bytes.length, countBits(version));
  for (const byte of bytes) put(byte, 8);
  put(0, Math.min(4, room(version) * 8 - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  const data = [];
  for (let i = 0; i < bits.length; i += 8) data.push(parseInt(bits.slice(i, i + 8).join(""), 2));
  for (let pad = 0xec; data.length < room(version); pad ^= 0xec ^ 0x11) data.push(pad);

  // If the bytes do not divide evenly, the first blocks are one byte shorter.
  const count = blocks[version - 1];
  const short = Math.floor(data.length / count);
  const longer = data.length % count;
  const divisor = generator(correction[version - 1]);
  const parts = [];
  for (let i = 0, at = 0; i < count; ++i) {
    const size = short + (i >= count - longer ? 1 : 0);
    const part = data.slice(at, at + size);
    parts.push({ part, rest: remainder(part, divisor) });
    at += size;
  }
  const out = [];
  for (let i = 0; i <= short; ++i) for (const { part } of parts) if (i < part.length) out.push(part[i]);
  for (let i = 0; i < divisor.length; ++i) for (const { rest } of parts) out.push(rest[i]);
  return out;
}

class Grid {
  constructor(version) {
    this.version = version;
    this.size = 17 + 4 * version;
    this.dark = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    this.fixed = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
  }

  set(x, y, dark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y][x] = Boolean(dark);
    this.fixed[y][x] = true;
  }

  rings(x, y, reach, light) {
    for (let dy = -reach; dy <= reach; ++dy) {
      for (let dx = -reach; dx <= reach; ++dx) {
        this.set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    }
  }

  patterns() {
    for (let i = 0; i < this.size; ++i) {
      this.set(6, i, i % 2 === 0);
      this.set(i, 6, i % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [this.size - 4, 3], [3, this.size - 4]]) this.rings(x, y, 4, [2, 4]);
    const places = alignment[this.version - 1];
    const last = places.at(-1);
    for (const x of places) {
      for (const y of places) {
        if (!((x === 6 && (y === 6 || y === last)) || (x === last && y === 6))) this.rings(x, y, 2, [1]);
      }
    }
    this.format(0);
    if (this.version >= 7) {
      let rest = this.version;
      for (let i = 0; i < 12; ++i) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
      const bits = (this.version << 12) | rest;
      for (let i = 0; i < 18; ++i) {
        const [near, far] = [Math.floor(i / 3), this.size - 11 + (i % 3)];
        this.set(far, near, (bits >> i) & 1);
        this.set(near, far, (bits >> i) & 1);
      }
    }
  }

  // Level M is 0 there.
  format(mask) {
    let rest = mask;
    for (let i = 0; i < 10; ++i) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((mask << 10) | rest) ^ 0x5412;
    const bit = (i) => (bits >> i) & 1;
    for (let i = 0; i <= 5; ++i) this.set(8, i, bit(i));
    this.set(8, 7, bit(6));
    this.set(8, 8, bit(7));
    this.set(7, 8, bit(8));
    for (let i = 9; i < 15; ++i) this.set(14 - i, 8, bit(i));
    for (let i = 0; i < 8; ++i) this.set(this.size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; ++i) this.set(8, this.size - 15 + i, bit(i));
    this.set(8, this.size - 8, true);
  }

  fill(words) {
    let at = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5; // the column of the timing pattern
      for (let i = 0; i < this.size; ++i) {
        const y = ((right + 1) & 2) === 0 ? this.size - 1 - i : i;
        for (const x of [right, right - 1]) {
          if (this.fixed[y][x] || at >= words.length * 8) continue;
          this.dark[y][x] = Boolean((words[at >> 3] >> (7 - (at & 7))) & 1);
          at += 1;
        }
      }
    }
  }

  mask(number) {
    const turns = [(x, y) => (x + y) % 2, (x, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3,
      (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2, (x, y) => ((x * y) % 2) + ((x * y) % 3),
      (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2][number];
    this.dark.forEach((row, y) => row.forEach((dark, x) => {
      if (!this.fixed[y][x] && turns(x, y) === 0) row[x] = !dark;
    }));
  }

  // Penalty for hard-to-read codes: long runs, blocks, false finder patterns, and too much of one colour.
  penalty() {
    const columns = this.dark.map((_, x) => this.dark.map((row) => row[x]));
    let sum = 0;
    for (const line of [...this.dark, ...columns]) {
      const text = line.map((dark) => (dark ? "1" : "0")).join("");
      for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) sum += run.length - 2;
      sum += 40 * [...`0000${text}0000`.matchAll(/(?=00001011101|10111010000)/g)].length;
    }
    let all = 0;
    this.dark.forEach((row, y) => row.forEach((dark, x) => {
      all += dark ? 1 : 0;
      const below = this.dark[y + 1];
      if (below && x + 1 < this.size && dark === row[x + 1] && dark === below[x] && dark === below[x + 1]) sum += 3;
    }));
    return sum + 10 * Math.floor(Math.abs((all * 20) / (this.size * this.size) - 10));
  }
}

/** Rows of modules, true where dark. Null if the text does not fit version 12; every URL of a service does. */
export function encode(text) {
  const bytes = new TextEncoder().encode(text);
  const version = total.findIndex((_, i) => bytes.length * 8 + 4 + countBits(i + 1) <= room(i + 1) * 8) + 1;
  if (version === 0) return null;
  const grid = new Grid(version);
  grid.patterns();
  grid.fill(codewords(bytes, version));
  let best = { penalty: Infinity, number: 0 };
  for (let number = 0; number < 8; ++number) {
    grid.mask(number);
    grid.format(number);
    const penalty = grid.penalty();
    if (penalty < best.penalty) best = { penalty, number };
    grid.mask(number); // masking twice undoes it
  }
  grid.mask(best.number);
  grid.format(best.number);
  return grid.dark;
}

const svg = (tag, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

/** Draws a code of encode(), dark on light, with the margin of four modules that readers need. */
export function picture(rows, label) {
  const size = rows.length + 8;
  const dark = rows.map((row, y) => row.map((is, x) => (is ? `M${x + 4} ${y + 4}h1v1h-1z` : "")).join("")).join("");
  const drawn = svg("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label,
    "shape-rendering": "crispEdges" });
  drawn.append(svg("path", { fill: "#fff", d: `M0 0h${size}v${size}h-${size}z` }),
    svg("path", { fill: "#000", d: dark }));
  return drawn;
}
