// Load for the benchmarks: a backend that does what a connection asks for, and clients that ask and measure.
//
//   load backend PORT                                            serves until it is killed
//   load bulk HOST:PORT down|up STREAMS BYTES                    all streams at once; prints bytes and seconds
//   load latency HOST:PORT CONNECTIONS SECONDS                   64-byte requests, one outstanding each
//   load connect HOST:PORT SECONDS                               connect, one round trip, close, as fast as one goes
//   load idle HOST:PORT CONNECTIONS                              prints "ready", holds them until its input ends
//
// A connection begins with one command byte and eight bytes of length: D sends that many bytes, U takes that many and
// answers one byte, E echoes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t buffer_bytes = 256 * 1024;
constexpr std::size_t request_bytes = 64;

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

sockaddr_in address_of(const std::string& place) {
    std::size_t colon = place.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(place.substr(colon + 1))));
    std::string host = colon == std::string::npos || colon == 0 ? "127.0.0.1" : place.substr(0, colon);
    if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
        std::fprintf(stderr, "%s: not an IPv4 address\n", host.c_str());
        std::exit(2);
    }
    return address;
}

int connect_to(const sockaddr_in& address) {
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        fail("socket");
    }
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        fail("connect");
    }
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

bool write_all(int fd, const char* data, std::size_t size) {
    while (size > 0) {
        ssize_t n = ::send(fd, data, size, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        data += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

bool read_all(int fd, char* data, std::size_t size) {
    while (size > 0) {
        ssize_t n = ::recv(fd, data, size, 0);
        if (n <= 0) {
            return false;
        }
        data += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

void command(int fd, char what, std::uint64_t length) {
    char bytes[9];
    bytes[0] = what;
    std::memcpy(bytes + 1, &length, sizeof length);
    if (!write_all(fd, bytes, sizeof bytes)) {
        fail("send");
    }
}

bool send_bytes(int fd, std::uint64_t length) {
    std::vector<char> buffer(buffer_bytes, 'x');
    while (length > 0) {
        std::size_t n = std::min<std::uint64_t>(length, buffer.size());
        if (!write_all(fd, buffer.data(), n)) {
            return false;
        }
        length -= n;
    }
    return true;
}

bool take_bytes(int fd, std::uint64_t length) {
    std::vector<char> buffer(buffer_bytes);
    while (length > 0) {
        ssize_t n = ::recv(fd, buffer.data(), std::min<std::uint64_t>(length, buffer.size()), 0);
        if (n <= 0) {
            return false;
        }
        length -= static_cast<std::uint64_t>(n);
    }
    return true;
}

// --- backend -------------------------------------------------------------------------------------------------------

// Bulk connections get a thread of their own; echoes, of which there may be ten thousand, share one loop.
void serve_bulk(int fd, char what, std::uint64_t length) {
    if (what == 'D') {
        send_bytes(fd, length);
    } else if (take_bytes(fd, length)) {
        write_all(fd, "k", 1);
    }
    ::shutdown(fd, SHUT_WR);
    char rest;
    (void)::recv(fd, &rest, 1, 0);
    ::close(fd);
}

void serve_ready(int epoll, int fd) {
    char buffer[4096];
    ssize_t n = ::recv(fd, buffer, 9, MSG_PEEK | MSG_DONTWAIT);
    if (n == 9 && (buffer[0] == 'D' || buffer[0] == 'U')) {
        (void)::recv(fd, buffer, 9, 0);
        std::uint64_t length = 0;
        std::memcpy(&length, buffer + 1, sizeof length);
        ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
        std::thread(serve_bulk, fd, buffer[0], length).detach();
        return;
    }
    n = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n > 0) {
        write_all(fd, buffer, static_cast<std::size_t>(n));
    } else if (n == 0 || errno != EAGAIN) {
        ::close(fd);
    }
}

int backend(const std::string& place) {
    int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = address_of(place);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 4096) != 0) {
        fail("listen");
    }
    int epoll = ::epoll_create1(0);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = listener;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    std::vector<epoll_event> events(256);
    while (true) {
        int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd != listener) {
                serve_ready(epoll, fd);
                continue;
            }
            int visitor = ::accept(listener, nullptr, nullptr);
            if (visitor >= 0) {
                ::setsockopt(visitor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                event.data.fd = visitor;
                ::epoll_ctl(epoll, EPOLL_CTL_ADD, visitor, &event);
            }
        }
    }
}

// --- clients -------------------------------------------------------------------------------------------------------

int bulk(const std::string& place, char direction, std::size_t streams, std::uint64_t bytes) {
    sockaddr_in address = address_of(place);
    std::vector<int> sockets;
    for (std::size_t i = 0; i < streams; ++i) {
        sockets.push_back(connect_to(address));
    }
    Clock::time_point start = Clock::now();
    std::vector<std::thread> threads;
    for (int fd : sockets) {
        threads.emplace_back([=] {
            command(fd, direction, bytes);
            bool good = direction == 'D' ? take_bytes(fd, bytes) : send_bytes(fd, bytes);
            char answer;
            if (!good || (direction == 'U' && !read_all(fd, &answer, 1))) {
                std::fprintf(stderr, "a transfer was cut short\n");
                std::exit(1);
            }
            ::close(fd);
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    double seconds = seconds_since(start);
    double total = static_cast<double>(streams) * static_cast<double>(bytes);
    std::printf("%.0f %.6f %.1f\n", total, seconds, total / seconds / 1e6);
    return 0;
}

int latency(const std::string& place, std::size_t connections, double duration) {
    sockaddr_in address = address_of(place);
    struct Exchange {
        int fd;
        std::size_t got;
        Clock::time_point sent;
    };
    std::vector<Exchange> exchanges;
    char request[request_bytes];
    std::memset(request, 'E', sizeof request);
    int epoll = ::epoll_create1(0);
    for (std::size_t i = 0; i < connections; ++i) {
        int fd = connect_to(address);
        char answer[request_bytes];
        if (!write_all(fd, request, sizeof request) || !read_all(fd, answer, sizeof answer)) {
            fail("warm up");
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        exchanges.push_back({fd, 0, {}});
    }
    std::vector<double> samples;
    samples.reserve(1 << 20);
    Clock::time_point start = Clock::now();
    for (Exchange& exchange : exchanges) {
        exchange.sent = Clock::now();
        write_all(exchange.fd, request, sizeof request);
    }
    std::vector<epoll_event> events(256);
    while (seconds_since(start) < duration) {
        int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
        for (int i = 0; i < count; ++i) {
            Exchange& exchange = exchanges[events[static_cast<std::size_t>(i)].data.u64];
            char answer[request_bytes];
            ssize_t n = ::recv(exchange.fd, answer, sizeof answer - exchange.got, MSG_DONTWAIT);
            if (n <= 0) {
                fail("recv");
            }
            exchange.got += static_cast<std::size_t>(n);
            if (exchange.got == sizeof answer) {
                samples.push_back(std::chrono::duration<double, std::micro>(Clock::now() - exchange.sent).count());
                exchange.got = 0;
                exchange.sent = Clock::now();
                write_all(exchange.fd, request, sizeof request);
            }
        }
    }
    std::sort(samples.begin(), samples.end());
    auto at = [&](double share) {
        return samples[static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1))];
    };
    std::printf("%zu %.1f %.1f %.1f\n", samples.size(), at(0.5), at(0.99), at(0.999));
    return 0;
}

int connects(const std::string& place, double duration) {
    sockaddr_in address = address_of(place);
    std::size_t count = 0;
    Clock::time_point start = Clock::now();
    while (seconds_since(start) < duration) {
        int fd = connect_to(address);
        char request[request_bytes];
        std::memset(request, 'E', sizeof request);
        if (!write_all(fd, request, sizeof request) || !read_all(fd, request, sizeof request)) {
            fail("exchange");
        }
        ::close(fd);
        ++count;
    }
    std::printf("%zu %.1f\n", count, static_cast<double>(count) / seconds_since(start));
    return 0;
}

int idle(const std::string& place, std::size_t connections) {
    sockaddr_in address = address_of(place);
    for (std::size_t i = 0; i < connections; ++i) {
        int fd = connect_to(address);
        char request[request_bytes];
        std::memset(request, 'E', sizeof request);
        if (!write_all(fd, request, sizeof request) || !read_all(fd, request, sizeof request)) {
            fail("exchange");
        }
    }
    std::printf("ready\n");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
}

int usage() {
    std::fprintf(stderr,
                 "usage: load backend PORT | bulk HOST:PORT down|up STREAMS BYTES | latency HOST:PORT CONNECTIONS "
                 "SECONDS | connect HOST:PORT SECONDS | idle HOST:PORT CONNECTIONS\n");
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 2 && words[0] == "backend") {
        return backend("127.0.0.1:" + words[1]);
    }
    if (words.size() == 5 && words[0] == "bulk") {
        return bulk(words[1], words[2] == "up" ? 'U' : 'D', std::stoul(words[3]), std::stoull(words[4]));
    }
    if (words.size() == 4 && words[0] == "latency") {
        return latency(words[1], std::stoul(words[2]), std::stod(words[3]));
    }
    if (words.size() == 3 && words[0] == "connect") {
        return connects(words[1], std::stod(words[2]));
    }
    if (words.size() == 3 && words[0] == "idle") {
        return idle(words[1], std::stoul(words[2]));
    }
    return usage();
}
