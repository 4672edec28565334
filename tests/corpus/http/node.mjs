// What Node's HTTP parser, strict as it is by default, says about the requests of the corpus, as a second opinion:
//
//     node tests/corpus/http/node.mjs
//
// prints each case where one accepts and the other refuses or reads something else. docs/architecture/edge.md explains them. Node's
// own limits are raised, so that sizes are not what differs.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));

// As tests/support/http_corpus.hpp; bytes are characters below 256.
function unescape(text) {
  return text.replace(/\\(?:\{(\d+)\*((?:[^}\\]|\\.)*)\}|x(..)|(.))/g, (_, times, part, hex, letter) => {
    if (times !== undefined) return unescape(part).repeat(Number(times));
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
    return { r: '\r', n: '\n', t: '\t', '\\': '\\' }[letter];
  });
}

function casesOf(file) {
  const cases = [];
  for (const line of readFileSync(join(folder, file), 'latin1').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(': ');
    const key = line.slice(0, colon);
    const value = unescape(line.slice(colon + 2));
    if (key === 'case') cases.push({ file, case: value });
    else cases[cases.length - 1][key] = (cases[cases.length - 1][key] ?? '') + value;
  }
  return cases;
}

// Who waits for what becomes of a connection, by the port that it comes from.
const waiting = new Map();
const answer = (socket, what) => waiting.get(socket.remotePort)?.(what);

// The first thing that happens: a request with its body, a refusal, or neither.
async function ask(port, bytes) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  const what = await new Promise((resolve) => {
    waiting.set(socket.localPort, resolve);
    socket.on('data', (data) => resolve({ verdict: 'refuse', why: data.toString('latin1').split('\r\n')[0] }));
    setTimeout(() => resolve({ verdict: 'more' }), 150);
    socket.write(Buffer.from(bytes, 'latin1'));
  });
  waiting.delete(socket.localPort);
  socket.destroy();
  return what;
}

const server = createServer({ maxHeaderSize: 1 << 20 }, (request) => {
  const body = [];
  request.on('data', (piece) => body.push(piece));
  request.on('end', () => answer(request.socket, { verdict: 'accept', body: Buffer.concat(body).toString('latin1') }));
  request.on('error', () => {});
});
server.on('checkContinue', (request, response) => server.emit('request', request, response));
for (const event of ['upgrade', 'connect']) {
  server.on(event, (request, socket, rest) => answer(socket, { verdict: 'accept', body: rest.toString('latin1') }));
}
server.on('clientError', (error, socket) => answer(socket, { verdict: 'refuse', why: error.code }));
server.maxHeadersCount = 0;
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

let same = 0;
const lines = [];
for (const file of readdirSync(folder).filter((name) => /^request_.*\.txt$/.test(name)).sort()) {
  for (const some of casesOf(file)) {
    const sent = (some.send ?? '').slice(0, (some.send ?? '').length - (some.rest ?? '').length);
    const node = await ask(server.address().port, sent);
    const ours = some.expect === 'accept' || some.expect === 'more' ? some.expect : 'refuse';
    let what = ours === node.verdict ? '' : `we ${some.expect}, Node: ${node.why ?? node.verdict}`;
    if (what === '' && ours === 'accept' && (some.body ?? '') !== node.body) what = `another body: ${node.body}`;
    if (what === '') ++same;
    else lines.push(`${some.file}: ${some.case}: ${what}`);
  }
}
console.log(lines.join('\n'));
console.log(`${same} alike, ${lines.length} different`);
server.close();
server.closeAllConnections();
process.exit(0);
