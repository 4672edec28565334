// Visitors that speak WebSocket by Node's ws, many at once, all open together.
//
//   node websocket_visitors.mjs FOLDER-OF-WS EDGE HOST COUNT LARGE [http2]
//
// With http2 they are streams of Node's client of HTTP/2, a hundred on each connection (RFC 8441).
// Each sends texts, binary messages and fragments, which must come back, pings and is pinged; LARGE of them also send
// 1 MiB frames. Then half of them close with a code and a reason, half ask the backend to. Last, upgrades that are
// refused, each followed by another request on its connection. Prints what is wrong, and a line of figures.
import { randomBytes } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { createRequire } from 'node:module';
import { once } from 'node:events';

const [folder, edge, host, countText, largeText, version] = process.argv.slice(2);
const WebSocket = createRequire(import.meta.url)(folder);
const count = Number(countText);
const large = Number(largeText);
const mebibyte = 1024 * 1024;
const figures = { open: 0, messages: 0, pongs: 0, pings: 0, closed: 0, refused: 0, wrong: 0 };

function wrong(id, what) {
  if (++figures.wrong <= 20) console.log(`WRONG ${id}: ${what}`);
}

const sessions = [];  // of HTTP/2
async function sessionFor(id) {
  const at = Math.floor(id / 100);
  sessions[at] ??= new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${edge}`, { settings: { initialWindowSize: 256 * 1024 } });
    session.on('error', reject);
    session.on('remoteSettings', (settings) => {
      if (!settings.enableConnectProtocol) reject(new Error('the server announces no WebSockets'));
      resolve(session);
    });
  });
  return sessions[at];
}

async function request(session, fields) {
  const stream = session.request({ ':authority': host, ...fields });
  const [headers] = await once(stream, 'response');
  return [stream, headers];
}

const extendedConnect = (path) => ({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': path, ':scheme': 'http',
                                     'sec-websocket-version': '13' });

// Makes a client's WebSocket of a stream.
async function openByHttp2(socket, id) {
  const [stream, headers] = await request(await sessionFor(id), extendedConnect(`/echo/${id}`));
  if (headers[':status'] !== 200) wrong(id, `status ${headers[':status']}`);
  if (headers['sec-websocket-accept'] || headers.upgrade) wrong(id, 'fields of HTTP/1.1');
  socket._isServer = false;
  stream.setNoDelay = () => {};  // which ws calls without asking; its messages are sent at once
  socket.setSocket(stream, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: false });
}

class Visitor {
  constructor(id) {
    this.id = id;
    this.waiting = [];
    this.socket = version === 'http2' ? new WebSocket(null, undefined, { autoPong: true, closeTimeout: 30_000 })
      : new WebSocket(`ws://${edge}/echo/${id}`, { headers: { Host: host }, perMessageDeflate: id % 4 === 0 });
    this.socket.on('message', (data, isBinary) => this.waiting.shift()?.(data, isBinary));
    this.socket.on('ping', (data) => { if (data.toString() === `of ${id}`) ++figures.pings; else wrong(id, `ping ${data}`); });
    this.socket.on('error', (error) => wrong(id, error.message));
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve([code, reason.toString()]));
    });
  }
  async open() {
    if (version === 'http2') await openByHttp2(this.socket, this.id).catch((error) => wrong(this.id, error.message));
    else await this.opened();
    figures.open += this.socket.readyState === WebSocket.OPEN ? 1 : 0;
  }
  async opened() {
    await Promise.race([once(this.socket, 'open').catch(() => null), this.closed]);
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

async function textOf(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function refusedByHttp2(status) {
  const session = await sessionFor(0);
  const [stream, headers] = await request(session, extendedConnect(`/refuse/${status}`));
  const text = await textOf(stream);
  if (String(headers[':status']) !== status || text !== `refused with ${status}\n`) wrong(status, `${headers[':status']} ${text}`);
  const [page, head] = await request(session, { ':path': `/name/after-${status}` });
  if (head[':status'] !== 200 || await textOf(page) !== `after-${status} ${host}\n`) wrong(status, 'the request behind it');
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
for (const status of ['401', '426', '503']) {
  await (version === 'http2' ? refusedByHttp2(status) : refused(status));
}
console.log(Object.entries(figures).map(([key, value]) => `${key}=${value}`).join(' '));
process.exit(figures.wrong === 0 && figures.open === count ? 0 : 1);
