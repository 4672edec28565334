// Uploads by Node's http and http2 clients: `node early_answer.mjs URL HOST BYTES REQUESTS` prints "answered N lost N"
// and each status once. A URL that begins with h2 is for http2.
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';

const [, , url, host, bytes, requests] = process.argv;
const body = Buffer.alloc(Number(bytes), 'x');

function post1(target) {
    const kind = target.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
        const request = kind.request(target, {method: 'POST', agent: false, rejectUnauthorized: false, servername: host,
            headers: {Host: host, 'Content-Length': body.length}}, (response) => {
            response.on('error', reject);
            response.on('end', () => resolve(response.statusCode));
            response.resume();
        });
        request.on('error', reject);
        request.end(body);
    });
}

function post2(target) {
    return new Promise((resolve, reject) => {
        const session = http2.connect(target, {maxSessionMemory: 100, rejectUnauthorized: false, servername: host});
        session.on('error', reject);
        const stream = session.request({':method': 'POST', ':path': target.pathname, ':authority': host});
        let status = 0;
        stream.on('response', (headers) => { status = headers[':status']; });
        stream.on('error', reject);
        stream.on('end', () => { resolve(status); session.destroy(); });
        stream.resume();
        stream.end(body);
    });
}

const target = new URL(url.replace(/^h2/, 'http'));
const post = url.startsWith('h2') ? post2 : post1;
const results = await Promise.all(Array.from({length: Number(requests)}, () =>
    post(target).then(String, (problem) => `lost: ${problem.code ?? problem.message}`)));
const lost = results.filter((each) => each.startsWith('lost')).length;
console.log(`answered ${results.length - lost} lost ${lost}`, ...new Set(results));
process.exit(lost === 0 ? 0 : 1);
