// Visitors that move many bytes. All streams share one loop: a thread for each would take the cores from the tunnel.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "commands.hpp"
#include "requests.hpp"
#include "sockets.hpp"

namespace load {

namespace {

struct Stream {
    int fd;
    std::uint64_t left;
};

class Bulk {
public:
    explicit Bulk(char direction) : direction_(direction), epoll_(::epoll_create1(0)), buffer_(buffer_bytes, 'x') {}

    void open(const sockaddr_in& address, std::size_t streams, std::uint64_t bytes) {
        for (std::size_t i = 0; i < streams; ++i) {
            int fd = connect_to(address);
            Header header = header_of(direction_, bytes);
            if (!write_all(fd, header.data(), header.size())) {
                fail("send");
            }
            set_nonblocking(fd);
            streams_.push_back({fd, bytes});
            watch(EPOLL_CTL_ADD, i, direction_ == download ? EPOLLIN : EPOLLOUT);
        }
    }

    void run() {
        std::vector<epoll_event> events(64);
        std::size_t open = streams_.size();
        while (open > 0) {
            int limit = static_cast<int>(std::chrono::milliseconds(patience).count());
            int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), limit);
            if (count == 0) {
                fail_plainly("a transfer stands still");
            }
            for (int i = 0; i < count; ++i) {
                open -= step(events[static_cast<std::size_t>(i)].data.u64) ? 1U : 0U;
            }
        }
    }

private:
    void watch(int change, std::size_t index, std::uint32_t events) {
        epoll_event event{};
        event.events = events;
        event.data.u64 = index;
        ::epoll_ctl(epoll_, change, streams_[index].fd, &event);
    }

    // True when the stream is complete: all has come, or all has gone and the backend has said so.
    bool step(std::size_t index) {
        Stream& stream = streams_[index];
        std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(stream.left, buffer_.size()));
        bool sending = direction_ == upload && stream.left > 0;
        ssize_t n = sending ? ::send(stream.fd, buffer_.data(), size, MSG_NOSIGNAL)
                            : ::recv(stream.fd, buffer_.data(), std::max<std::size_t>(size, 1), 0);
        if (n < 0 && errno == EAGAIN) {
            return false;
        }
        if (n <= 0) {
            fail_plainly("a transfer was cut short");
        }
        if (stream.left > 0) {
            stream.left -= static_cast<std::uint64_t>(n);
            if (stream.left > 0) {
                return false;
            }
            if (sending) {
                watch(EPOLL_CTL_MOD, index, EPOLLIN);
                return false;
            }
        }
        ::close(stream.fd);
        return true;
    }

    char direction_;
    int epoll_;
    std::vector<char> buffer_;
    std::vector<Stream> streams_;
};

}  // namespace

int bulk(const std::string& place, char direction, std::size_t streams, std::uint64_t bytes) {
    sockaddr_in address = address_of(place);
    Bulk work(direction);
    Clock::time_point begin = Clock::now();
    work.open(address, streams, bytes);
    work.run();
    double seconds = seconds_since(begin);
    double total = static_cast<double>(streams) * static_cast<double>(bytes);
    std::printf("%.0f %.6f %.1f\n", total, seconds, total / seconds / 1e6);
    return 0;
}

}  // namespace load
