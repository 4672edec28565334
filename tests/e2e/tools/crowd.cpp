// Very many connections from one process: visitors that stay idle, visitors that come and go, and a backend for them.
//
//   crowd serve PORT-FILE              echoes what comes
//   crowd visit HOST:PORT [ADDRESSES]  takes commands from its standard input and answers each with one line;
//                                      visitors come from 127.0.0.2 and so many addresses from there on
//     hold N          opens connections, each proved by an echo, until N are held
//     check           an echo on each of them
//     churn RATE S    RATE new ones a second for S seconds; each echoes, ends its sending, and closes after the
//                     backend's end
//     drop            closes all that are held
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <list>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "epoll.hpp"
#include "socket.hpp"

namespace {

using namespace e2e;

constexpr std::size_t opening_max = 100;  // fewer than a service's limit of unanswered opens
constexpr std::int64_t patience_ms = 60'000;
constexpr std::string_view greeting = "are you there, at the other end?";

// --- the backend --------------------------------------------------------------------------------------------------

// Messages are small and answered before the next one comes, so a write that does not fit is a failure.
void echo_once(Socket& socket) {
    std::array<char, 4096> buffer;
    const ssize_t n = ::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
        if (::send(socket.get(), buffer.data(), static_cast<std::size_t>(n), MSG_DONTWAIT) != n) {
            socket.reset();
        }
    } else if (n == 0 || errno != EAGAIN) {
        socket.close();
    }
}

[[noreturn]] void serve(const std::string& port_file) {
    const Socket listener = listen_on({"127.0.0.1", 0});
    set_nonblocking(listener);
    Epoll epoll;
    epoll.add(listener, EPOLLIN, nullptr);
    write_file(port_file, std::to_string(port_of(listener)));
    while (true) {
        epoll.wait(-1, [&](void* who, std::uint32_t) {
            if (who != nullptr) {
                auto* socket = static_cast<Socket*>(who);
                echo_once(*socket);
                if (!socket->is_open()) {
                    delete socket;
                }
                return;
            }
            int fd = -1;
            while ((fd = ::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
                auto* socket = new Socket(fd);
                epoll.add(*socket, EPOLLIN, socket);
            }
        });
    }
}

// --- the visitors -------------------------------------------------------------------------------------------------

enum class Stage { connecting, echoing, held, finishing, closed };

struct Visitor {
    Socket socket;
    Stage stage = Stage::connecting;
    std::size_t received = 0;
    std::int64_t began = 0;
    bool stays = false;
    std::list<Visitor>::iterator self;
};

class Crowd {
public:
    Crowd(Address to, std::size_t addresses) : to_(std::move(to)), addresses_(addresses) {}

    std::string hold(std::size_t wanted) {
        const Counts before = counts_;
        const std::int64_t began = now_ms();
        while (held_ < wanted && counts_.failed == before.failed) {
            while (opening_ < opening_max && held_ + opening_ < wanted) {
                open(true);
            }
            step(began);
        }
        return "held=" + std::to_string(held_) + " failed=" + std::to_string(counts_.failed - before.failed) +
               " ms=" + std::to_string(now_ms() - began);
    }

    std::string check() {
        const Counts before = counts_;
        const std::int64_t began = now_ms();
        std::vector<Visitor*> all;
        for (Visitor& visitor : visitors_) {
            if (visitor.stage == Stage::held) {
                all.push_back(&visitor);
            }
        }
        for (std::size_t next = 0; next < all.size() || opening_ > 0;) {
            while (next < all.size() && opening_ < opening_max) {
                Visitor& visitor = *all[next++];
                if (visitor.stage == Stage::held) {
                    --held_;
                    ++opening_;
                    say_hello(visitor);
                }
            }
            step(began);
        }
        return "held=" + std::to_string(held_) + " failed=" + std::to_string(counts_.failed - before.failed);
    }

    std::string churn(std::size_t rate, std::size_t seconds) {
        const Counts before = counts_;
        longest_ = 0;
        const std::int64_t began = now_ms();
        std::size_t opened = 0;
        while (opened < rate * seconds || opening_ > 0) {
            const auto elapsed = static_cast<std::size_t>(now_ms() - began);
            for (const std::size_t due = std::min(rate * seconds, rate * elapsed / 1000); opened < due; ++opened) {
                open(false);
            }
            step(now_ms());
        }
        return "opened=" + std::to_string(opened) + " finished=" + std::to_string(counts_.finished - before.finished) +
               " failed=" + std::to_string(counts_.failed - before.failed) + " longest=" + std::to_string(longest_) +
               " ms=" + std::to_string(now_ms() - began);
    }

    std::string drop() {
        visitors_.clear();
        const std::size_t dropped = std::exchange(held_, 0);
        return "dropped=" + std::to_string(dropped);
    }

private:
    struct Counts {
        std::size_t finished = 0;
        std::size_t failed = 0;
    };

    void open(bool stays) {
        const std::string from = "127.0.0." + std::to_string(2 + opened_++ % addresses_);
        Visitor& visitor = visitors_.emplace_back();
        visitor.self = std::prev(visitors_.end());
        visitor.socket = begin_connect(to_, from);
        visitor.began = now_ms();
        visitor.stays = stays;
        ++opening_;
        if (!visitor.socket.is_open()) {
            fail(visitor, "connect");
            return;
        }
        epoll_.add(visitor.socket, EPOLLOUT, &visitor);
    }

    void step(std::int64_t began) {
        epoll_.wait(5, [this](void* who, std::uint32_t) { advance(*static_cast<Visitor*>(who)); });
        if (now_ms() - began > patience_ms * 5) {
            die("nothing moves any more: " + std::to_string(opening_) + " are on their way");
        }
    }

    void say_hello(Visitor& visitor) {
        visitor.stage = Stage::echoing;
        visitor.received = 0;
        if (::send(visitor.socket.get(), greeting.data(), greeting.size(), MSG_DONTWAIT) !=
            static_cast<ssize_t>(greeting.size())) {
            fail(visitor, "send");
        }
    }

    void advance(Visitor& visitor) {
        if (visitor.stage == Stage::connecting) {
            if (pending_error(visitor.socket) != 0) {
                fail(visitor, "connect");
                return;
            }
            epoll_.change(visitor.socket, EPOLLIN, &visitor);
            say_hello(visitor);
            return;
        }
        std::array<char, 256> buffer;
        const ssize_t n = ::recv(visitor.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (visitor.stage == Stage::finishing && n == 0) {
            finished(visitor);
        } else if (visitor.stage == Stage::echoing && n > 0) {
            visitor.received += static_cast<std::size_t>(n);
            if (visitor.received == greeting.size()) {
                echoed(visitor);
            }
        } else {
            fail(visitor, n < 0 ? "reset" : "end");
        }
    }

    void echoed(Visitor& visitor) {
        if (visitor.stays) {
            visitor.stage = Stage::held;
            ++held_;
            --opening_;
        } else {
            visitor.stage = Stage::finishing;
            (void)::shutdown(visitor.socket.get(), SHUT_WR);
        }
    }

    void finished(Visitor& visitor) {
        longest_ = std::max(longest_, now_ms() - visitor.began);
        ++counts_.finished;
        --opening_;
        visitors_.erase(visitor.self);
    }

    void fail(Visitor& visitor, const char* what) {
        if (counts_.failed++ < 10) {
            std::fprintf(stderr, "a visitor failed (%s), after %lld ms\n", what,
                         static_cast<long long>(now_ms() - visitor.began));
        }
        if (visitor.stage == Stage::held) {
            --held_;
        } else {
            --opening_;
        }
        visitors_.erase(visitor.self);
    }

    Address to_;
    std::size_t addresses_;
    Epoll epoll_;
    std::list<Visitor> visitors_;
    std::size_t opened_ = 0;
    std::size_t opening_ = 0;  // visitors on their way: neither held nor gone
    std::size_t held_ = 0;
    std::int64_t longest_ = 0;
    Counts counts_;
};

int visit(const std::string& to, std::size_t addresses) {
    Crowd crowd(parse_address(to), addresses);
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string command;
        std::size_t first = 0;
        std::size_t second = 0;
        words >> command >> first >> second;
        std::string answer;
        if (command == "hold") {
            answer = crowd.hold(first);
        } else if (command == "check") {
            answer = crowd.check();
        } else if (command == "churn") {
            answer = crowd.churn(first, second);
        } else if (command == "drop") {
            answer = crowd.drop();
        } else {
            die("no such command: " + line);
        }
        std::printf("%s\n", answer.c_str());
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 2 && words[0] == "serve") {
        serve(words[1]);
    }
    if (words.size() >= 2 && words[0] == "visit") {
        return visit(words[1], words.size() > 2 ? parse_number(words[2]) : 8);
    }
    die("usage: crowd serve PORT-FILE | crowd visit HOST:PORT [ADDRESSES]");
}
