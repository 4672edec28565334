// Peers of the control port that never log in: silent ones, ones that send garbage once or without end, ones that stop
// in the middle of a TLS or of a plain login, and ones that send a byte a second. They stay until the server ends them,
// and come again.
//
//   strangers HOST:PORT COUNT [ADDRESSES [SECONDS [silent]]]
//
// They come from ADDRESSES addresses, 127.0.0.2 and on, eight of each 127.0.x.0/24; 0: from 127.0.0.1. With `silent`
// all are silent ones. Prints "ready" when each has connected once, "ended" when three quarters of them were ended
// once, "from ADDRESS: WHY" for each that could not connect, and at the end "connects=N refused=N closed=N sent=N
// open=N".
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "socket.hpp"

namespace {

using namespace e2e;

enum class Kind { silent, garbage, half_tls, half_plain, slow, endless };
constexpr std::size_t all_kinds = 6;

struct Counts {
    std::size_t connects = 0;
    std::size_t refused = 0;
    std::size_t closed = 0;
    std::size_t sent = 0;
};

std::string garbage(std::size_t size) {
    static std::mt19937 random(1);
    std::string bytes(size, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(random());
    }
    return bytes;
}

// The head of a ClientHello's record, which promises 512 bytes, and a part of them.
std::string half_tls() {
    return std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + garbage(64);
}

// The head of a CONTROL frame of 200 bytes, and the beginning of a hello.
std::string half_plain() {
    return std::string("\x00\xc8\x08\x00\x00\x00\x00\x00", 8) + "\xad\x61t\x65hello";
}

std::string address_of(std::size_t stranger, std::size_t addresses) {
    if (addresses == 0) {
        return "127.0.0.1";
    }
    const std::size_t at = stranger % addresses;
    return "127.0." + std::to_string(at / 8) + '.' + std::to_string(2 + at % 8);
}

class Stranger {
public:
    Stranger(Address to, std::string from, Kind kind) : to_(std::move(to)), from_(std::move(from)), kind_(kind) {}

    /// Does what is due by now.
    void tend(Counts& counts) {
        if (!socket_.is_open()) {
            if (now_ms() >= again_at_) {
                connect(counts);
            }
            return;
        }
        look(counts);
        if (socket_.is_open() && kind_ == Kind::slow && now_ms() >= again_at_) {
            say(half_tls().substr(said_++ % 16, 1), counts);
            again_at_ = now_ms() + 1000;
        }
        if (socket_.is_open() && kind_ == Kind::endless) {
            say(garbage(4096), counts);
        }
    }

    bool is_open() const { return socket_.is_open(); }
    bool was_ended() const { return was_ended_; }

private:
    void connect(Counts& counts) {
        socket_ = try_connect(to_, from_);
        if (!socket_.is_open() && errno == EINTR) {
            return;  // it is time to end: ThreadSanitizer's signal() lets a signal interrupt calls
        }
        ++counts.connects;
        if (!socket_.is_open()) {
            ++counts.refused;
            std::printf("from %s: %s\n", from_.c_str(), std::strerror(errno));
            again_at_ = now_ms() + 500;
            return;
        }
        switch (kind_) {
            case Kind::garbage:
                say(garbage(300), counts);
                break;
            case Kind::half_tls:
                say(half_tls(), counts);
                break;
            case Kind::half_plain:
                say(half_plain(), counts);
                break;
            case Kind::silent:
            case Kind::slow:
            case Kind::endless:
                break;
        }
    }

    void say(const std::string& bytes, Counts& counts) {
        const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            counts.sent += static_cast<std::size_t>(n);
        } else if (n < 0 && errno != EAGAIN) {
            gone(counts);
        }
    }

    void look(Counts& counts) {
        std::array<char, 4096> buffer;
        const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            gone(counts);
        }
    }

    void gone(Counts& counts) {
        ++counts.closed;
        was_ended_ = true;
        socket_.close();
        again_at_ = now_ms() + 500;
    }

    Address to_;
    std::string from_;
    Kind kind_;
    Socket socket_;
    std::int64_t again_at_ = 0;
    std::size_t said_ = 0;
    bool was_ended_ = false;
};

volatile sig_atomic_t stop = 0;

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() < 2) {
        die("usage: strangers HOST:PORT COUNT [ADDRESSES [SECONDS [silent]]]");
    }
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGTERM, [](int) { stop = 1; });
    const std::size_t addresses = words.size() > 2 ? parse_number(words[2]) : 4;
    const std::int64_t end =
        now_ms() + static_cast<std::int64_t>(words.size() > 3 ? parse_number(words[3]) : 600) * 1000;
    const std::size_t kinds = words.size() > 4 && words[4] == "silent" ? 1 : all_kinds;
    std::vector<Stranger> strangers;
    for (std::size_t i = 0; i < parse_number(words[1]); ++i) {
        strangers.emplace_back(parse_address(words[0]), address_of(i, addresses), static_cast<Kind>(i % kinds));
    }
    Counts counts;
    const auto ended = [&] {
        return std::count_if(strangers.begin(), strangers.end(), std::mem_fn(&Stranger::was_ended));
    };
    bool told = false;
    for (bool first = true; stop == 0 && now_ms() < end; first = false) {
        for (Stranger& stranger : strangers) {
            stranger.tend(counts);
        }
        if (first) {
            std::printf("ready\n");
            std::fflush(stdout);
        }
        if (!told && static_cast<std::size_t>(ended()) * 4 >= strangers.size() * 3) {
            told = true;
            std::printf("ended\n");
            std::fflush(stdout);
        }
        sleep_ms(20);
    }
    std::size_t open = 0;
    for (const Stranger& stranger : strangers) {
        open += stranger.is_open() ? 1 : 0;
    }
    std::printf("connects=%zu refused=%zu closed=%zu sent=%zu open=%zu\n", counts.connects, counts.refused,
                counts.closed, counts.sent, open);
    return 0;
}
