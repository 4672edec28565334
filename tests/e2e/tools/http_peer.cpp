// HTTP/1.1 for the end-to-end tests, written by hand so that it can do what no proper program does.
//
//   http_peer serve PORT-FILE         a backend. What it does is in the path:
//     /name/X        answers "X HOST NUMBER", NUMBER counting the requests of this connection
//     /fields        answers the head of the request
//     /cut/length    promises 1000 bytes, sends 10 and closes        /cut/chunks   the same with chunks
//     /close         reads the request and closes without an answer  /reset        the same with a reset
//     /confirmed/N   N server-sent events, each after GET /seen, answered at once, has confirmed the one before
//     /sleep/MS      answers after MS milliseconds
//     an Upgrade to "echo" gives everything back
//     It prints "request METHOD PATH BODY-BYTES connection=N" for each request, "connection N" for each connection.
//   http_peer upgrade HOST:PORT NAME BYTES     an upgrade at host NAME, and an echo of so many bytes
//   http_peer events HOST:PORT NAME N          reads /confirmed/N, and confirms each event on another connection
//   http_peer visitors HOST:PORT COUNT REQUESTS NAME   COUNT visitors at once, each at a host of its own (vN.NAME),
//                  each with REQUESTS requests on connections kept alive; each must get its own answers
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "socket.hpp"
#include "stream.hpp"

namespace {

using namespace e2e;

std::mutex print_mutex;

void print(const std::string& line) {
    const std::lock_guard lock(print_mutex);
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

/// The value of a field, whatever the case of its name in the head; empty if there is none.
std::string field(std::string head, const std::string& name) {
    std::string lower = head;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::size_t at = lower.find("\r\n" + name + ": ");
    if (at == std::string::npos) {
        return {};
    }
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

bool read_body(StreamReader& reader, const std::string& head, std::string& body) {
    if (!field(head, "transfer-encoding").empty()) {
        while (true) {
            const std::string line = reader.until("\r\n");
            if (line.empty()) {
                return false;
            }
            const std::size_t size = std::stoull(line, nullptr, 16);
            std::string chunk;
            if (!reader.exactly(size + 2, chunk)) {
                return false;
            }
            if (size == 0) {
                return true;
            }
            body.append(chunk, 0, size);
        }
    }
    const std::string length = field(head, "content-length");
    return length.empty() || reader.exactly(parse_number(length), body);
}

std::string answer(const std::string& body) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ";
    return head + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::atomic<std::uint64_t> seen{0};  // events that were confirmed

bool send_events(Socket& socket, std::uint64_t count) {
    seen = 0;
    if (!send_all(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")) {
        return false;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string event = "data: " + std::to_string(i) + "\n\n";
        char head[16];
        std::snprintf(head, sizeof head, "%zx\r\n", event.size());
        if (!send_all(socket, head + event + "\r\n")) {
            return false;
        }
        seen.wait(i);
    }
    return send_all(socket, "0\r\n\r\n");
}

void echo(Socket& socket, StreamReader& reader) {
    send_all(socket, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    do {
        if (!send_all(socket, reader.rest())) {
            return;
        }
    } while (reader.more());
}

/// False when the connection is over.
bool serve_one(Socket& socket, StreamReader& reader, int connection, int number) {
    const std::string head = reader.until("\r\n\r\n");
    std::string body;
    if (head.empty() || !read_body(reader, head, body)) {
        return false;
    }
    const std::string method = head.substr(0, head.find(' '));
    const std::size_t path_at = method.size() + 1;
    const std::string path = head.substr(path_at, head.find(' ', path_at) - path_at);
    print("request " + method + " " + path + " " + std::to_string(body.size()) +
          " connection=" + std::to_string(connection));
    if (field(head, "upgrade") == "echo") {
        echo(socket, reader);
        return false;
    }
    const std::vector<std::string> parts = parts_of(path);
    const std::string& what = parts.front();
    if (what == "name") {
        return send_all(socket, answer(parts.at(1) + " " + field(head, "host") + " " + std::to_string(number) + "\n"));
    }
    if (what == "fields") {
        return send_all(socket, answer(head));
    }
    if (what == "cut") {
        const bool chunks = parts.at(1) == "chunks";
        send_all(socket, chunks ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n"
                                : "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789");
        return false;
    }
    if (what == "reset") {
        socket.reset();
    } else if (what == "confirmed") {
        return send_events(socket, parse_number(parts.at(1)));
    } else if (what == "seen") {
        ++seen;
        seen.notify_all();
        return send_all(socket, answer("good\n"));
    } else if (what == "sleep") {
        sleep_ms(static_cast<std::int64_t>(parse_number(parts.at(1))));
        return send_all(socket, answer("awake\n"));
    } else if (what != "close") {
        return send_all(socket, answer("nothing here\n"));
    }
    return false;
}

[[noreturn]] void serve(const std::string& port_file) {
    const Socket listener = listen_on({"127.0.0.1", 0});
    write_file(port_file, std::to_string(port_of(listener)));
    for (int connection = 1;; ++connection) {
        Socket accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!accepted.is_open()) {
            die_errno("accept");
        }
        const int one = 1;
        ::setsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        print("connection " + std::to_string(connection));
        std::thread([connection, socket = std::move(accepted)]() mutable {
            StreamReader reader(socket);
            for (int number = 1; serve_one(socket, reader, connection, number); ++number) {
            }
        }).detach();
    }
}

// --- visitors -----------------------------------------------------------------------------------------------------

int upgrade(const std::string& address, const std::string& host, std::size_t bytes) {
    Socket socket = connect_to(address);
    StreamReader reader(socket);
    send_all(socket, "GET /echo HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    const std::string head = reader.until("\r\n\r\n");
    if (!head.starts_with("HTTP/1.1 101 ")) {
        die("no upgrade: " + head.substr(0, head.find('\r')));
    }
    std::string text(bytes, '\0');
    std::uint32_t state = 1;
    for (char& each : text) {
        state = state * 1'664'525 + 1'013'904'223;
        each = static_cast<char>(state >> 24);
    }
    std::thread sender([&] { send_all(socket, text); });
    std::string back;
    const bool whole = reader.exactly(bytes, back);
    sender.join();
    std::printf("echoed=%zu same=%s\n", back.size(), whole && back == text ? "yes" : "no");
    return whole && back == text ? 0 : 1;
}

int events(const std::string& address, const std::string& host, std::uint64_t count) {
    Socket socket = connect_to(address);
    StreamReader reader(socket);
    const std::string end = " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    send_all(socket, "GET /confirmed/" + std::to_string(count) + end);
    reader.until("\r\n\r\n");
    Socket other = connect_to(address);
    StreamReader confirmed(other);
    for (std::uint64_t i = 0; i < count; ++i) {
        if (reader.until("data: ").empty() || reader.until("\n\n") != std::to_string(i) + "\n\n") {
            die("event " + std::to_string(i) + " is missing");
        }
        send_all(other, "GET /seen" + end);
        const std::string head = confirmed.until("\r\n\r\n");
        std::string body;
        if (!head.starts_with("HTTP/1.1 200 ") || !read_body(confirmed, head, body)) {
            die("event " + std::to_string(i) + " could not be confirmed");
        }
    }
    std::printf("events=%llu\n", static_cast<unsigned long long>(count));
    return 0;
}

struct Tally {
    std::atomic<int> right{0};
    std::atomic<int> wrong{0};
    std::atomic<int> failed{0};
};

void one_visitor(const std::string& address, int which, int requests, const std::string& name, Tally& tally) {
    const std::string host = "v" + std::to_string(which) + "." + name;
    for (int done = 0; done < requests;) {
        Socket socket = connect_to(address);
        StreamReader reader(socket);
        for (bool kept = true; kept && done < requests; ++done) {
            const std::string mark = "m" + std::to_string(which) + "x" + std::to_string(done);
            const std::string body(static_cast<std::size_t>(done % 3) * 700, 'b');
            const bool post = !body.empty();
            send_all(socket, (post ? "POST" : "GET") + (" /name/" + mark) + " HTTP/1.1\r\nHost: " + host + "\r\n" +
                                 (post ? "Content-Length: " + std::to_string(body.size()) + "\r\n" : std::string()) +
                                 "\r\n" + body);
            const std::string head = reader.until("\r\n\r\n");
            std::string text;
            if (head.empty() || !head.starts_with("HTTP/1.1 200 ") || !read_body(reader, head, text)) {
                ++tally.failed;
                kept = false;
            } else if (text.starts_with(mark + " " + host + " ")) {
                ++tally.right;
            } else {
                ++tally.wrong;
            }
            kept = kept && done % 50 != 49;
        }
    }
}

int visitors(const std::string& address, int count, int requests, const std::string& name) {
    Tally tally;
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
        threads.emplace_back([&, i] { one_visitor(address, i, requests, name, tally); });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    std::printf("right=%d wrong=%d failed=%d\n", tally.right.load(), tally.wrong.load(), tally.failed.load());
    return tally.wrong == 0 && tally.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> words(argv + 1, argv + argc);
    const std::string what = words.empty() ? "" : words[0];
    if (what == "serve" && words.size() == 2) {
        serve(words[1]);
    }
    if (what == "upgrade" && words.size() == 4) {
        return upgrade(words[1], words[2], parse_number(words[3]));
    }
    if (what == "events" && words.size() == 4) {
        return events(words[1], words[2], parse_number(words[3]));
    }
    if (what == "visitors" && words.size() == 5) {
        return visitors(words[1], static_cast<int>(parse_number(words[2])), static_cast<int>(parse_number(words[3])),
                        words[4]);
    }
    die("see the head of http_peer.cpp for its arguments");
}
