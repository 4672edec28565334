// What goes wrong between visitors, edge and backends, for the end-to-end tests: a backend that fails at the stage that
// its path names, and visitors that do exactly what they are told.
//
//   http_mishaps serve PORT-FILE [PORT]    a backend; prints "head METHOD PATH connection=N" for each head
//     /die/STAGE[/reset]       ends the connection after the head (head), half of the body (half), the request (body)
//                              or an interim answer (interim), or within the answer's head (part)
//     /cut/length|chunks|close an answer that ends before its proper end
//     /early                   answers after the head, before the body
//     /hang, /endless          an interim answer alone, or an answer without end; prints "gone PATH ms=WHEN" at the
//                              connection's end
//     /late/MS                 answers after MS milliseconds
//     /hash/STALL/SLOW         takes nothing for STALL ms, the first SLOW bytes slowly; answers with SHA-256 and size
//     /head                    answers with the head that it has seen; /trailers with the trailers
//     /close                   answers, with Connection: close; /odd with a status that does not exist
//   http_mishaps talk EDGE STEP...         a visitor; prints what it got, and how the connection ended
//     send:TEXT (\r \n \t \\ \xHH)   until:TEXT   pause:MS   finish   reset (prints "reset ms=WHEN")   rest
//   http_mishaps hold EDGE HOST COUNT STOP    COUNT connections, with one answered request each, until the file STOP
//                              is there
//   http_mishaps full PORT-FILE            listens, and takes no connection: its queue is full
//   http_mishaps upload EDGE HOST PATH BYTES    a POST; prints its SHA-256 and the answer
//   http_mishaps steady EDGE HOST COUNT STOP    COUNT visitors, each with one connection that it keeps, until the file
//                              STOP is there; prints how many requests were answered, and how the others ended
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "mishaps.hpp"
#include "strict_http.hpp"
#include "support/http_corpus.hpp"

namespace {

using namespace e2e;
using ferrotunnel::test::unescape;

StrictMessage whole_answer(const Socket& socket, const std::string& method) {
    StreamReader stream(socket, 600'000);
    StrictReader http(stream);
    StrictMessage answer;
    if (http.head_of_response(answer) != Reading::complete ||
        http.body_of_response(answer, method) != Reading::complete) {
        die("no whole answer: " + answer.head + http.why());
    }
    return answer;
}

int talk(const std::string& address, const std::vector<std::string>& steps) {
    Socket socket = connect_to(address);
    StreamReader stream(socket);
    std::string got;
    for (const std::string& step : steps) {
        const std::size_t colon = std::min(step.find(':'), step.size());
        const std::string what = step.substr(0, colon);
        const std::string text = unescape(step.substr(std::min(colon + 1, step.size())));
        if (what == "send") {
            (void)send_all(socket, text);
        } else if (what == "until") {
            const std::string part = stream.until(text);
            got += part.empty() ? stream.rest() : part;
        } else if (what == "pause") {
            sleep_ms(static_cast<std::int64_t>(parse_number(text)));
        } else if (what == "finish") {
            (void)::shutdown(socket.get(), SHUT_WR);
        } else if (what == "reset") {
            socket.reset();
            print_line("reset ms=" + std::to_string(now_ms()));
            return 0;
        } else if (what == "rest") {
            while (stream.more()) {
            }
            got += stream.rest();
        } else {
            die("no step: " + step);
        }
    }
    print_line(got);
    print_line(std::string("ending=") + name_of(stream.ending()));
    return 0;
}

int upload(const std::string& address, const std::string& host, const std::string& path, std::uint64_t bytes) {
    const Socket socket = connect_to(address);
    std::string block(256 * 1024, '\0');
    std::uint64_t state = 1;
    Digest digest;
    (void)send_all(socket, "POST " + path + " HTTP/1.1\r\nHost: " + host +
                               "\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n");
    for (std::uint64_t left = bytes; left > 0;) {
        for (std::size_t i = 0; i + 8 <= block.size(); i += 8) {
            state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
            for (std::size_t at = 0; at < 8; ++at) {
                block[i + at] = static_cast<char>(state >> (8 * at));
            }
        }
        const std::string_view part = std::string_view(block).substr(0, left);
        digest.add(part);
        if (!send_all(socket, part)) {
            break;  // the answer says why
        }
        left -= part.size();
    }
    const StrictMessage answer = whole_answer(socket, "POST");
    std::printf("sent=%s status=%d answer=%s", digest.hex().c_str(), answer.status(), answer.body.c_str());
    return 0;
}

int hold(const std::string& address, const std::string& host, std::uint64_t count, const std::string& stop) {
    std::vector<Socket> sockets;
    while (sockets.size() < count) {
        const Socket& socket = sockets.emplace_back(connect_to(address));
        if (!send_all(socket, "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n")) {
            die_errno("send to " + address);
        }
        whole_answer(socket, "GET");
    }
    print_line("held");
    while (::access(stop.c_str(), F_OK) != 0) {
        sleep_ms(20);
    }
    return 0;
}

[[noreturn]] void full(const std::string& port_file) {
    const Socket listener = listen_on({"127.0.0.1", 0}, 0);
    const Address address{"127.0.0.1", port_of(listener)};
    std::vector<Socket> waiting;
    do {
        waiting.push_back(begin_connect(address));
    } while (wait_for(waiting.back(), POLLOUT, 300));
    write_file(port_file, std::to_string(address.port));
    while (true) {
        sleep_ms(1'000'000);
    }
}

struct Tally {
    std::atomic<int> right{0};
    std::atomic<int> wrong{0};   // somebody else's answer
    std::atomic<int> lost{0};    // in flight when the client went
    std::atomic<int> away{0};    // 503
    std::atomic<int> other{0};   // another answer
    std::atomic<int> broken{0};  // the visitor's connection ended
};

void steady_visitor(const std::string& address, const std::string& host, int which, const std::string& stop,
                    Tally& tally) {
    Socket socket;
    for (int number = 0; ::access(stop.c_str(), F_OK) != 0; ++number) {
        socket = connect_to(address);
        StreamReader stream(socket);
        StrictReader http(stream);
        bool kept = true;
        for (; kept && ::access(stop.c_str(), F_OK) != 0; ++number) {
            const std::string path = "/name/" + host + "-" + std::to_string(which) + "-" + std::to_string(number);
            (void)send_all(socket, (number % 2 == 0 ? "GET " : "POST ") + path + " HTTP/1.1\r\nHost: " + host +
                                       (number % 2 == 0 ? "\r\n\r\n" : "\r\nContent-Length: 4\r\n\r\nbody"));
            StrictMessage answer;
            if (http.head_of_response(answer) != Reading::complete ||
                http.body_of_response(answer, "GET") != Reading::complete) {
                ++tally.broken;
                break;
            }
            const std::string code = answer.value("x-ferrotunnel-error");
            if (answer.status() == 200) {
                ++(answer.body == path + "\n" ? tally.right : tally.wrong);
            } else if (code == "tunnel_lost") {
                ++tally.lost;
            } else if (code == "no_client") {
                ++tally.away;
                sleep_ms(20);
            } else {
                print_line(host + " got " + answer.words[1] + " " + code);
                ++tally.other;
            }
            kept = answer.value("connection") != "close";
        }
    }
}

int steady(const std::string& address, const std::string& host, int count, const std::string& stop) {
    Tally tally;
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
        threads.emplace_back([&, i] { steady_visitor(address, host, i, stop, tally); });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    std::printf("right=%d wrong=%d lost=%d away=%d other=%d broken=%d\n", tally.right.load(), tally.wrong.load(),
                tally.lost.load(), tally.away.load(), tally.other.load(), tally.broken.load());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> words(argv + 1, argv + argc);
    const std::string what = words.empty() ? "" : words[0];
    if (what == "serve" && (words.size() == 2 || words.size() == 3)) {
        serve_mishaps(words[1], words.size() == 3 ? static_cast<std::uint16_t>(parse_number(words[2])) : 0);
    }
    if (what == "talk" && words.size() > 2) {
        return talk(words[1], {words.begin() + 2, words.end()});
    }
    if (what == "hold" && words.size() == 5) {
        return hold(words[1], words[2], parse_number(words[3]), words[4]);
    }
    if (what == "full" && words.size() == 2) {
        full(words[1]);
    }
    if (what == "upload" && words.size() == 5) {
        return upload(words[1], words[2], words[3], parse_number(words[4]));
    }
    if (what == "steady" && words.size() == 5) {
        return steady(words[1], words[2], static_cast<int>(parse_number(words[3])), words[4]);
    }
    die("see the head of http_mishaps.cpp for its arguments");
}
