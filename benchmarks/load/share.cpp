// How a rate is shared: visitors who always have bytes to move, and how many of them each gets across in a time. The
// side that receives counts, since what was sent may be in a kernel yet: the visitors, or a child that is the backend.
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "commands.hpp"
#include "requests.hpp"
#include "sockets.hpp"

namespace load {

namespace {

constexpr std::size_t arrivals_at_once = 40;  // every 20 ms: a burst of thousands is rejected in part
constexpr double least_bytes = 2048;          // that each must have moved before anything is measured
constexpr int kernel_bytes = 64 * 1024;  // what a kernel may hold of one connection, or ten thousand need gigabytes

// One end of all connections: it sends for ever, or counts what comes.
class End {
public:
    explicit End(bool sends) : sends_(sends), epoll_(::epoll_create1(0)), buffer_(kernel_bytes, 'x') {}

    void listen(const std::string& place) {
        const sockaddr_in address = address_of(place);
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        const int on = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        ::setsockopt(listener_, SOL_SOCKET, SO_SNDBUF, &kernel_bytes, sizeof kernel_bytes);
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener_, 4096) != 0) {
            fail("listen");
        }
        watch(listener_, EPOLLIN);
    }
    void add(int fd) {
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kernel_bytes, sizeof kernel_bytes);
        set_nonblocking(fd);
        if (moved_.size() <= static_cast<std::size_t>(fd)) {
            moved_.resize(static_cast<std::size_t>(fd) + 1, -1);
        }
        moved_[static_cast<std::size_t>(fd)] = 0;
        watch(fd, sends_ ? EPOLLOUT : EPOLLIN);
    }
    void run_until(Clock::time_point until) {
        std::vector<epoll_event> events(256);
        while (Clock::now() < until) {
            const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10);
            for (int i = 0; i < count; ++i) {
                step(events[static_cast<std::size_t>(i)].data.fd);
            }
        }
    }
    // Until each connection has moved so many bytes, or for a minute: then what there is speaks for itself.
    void run_until_all_have(double bytes) {
        const Clock::time_point late = Clock::now() + std::chrono::minutes(1);
        while (Clock::now() < late && std::any_of(moved_.begin(), moved_.end(),
                                                  [bytes](double moved) { return moved >= 0 && moved < bytes; })) {
            run_until(Clock::now() + std::chrono::milliseconds(50));
        }
    }
    void run_until_there_are(std::size_t connections) {
        while (static_cast<std::size_t>(std::count_if(moved_.begin(), moved_.end(),
                                                      [](double moved) { return moved >= 0; })) < connections) {
            run_until(Clock::now() + std::chrono::milliseconds(50));
        }
    }
    void forget_moved() {
        for (double& moved : moved_) {
            moved = std::min(moved, 0.0);
        }
    }
    // Connections, bytes of all, Jain's index, and the bytes of those who had least and most.
    void print(double seconds) const {
        if (ended_) {
            fail_plainly("a connection has ended");
        }
        double count = 0, sum = 0, squares = 0, most = 0, least = 1e18;
        for (const double moved : moved_) {
            if (moved >= 0) {
                count += 1;
                sum += moved;
                squares += moved * moved;
                least = std::min(least, moved);
                most = std::max(most, moved);
            }
        }
        std::printf("%.0f %.0f %.6f %.4f %.0f %.0f\n", count, sum, seconds, sum * sum / std::max(squares * count, 1.0),
                    least, most);
        std::fflush(stdout);
    }

private:
    void watch(int fd, std::uint32_t events) {
        epoll_event event{};
        event.events = events;
        event.data.fd = fd;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
    void step(int fd) {
        if (fd == listener_) {
            while ((fd = ::accept(listener_, nullptr, nullptr)) >= 0) {
                add(fd);
            }
            return;
        }
        const ssize_t n = sends_ ? ::send(fd, buffer_.data(), buffer_.size(), MSG_NOSIGNAL)
                                 : ::recv(fd, buffer_.data(), buffer_.size(), 0);
        if (n > 0) {
            moved_[static_cast<std::size_t>(fd)] += static_cast<double>(n);
        } else if (n == 0 || errno != EAGAIN) {
            ended_ = true;
            ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
        }
    }

    bool sends_;
    bool ended_ = false;
    int epoll_;
    int listener_ = -1;
    std::vector<char> buffer_;
    std::vector<double> moved_;  // by descriptor; below 0: there is none
};

void measure(End& end, double warm, double duration) {
    const auto span = [](double seconds) {
        return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    };
    end.run_until_all_have(least_bytes);
    end.run_until(Clock::now() + span(warm));
    end.forget_moved();
    const Clock::time_point begin = Clock::now();
    end.run_until(begin + span(duration));
    end.print(seconds_since(begin));
}

}  // namespace

int share(const std::string& backend, const std::string& place, char direction, std::size_t streams, double warm,
          double duration) {
    const bool down = direction == download;
    End behind(down);
    behind.listen(backend);
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (down) {
            behind.run_until(Clock::time_point::max());
        }
        behind.run_until_there_are(streams);
        measure(behind, warm, duration);
        std::_Exit(0);
    }
    End visitors(!down);
    const sockaddr_in address = address_of(place);
    for (std::size_t i = 0; i < streams; ++i) {
        visitors.add(connect_to(address));
        if (i % arrivals_at_once == 0) {
            visitors.run_until(Clock::now() + std::chrono::milliseconds(20));
        }
    }
    if (down) {
        measure(visitors, warm, duration);
    } else {
        // The child ends when it has measured; visitors continue until then.
        while (::waitpid(child, nullptr, WNOHANG) == 0) {
            visitors.run_until(Clock::now() + std::chrono::milliseconds(50));
        }
        return 0;
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    return 0;
}

}  // namespace load
