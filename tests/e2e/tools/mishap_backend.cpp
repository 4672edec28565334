#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <vector>

#include "backend.hpp"
#include "mishaps.hpp"
#include "strict_http.hpp"

namespace e2e {
namespace {

std::string answer(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// One connection.
class Served {
public:
    Served(Socket& socket, int connection)
        : socket_(socket), connection_(connection), stream_(socket, -1), http_(stream_) {}

    void run() {
        while (one()) {
        }
    }

private:
    bool one();
    bool die_at(const std::vector<std::string>& parts);
    bool cut(const std::string& way);
    bool early();
    bool hang(const std::string& path);
    bool endless(const std::string& path);
    bool hash(const std::vector<std::string>& parts);
    void gone(const std::string& path);
    bool say(std::string_view text) { return send_all(socket_, text); }

    Socket& socket_;
    const int connection_;
    StreamReader stream_;
    StrictReader http_;
    StrictMessage request_;
};

/// False when the connection is over.
bool Served::one() {
    const Reading reading = http_.head_of_request(request_);
    if (reading == Reading::malformed) {
        print_line("malformed " + http_.why());
    }
    if (reading != Reading::complete) {
        return false;
    }
    const std::string& path = request_.words[1];
    print_line("head " + request_.words[0] + " " + path + " connection=" + std::to_string(connection_));
    std::vector<std::string> parts = parts_of(path);
    parts.resize(4);
    if (parts[0] == "die") {
        return die_at(parts);
    }
    if (parts[0] == "early") {
        return early();
    }
    if (parts[0] == "hang") {
        return hang(path);
    }
    if (parts[0] == "endless") {
        return endless(path);
    }
    if (request_.count("expect") > 0) {
        (void)say("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (parts[0] == "hash") {
        return hash(parts);
    }
    if (http_.body_of_request(request_) != Reading::complete) {
        return false;
    }
    if (parts[0] == "late") {
        sleep_ms(static_cast<std::int64_t>(parse_number(parts[1])));
    }
    if (parts[0] == "cut") {
        return cut(parts[1]);
    }
    if (parts[0] == "close") {
        return say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok") && false;
    }
    if (parts[0] == "odd") {
        return say("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n");
    }
    if (parts[0] == "trailers") {
        return say(answer(request_.trailers + "trailers"));
    }
    return say(answer(parts[0] == "head" ? request_.head : path + "\n"));
}

/// /die/STAGE[/reset]: the connection ends at this stage of the request.
bool Served::die_at(const std::vector<std::string>& parts) {
    const std::string& stage = parts[1];
    if (stage == "half") {
        std::string half;
        (void)stream_.exactly(parse_number(request_.value("content-length")) / 2, half);
    } else if (stage != "head") {
        (void)http_.body_of_request(request_);
    }
    if (stage == "interim") {
        (void)say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    } else if (stage == "part") {
        (void)say("HTTP/1.1 200 OK\r\nContent-Le");
    }
    if (parts[2] == "reset") {
        socket_.reset();
    }
    return false;
}

/// Sends an answer that ends before its proper end.
bool Served::cut(const std::string& way) {
    const std::string ten = "0123456789";
    if (way == "length") {
        (void)say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + ten);
    } else if (way == "chunks") {
        (void)say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n" + ten + "\r\n");
    } else {
        (void)say("HTTP/1.1 200 OK\r\n\r\n" + ten);  // lasts until the close, which is a reset
    }
    if (way == "close") {
        sleep_ms(200);  // a reset throws away what has not been read yet
        socket_.reset();
    }
    return false;
}

/// Answers after the head, and then continues as is right: with the body, then the next request.
bool Served::early() {
    return say(answer("early\n")) && http_.body_of_request(request_) == Reading::complete;
}

/// Never answers, except for an interim answer that says that it has the request.
bool Served::hang(const std::string& path) {
    (void)say("HTTP/1.1 103 Early Hints\r\n\r\n");
    while (stream_.more()) {
    }
    gone(path);
    return false;
}

bool Served::endless(const std::string& path) {
    const std::string block(16'384, 'e');
    if (say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")) {
        while (say("4000\r\n" + block + "\r\n")) {
        }
    }
    gone(path);
    return false;
}

void Served::gone(const std::string& path) {
    print_line("gone " + path + " ms=" + std::to_string(now_ms()));
}

/// /hash/STALL_MS/SLOW_BYTES: takes nothing for STALL_MS, then SLOW_BYTES slowly, then the rest; answers with the hash
/// of all.
bool Served::hash(const std::vector<std::string>& parts) {
    constexpr std::size_t block = 256 * 1024;
    const std::size_t slow = parse_number(parts[2]);
    Digest digest;
    std::size_t size = 0;
    sleep_ms(static_cast<std::int64_t>(parse_number(parts[1])));
    const std::size_t length = parse_number(request_.value("content-length"));
    while (size < length) {
        std::string bytes;
        if (!stream_.exactly(std::min(block, length - size), bytes)) {
            gone(request_.words[1]);
            return false;
        }
        digest.add(bytes);
        size += bytes.size();
        if (size < slow) {
            sleep_ms(10);
        }
    }
    return say(answer(digest.hex() + " " + std::to_string(size) + "\n"));
}

}  // namespace

void print_line(const std::string& line) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

Digest::Digest() : context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr);
}

Digest::~Digest() {
    EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void Digest::add(std::string_view bytes) {
    EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size());
}

std::string Digest::hex() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), bytes, &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", bytes[i]);
        text += two;
    }
    return text;
}

void serve_mishaps(const std::string& port_file, std::uint16_t port) {
    const Backend backend(port, [](Socket& socket, int connection) { Served(socket, connection).run(); });
    write_file(port_file, std::to_string(backend.port()));
    while (true) {
        sleep_ms(1'000'000);
    }
}

}  // namespace e2e
