// A backend in Node that speaks HTTP/2 alone, for the end-to-end tests, without TLS or with it.
//
//   node http2_backend.mjs PORT-FILE [CERTIFICATE KEY]
//
// Prints a line for each request, with the number of its connection, and how each stream has ended.
import { createHash } from 'node:crypto';
import { constants, createSecureServer, createServer } from 'node:http2';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const [portFile, certificate, key] = process.argv.slice(2);
const large = Buffer.alloc(5 * 1024 * 1024);
for (let i = 0; i < large.length; i += 4) large.writeUInt32LE((Math.imul(i, 2654435761) >>> 0), i);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const nowMs = () => Number(process.hrtime.bigint() / 1000000n);
const seen = new Set();
const isFirst = (what) => !seen.has(what) && seen.add(what);

async function bodyOf(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

const routes = {
  async sum(stream, headers) {
    let trailers = {};
    stream.on('trailers', (got) => { trailers = got; });
    const body = await bodyOf(stream);
    stream.respond({ ':status': 200, 'content-type': 'application/json' });
    stream.end(JSON.stringify({ method: headers[':method'], scheme: headers[':scheme'], authority: headers[':authority'],
      path: headers[':path'], te: headers.te, length: headers['content-length'], connection: headers.connection,
      bytes: body.length, sha256: sha256(body), trailers: trailers['x-sum'] }) + '\n');
  },
  echo(stream) {  // piece by piece, with trailers
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-sum': 'y' }));
    stream.on('data', (piece) => stream.write(piece));
    stream.on('end', () => stream.end());
  },
  'trailers-only': (stream) => stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true }),
  large(stream) {
    stream.respond({ ':status': 200, 'content-length': large.length, 'x-sum': sha256(large) });
    stream.end(large);
  },
  hints(stream) {
    stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' });
    stream.respond({ ':status': 204 }, { endStream: true });
  },
  'no-content': (stream) => stream.respond({ ':status': 204, 'content-length': 5 }, { endStream: true }),
  early(stream) {  // an answer to which the body does not matter
    stream.respond({ ':status': 413, 'content-length': 3 });
    stream.end('no\n', () => stream.close(constants.NGHTTP2_NO_ERROR));
  },
  reset: (stream, headers) => stream.close(Number(headers[':path'].split('/')[2] ?? constants.NGHTTP2_INTERNAL_ERROR)),
  cut(stream) {
    stream.respond({ ':status': 200 });
    stream.write('begun', () => stream.destroy(new Error('cut')));  // close() would end the body first
  },
  refused(stream, headers) {  // the first time
    if (isFirst(headers[':path'])) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
    stream.respond({ ':status': 200 });
    stream.end('taken\n');
  },
  away(stream) {  // the last request of its connection
    stream.session.goaway(constants.NGHTTP2_NO_ERROR, stream.id);
    stream.respond({ ':status': 200 });
    stream.end('the last\n');
  },
  'not-taken'(stream, headers) {  // once, when it is not its connection's first, that goes away without it
    if (stream.id > 1 && isFirst(headers[':path'])) {
      return stream.session.goaway(constants.NGHTTP2_NO_ERROR, stream.id - 2);
    }
    stream.respond({ ':status': 200 });
    stream.end('taken\n');
  },
  wait(stream) {  // until the visitor goes
    stream.respond({ ':status': 200 });
    stream.write('waiting\n');
    stream.on('close', () => console.log(`closed code=${stream.rstCode} at=${nowMs()}`));
  },
};

const server = certificate ? createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) })
  : createServer();
let sessions = 0;
server.on('session', (session) => {
  session.number = ++sessions;
  session.on('error', () => {});
});
server.on('stream', (stream, headers) => {
  console.log(`session=${stream.session.number} ${headers[':method']} ${headers[':path']}`);
  stream.on('error', () => {});
  const route = routes[headers[':path'].split(/[/?]/)[1]];
  if (route) Promise.resolve(route(stream, headers)).catch(() => {});
  else stream.respond({ ':status': 404 }, { endStream: true });
});
server.listen(0, '127.0.0.1', () => {
  writeFileSync(`${portFile}.new`, String(server.address().port));
  renameSync(`${portFile}.new`, portFile);
});
