// A backend in Node for the end-to-end tests: its own HTTP server with its defaults (idle connections end after 5
// seconds), server-sent events, and WebSockets by Node's ws.
//
//   node backend.mjs PORT-FILE [FOLDER-OF-WS]
//
// Prints a line for each request, and how each WebSocket has ended.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const [portFile, wsFolder] = process.argv.slice(2);
const page = readFileSync(new URL('browser.html', import.meta.url));
const picture = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>';
const large = Buffer.alloc(5 * 1024 * 1024);
for (let i = 0; i < large.length; i += 4) large.writeUInt32LE((Math.imul(i, 2654435761) >>> 0), i);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
// The same clock as steady_clock's.
const nowMs = () => Number(process.hrtime.bigint() / 1000000n);
let eventSeen = () => {};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

let finishPage = () => {};  // what the browser's page waits for before it counts as loaded
const pageIsDone = new Promise((resolve) => { finishPage = resolve; });

const routes = {
  '': async (request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(page);
  },
  name: async (request, response, parts) => response.end(`${parts[1]} ${request.headers.host}\n`),
  sum: async (request, response) => {
    const body = await bodyOf(request);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ bytes: body.length, sha256: sha256(body), trailers: request.trailers,
                                  encoding: request.headers['transfer-encoding'] ?? 'length' }) + '\n');
  },
  picture: async (request, response) => {
    response.setHeader('Content-Type', 'image/svg+xml');
    response.end(picture);
  },
  large: async (request, response) => {
    response.setHeader('Content-Length', large.length);
    response.setHeader('X-Sum', sha256(large));
    response.end(large);
  },
  chunked: async (request, response, parts) => {
    for (let i = 0; i < Number(parts[1]); ++i) {
      response.write(`piece ${i}\n`);
      await pause(1);
    }
    response.end();
  },
  trailers: async (request, response) => {
    response.setHeader('Trailer', 'X-Sum');
    response.write('hello');
    response.addTrailers({ 'X-Sum': sha256('hello') });
    response.end();
  },
  events: async (request, response, parts) => {
    response.setHeader('Content-Type', 'text/event-stream');
    response.flushHeaders();
    for (let i = 0; i < Number(parts[1]); ++i) {
      await pause(Number(parts[2]));
      response.write(`data: ${nowMs()}\n\n`);
    }
    response.end();
  },
  // Each event when GET /seen has confirmed the one before.
  confirmed: async (request, response, parts) => {
    response.setHeader('Content-Type', 'text/event-stream');
    response.flushHeaders();
    for (let i = 0; i < Number(parts[1]); ++i) {
      const seen = new Promise((resolve) => { eventSeen = resolve; });
      response.write(`data: ${i}\n\n`);
      await seen;
    }
    response.end();
  },
  seen: async (request, response) => {
    eventSeen();
    response.end('good\n');
  },
  hints: async (request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    await pause(10);
    response.end('hinted\n');
  },
  done: async (request, response) => {
    await bodyOf(request);
    finishPage();
    response.end();
  },
  'when-done': async (request, response) => {
    await pageIsDone;
    response.setHeader('Content-Type', 'image/svg+xml');
    response.end(picture);
  },
};

function serve(request, response) {
  const parts = request.url.slice(1).split('/');
  console.log(`request ${request.method} ${request.url}`);
  const route = routes[parts[0]];
  if (!route) {
    response.statusCode = 404;
    response.end('nothing here\n');
    return;
  }
  route(request, response, parts).catch((error) => {
    console.log(`failed ${request.url} ${error.message}`);
    response.destroy();
  });
}

const server = createServer(serve);
// "Expect: 100-continue": some bodies are not wanted.
server.on('checkContinue', (request, response) => {
  console.log(`expect ${request.url}`);
  if (request.url.startsWith('/unwanted')) {
    response.statusCode = 413;
    response.end('too large\n');
    return;
  }
  response.writeContinue();
  serve(request, response);
});

function refuse(socket, status) {
  const body = `refused with ${status}\n`;
  const more = status === '426' ? 'Upgrade: websocket\r\nConnection: upgrade\r\n' : '';
  socket.write(`HTTP/1.1 ${status} Refused\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`);
  server.emit('connection', socket);  // as an HTTP connection again
}

if (wsFolder) {
  const { WebSocketServer } = createRequire(import.meta.url)(wsFolder);
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  server.on('upgrade', (request, socket, head) => {
    const parts = request.url.slice(1).split('/');
    if (parts[0] === 'refuse') {
      refuse(socket, parts[1]);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const id = parts[1];
      ws.on('message', (data, isBinary) => {
        const words = isBinary ? [] : data.toString().split(' ');
        if (words[0] === 'close') {
          ws.close(Number(words[1]), words.slice(2).join(' '));
        } else {
          ws.send(data, { binary: isBinary });
        }
      });
      ws.on('pong', (data) => console.log(`pong ${id} ${data}`));
      ws.on('close', (code, reason) => console.log(`closed ${id} ${code} ${reason}`));
      ws.on('error', (error) => console.log(`failed ${id} ${error.message}`));
      ws.ping(`of ${id}`);
    });
  });
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  writeFileSync(`${portFile}.new`, String(server.address().port));
  renameSync(`${portFile}.new`, portFile);
});
