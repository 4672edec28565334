// Visitors that come and go: connect, one exchange, close, a fixed number of them under way at once.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "commands.hpp"
#include "requests.hpp"
#include "sockets.hpp"

namespace load {

namespace {

class ComingVisitors {
public:
    ComingVisitors(const sockaddr_in& address, std::size_t at_once)
        : address_(address), epoll_(::epoll_create1(0)), visitors_(at_once) {}

    std::size_t run(double duration) {
        Clock::time_point begin = Clock::now();
        for (std::size_t i = 0; i < visitors_.size(); ++i) {
            open(i);
        }
        std::vector<epoll_event> events(256);
        while (seconds_since(begin) < duration) {
            int limit = static_cast<int>(std::chrono::milliseconds(patience).count());
            int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), limit);
            if (count == 0) {
                fail_plainly("no answer");
            }
            for (int i = 0; i < count; ++i) {
                step(events[static_cast<std::size_t>(i)].data.u64);
            }
        }
        return served_;
    }

private:
    struct Visitor {
        int fd = -1;
        bool asked = false;
        std::size_t got = 0;
    };

    void open(std::size_t index) {
        int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (fd < 0) {
            fail("socket");
        }
        set_nodelay(fd);
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0 && errno != EINPROGRESS) {
            fail("connect");
        }
        visitors_[index] = {fd, false, 0};
        epoll_event event{};
        event.events = EPOLLOUT;
        event.data.u64 = index;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }

    void step(std::size_t index) {
        Visitor& visitor = visitors_[index];
        if (!visitor.asked) {
            if (!write_all(visitor.fd, request_.data(), request_.size())) {
                fail("connect or send");
            }
            visitor.asked = true;
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = index;
            ::epoll_ctl(epoll_, EPOLL_CTL_MOD, visitor.fd, &event);
            return;
        }
        Request answer;
        ssize_t n = ::recv(visitor.fd, answer.data(), answer.size() - visitor.got, 0);
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n <= 0) {
            fail_plainly("a visitor was not answered");
        }
        visitor.got += static_cast<std::size_t>(n);
        if (visitor.got == answer.size()) {
            ::close(visitor.fd);
            ++served_;
            open(index);
        }
    }

    sockaddr_in address_;
    int epoll_;
    std::vector<Visitor> visitors_;
    Request request_ = echo_request();
    std::size_t served_ = 0;
};

}  // namespace

int connects(const std::string& place, double duration, std::size_t at_once) {
    ComingVisitors visitors(address_of(place), at_once);
    Clock::time_point begin = Clock::now();
    std::size_t served = visitors.run(duration);
    std::printf("%zu %.1f\n", served, static_cast<double>(served) / seconds_since(begin));
    return 0;
}

}  // namespace load
