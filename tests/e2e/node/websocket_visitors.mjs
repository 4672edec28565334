// Visitors that speak WebSocket by Node's ws, many at once, all open together.
//
//   node websocket_visitors.mjs FOLDER-OF-WS EDGE HOST COUNT LARGE
//
// Each sends texts, binary messages and fragments, which must come back, pings and is pinged; LARGE of them also send
// 1 MiB frames. Then half of them close with a code and a reason, half ask the backend to. Last, upgrades that are
// refused, each followed by another request on its connection. Prints what is wrong, and a line of figures.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { createRequire } from 'node:module';
import { once } from 'node:events';

const [folder, edge, host, countText, largeText] = process.argv.slice(2);
const WebSocket = createRequire(import.meta.url)(folder);
const count = Number(countText);
const large = Number(largeText);
const mebibyte = 1024 * 1024;
const figures = { open: 0, messages: 0, pongs: 0, pings: 0, closed: 0, refused: 0, wrong: 0 };

function wrong(id, what) {
  if (++figures.wrong <= 20) console.log(`WRONG ${id}: ${what}`);
}

class Visitor {
  constructor(id) {
    this.id = id;
    this.waiting = [];
    this.socket = new WebSocket(`ws://${edge}/echo/${id}`, { headers: { Host: host }, perMessageDeflate: id % 4 === 0 });
    this.socket.on('message', (data, isBinary) => this.waiting.shift()?.(data, isBinary));
    this.socket.on('ping', (data) => { if (data.toString() === `of ${id}`) ++figures.pings; else wrong(id, `ping ${data}`); });
    this.socket.on('error', (error) => wrong(id, error.message));
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve([code, reason.toString()]));
    });
  }
  async open() {
    await Promise.race([once(this.socket, 'open').catch(() => null), this.closed]);
    figures.open += this.socket.readyState === WebSocket.OPEN ? 1 : 0;
  }
  // `pieces` are the fragments of one message; its echo must be the same.
  async echo(pieces, isBinary) {
    const whole = Buffer.concat(pieces);
    const answer = new Promise((resolve) => { this.waiting.push((data, binary) => resolve([data, binary])); });
    pieces.forEach((piece, i) => {
      this.socket.send(isBinary ? piece : piece.toString(), { binary: isBinary, fin: i + 1 === pieces.length });
    });
    const result = await Promise.race([answer, this.closed.then(() => null)]);
    if (result === null) wrong(this.id, 'closed within an echo');
    else if (result[1] !== isBinary || !whole.equals(result[0])) wrong(this.id, `another echo of ${whole.length} bytes`);
    else ++figures.messages;
  }
  async ping() {
    const pong = once(this.socket, 'pong').catch(() => null);
    this.socket.ping(`from ${this.id}`);
    const result = await Promise.race([pong, this.closed.then(() => null)]);
    if (result === null || result[0].toString() !== `from ${this.id}`) wrong(this.id, 'no pong, or another');
    else ++figures.pongs;
  }
  async close() {
    const code = 4000 + this.id % 1000;
    const reason = `reason of ${this.id}`;
    if (this.id % 2 === 0) this.socket.close(code, reason);
    else this.socket.send(`close ${code} ${reason}`);
    const [gotCode, gotReason] = await this.closed;
    if (gotCode !== code || gotReason !== reason) wrong(this.id, `closed with ${gotCode} ${gotReason}`);
    else ++figures.closed;
  }
}

async function inGroups(list, size, run) {
  for (let i = 0; i < list.length; i += size) await Promise.all(list.slice(i, i + size).map(run));
}

// What comes on a raw connection until `done` says that it is enough.
async function until(socket, state, done) {
  while (!done(state.text)) {
    const [data] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [null])]);
    if (data === null) throw new Error(`the connection has ended behind ${state.text}`);
    state.text += data.toString('latin1');
  }
}

async function refused(status) {
  const [address, port] = edge.split(':');
  const socket = connect(Number(port), address);
  await once(socket, 'connect');
  const state = { text: '' };
  const upgrade = (path) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
  socket.write(upgrade(`/refuse/${status}`));
  await until(socket, state, (text) => text.endsWith(`refused with ${status}\n`));
  if (!state.text.startsWith(`HTTP/1.1 ${status} `)) wrong(status, state.text);
  if (status === '426' && !/\r\nUpgrade: websocket\r\n/i.test(state.text)) wrong(status, 'without Upgrade');
  state.text = '';
  socket.write(`GET /name/after-${status} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await until(socket, state, (text) => text.endsWith(`after-${status} ${host}\n`));
  if (!state.text.startsWith('HTTP/1.1 200 ')) wrong(status, state.text);
  state.text = '';
  socket.write(upgrade(`/echo/again-${status}`));  // and this one is taken
  await until(socket, state, (text) => text.includes('\r\n\r\n'));
  if (!state.text.startsWith('HTTP/1.1 101 ')) wrong(status, state.text);
  socket.destroy();
  ++figures.refused;
}

const visitors = Array.from({ length: count }, (_, id) => new Visitor(id));
await Promise.all(visitors.map((visitor) => visitor.open()));
if (figures.open === count) {
  await inGroups(visitors, 100, async (visitor) => {
    await visitor.echo([Buffer.from(`text of ${visitor.id} \u{1F980}`)], false);
    await visitor.echo([randomBytes(1 + (visitor.id * 37) % 20000)], true);
    await visitor.echo([Buffer.from('frag'), Buffer.from(`ment ${visitor.id} `), Buffer.from('end')], false);
    await visitor.echo([randomBytes(100), Buffer.alloc(0), randomBytes(70000)], true);
    await visitor.ping();
  });
  await inGroups(visitors.slice(0, large), 10, async (visitor) => {
    await visitor.echo([randomBytes(mebibyte)], true);
    await visitor.echo([randomBytes(mebibyte), randomBytes(mebibyte)], true);
  });
  await inGroups(visitors, 200, (visitor) => visitor.close());
}
for (const status of ['401', '426', '503']) await refused(status);
console.log(Object.entries(figures).map(([key, value]) => `${key}=${value}`).join(' '));
process.exit(figures.wrong === 0 && figures.open === count ? 0 : 1);
