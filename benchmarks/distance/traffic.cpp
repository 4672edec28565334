// Traffic for the distance benchmark: a backend, and visitors who measure. Everything is measured where it arrives,
// since bytes that a sender has got rid of may wait in a socket for seconds.
//
//   traffic backend HOST:PORT                             serves until it is killed
//   traffic bulk HOST:PORT down|up STREAMS SECONDS SKIP   as much as can pass in SECONDS, all streams at once; prints
//       Mbit/s of all from the beginning, Mbit/s of all after the first SKIP seconds, and Jain's index, the slowest and
//       the fastest stream (Mbit/s) of that second part
//   traffic open HOST:PORT COUNT                          connections opened at once, each asks for an echo; prints the
//       milliseconds until its first byte, median and longest
//   traffic probe HOST:PORT SECONDS EVERY_MS              one new connection and echo after the other; prints how many,
//       median and longest milliseconds
//
// A connection begins with a command: to D the backend sends as fast as it can, U sends and is told how much arrived,
// E gets an echo.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
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
using std::chrono::milliseconds;

constexpr std::size_t buffer_bytes = 256 * 1024;
constexpr std::size_t echo_bytes = 32;

struct Request {
    char what = 0;
    std::uint32_t skip_ms = 0;
    std::uint32_t total_ms = 0;
};

struct Arrived {
    std::uint64_t total = 0;
    std::uint64_t late = 0;  // after the part that is skipped
};

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

double ms_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

sockaddr_in address_of(const std::string& place) {
    const std::size_t colon = place.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (colon == std::string::npos || inet_pton(AF_INET, place.substr(0, colon).c_str(), &address.sin_addr) != 1) {
        std::fprintf(stderr, "%s: not an IPv4 address and port\n", place.c_str());
        std::exit(2);
    }
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(place.substr(colon + 1))));
    return address;
}

int new_socket(int flags = 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0) {
        fail("socket");
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

int connect_to(const std::string& place) {
    const sockaddr_in address = address_of(place);
    const int fd = new_socket();
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        fail("connect");
    }
    return fd;
}

bool send_all(int fd, const void* data, std::size_t size) {
    return ::send(fd, data, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

bool receive_all(int fd, void* data, std::size_t size) {
    return ::recv(fd, data, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

// Resets the connection, since what is still under way is of no use to anyone.
void reset(int fd) {
    const linger at_once{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(fd);
}

// Counts what arrives from now on.
Arrived measure(int fd, const Request& request) {
    static thread_local std::vector<char> buffer(buffer_bytes);
    const Clock::time_point begin = Clock::now();
    const Clock::time_point late = begin + milliseconds(request.skip_ms);
    const Clock::time_point end = begin + milliseconds(request.total_ms);
    Arrived arrived;
    pollfd ready{fd, POLLIN, 0};
    for (Clock::time_point now = begin; now < end; now = Clock::now()) {
        const auto left = std::chrono::ceil<milliseconds>(end - now);
        if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) {
            continue;
        }
        const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            std::fprintf(stderr, "a stream was cut short\n");
            break;
        }
        const std::uint64_t bytes = n > 0 ? static_cast<std::uint64_t>(n) : 0;
        arrived.total += bytes;
        arrived.late += Clock::now() >= late ? bytes : 0;
    }
    return arrived;
}

// --- backend -------------------------------------------------------------------------------------------------------

void serve(int fd) {
    std::vector<char> buffer(buffer_bytes, 'x');
    Request request;
    if (receive_all(fd, &request, sizeof request)) {
        if (request.what == 'D') {
            while (::send(fd, buffer.data(), buffer.size(), MSG_NOSIGNAL) > 0) {
            }
        } else if (request.what == 'U') {
            const Arrived arrived = measure(fd, request);
            (void)send_all(fd, &arrived, sizeof arrived);
            while (::recv(fd, buffer.data(), buffer.size(), 0) > 0) {
            }
        } else {
            ssize_t n = 0;
            while ((n = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0 &&
                   send_all(fd, buffer.data(), static_cast<std::size_t>(n))) {
            }
        }
    }
    ::close(fd);
}

[[noreturn]] void backend(const std::string& place) {
    const int listener = new_socket();
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = address_of(place);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, 4096) != 0) {
        fail("listen");
    }
    std::printf("ready\n");
    std::fflush(stdout);
    while (true) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) {
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            std::thread(serve, fd).detach();
        }
    }
}

// --- visitors ------------------------------------------------------------------------------------------------------

// Sends until the backend says what it got.
Arrived send_and_hear(int fd) {
    const std::vector<char> buffer(buffer_bytes, 'x');
    pollfd ready{fd, POLLIN | POLLOUT, 0};
    while (true) {
        if (::poll(&ready, 1, -1) < 0 || (ready.revents & (POLLERR | POLLHUP)) != 0) {
            fail("a stream was cut short");
        }
        if ((ready.revents & POLLIN) != 0) {
            Arrived arrived;
            if (!receive_all(fd, &arrived, sizeof arrived)) {
                fail("the backend's count");
            }
            return arrived;
        }
        (void)::send(fd, buffer.data(), buffer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

int bulk(const std::string& place, bool down, std::size_t streams, double seconds, double skip) {
    const Request request{down ? 'D' : 'U', static_cast<std::uint32_t>(skip * 1000),
                          static_cast<std::uint32_t>(seconds * 1000)};
    std::vector<int> sockets(streams);
    std::generate(sockets.begin(), sockets.end(), [&] { return connect_to(place); });
    std::vector<Arrived> arrived(streams);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < streams; ++i) {
        threads.emplace_back([&, i] {
            if (!send_all(sockets[i], &request, sizeof request)) {
                fail("send");
            }
            arrived[i] = down ? measure(sockets[i], request) : send_and_hear(sockets[i]);
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    std::for_each(sockets.begin(), sockets.end(), reset);

    double total = 0;
    double late = 0;
    double squares = 0;
    std::vector<double> rates;
    for (const Arrived& one : arrived) {
        const double rate = static_cast<double>(one.late) * 8e-6 / (seconds - skip);
        total += static_cast<double>(one.total) * 8e-6 / seconds;
        late += rate;
        squares += rate * rate;
        rates.push_back(rate);
    }
    const double jain = squares > 0 ? late * late / (static_cast<double>(streams) * squares) : 0;
    const auto [slowest, fastest] = std::minmax_element(rates.begin(), rates.end());
    std::printf("%.3f %.3f %.4f %.3f %.3f\n", total, late, jain, *slowest, *fastest);
    return 0;
}

void print_times(std::vector<double>& times) {
    std::sort(times.begin(), times.end());
    std::printf("%.1f %.1f\n", times.empty() ? 0 : times[times.size() / 2], times.empty() ? 0 : times.back());
}

int open_at_once(const std::string& place, std::size_t count) {
    const sockaddr_in address = address_of(place);
    std::vector<pollfd> waiting(count);
    std::vector<double> times;
    const Clock::time_point begin = Clock::now();
    for (pollfd& one : waiting) {
        one = {new_socket(SOCK_NONBLOCK), POLLOUT, 0};
        (void)::connect(one.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    std::array<char, sizeof(Request) + echo_bytes> greeting{};
    const Request request{'E', 0, 0};
    std::memcpy(greeting.data(), &request, sizeof request);
    while (times.size() < count) {
        if (::poll(waiting.data(), waiting.size(), 60'000) <= 0) {
            fail("no answer within a minute");
        }
        for (pollfd& one : waiting) {
            if ((one.revents & (POLLERR | POLLHUP)) != 0) {
                fail("a visitor was rejected");
            }
            if ((one.revents & POLLOUT) != 0) {
                if (!send_all(one.fd, greeting.data(), greeting.size())) {
                    fail("send");
                }
                one.events = POLLIN;
            } else if ((one.revents & POLLIN) != 0) {
                times.push_back(ms_since(begin));
                ::close(one.fd);
                one.fd = -1;
            }
        }
    }
    print_times(times);
    return 0;
}

int probe(const std::string& place, double seconds, int every_ms) {
    std::vector<double> times;
    const Clock::time_point begin = Clock::now();
    while (ms_since(begin) < seconds * 1000) {
        const Clock::time_point one = Clock::now();
        const int fd = connect_to(place);
        const Request request{'E', 0, 0};
        std::array<char, echo_bytes> text{};
        if (!send_all(fd, &request, sizeof request) || !send_all(fd, text.data(), text.size()) ||
            !receive_all(fd, text.data(), text.size())) {
            fail("an echo");
        }
        ::close(fd);
        times.push_back(ms_since(one));
        std::this_thread::sleep_until(one + milliseconds(every_ms));
    }
    std::printf("%zu ", times.size());
    print_times(times);
    return 0;
}

int usage() {
    std::fprintf(stderr,
                 "usage: traffic backend HOST:PORT | bulk HOST:PORT down|up STREAMS SECONDS SKIP | "
                 "open HOST:PORT COUNT | probe HOST:PORT SECONDS EVERY_MS\n");
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 2 && words[0] == "backend") {
        backend(words[1]);
    }
    if (words.size() == 6 && words[0] == "bulk") {
        return bulk(words[1], words[2] == "down", std::stoul(words[3]), std::stod(words[4]), std::stod(words[5]));
    }
    if (words.size() == 3 && words[0] == "open") {
        return open_at_once(words[1], std::stoul(words[2]));
    }
    if (words.size() == 4 && words[0] == "probe") {
        return probe(words[1], std::stod(words[2]), std::stoi(words[3]));
    }
    return usage();
}
