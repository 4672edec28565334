// Visitors that ask and wait: what one small exchange takes, alone or beside a download that never ends.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "commands.hpp"
#include "download.hpp"
#include "requests.hpp"
#include "sockets.hpp"

namespace load {

namespace {

class Exchanges {
public:
    Exchanges(const sockaddr_in& address, std::size_t connections) : epoll_(::epoll_create1(0)) {
        samples_.reserve(1 << 20);
        for (std::size_t i = 0; i < connections; ++i) {
            int fd = connect_to(address);
            Request answer;
            if (!write_all(fd, request_.data(), request_.size()) || !read_all(fd, answer.data(), answer.size())) {
                fail("first exchange");
            }
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
            exchanges_.push_back({fd, 0, {}});
        }
    }

    void run(double duration) {
        Clock::time_point begin = Clock::now();
        for (Exchange& exchange : exchanges_) {
            ask(exchange);
        }
        std::vector<epoll_event> events(256);
        while (seconds_since(begin) < duration) {
            int limit = static_cast<int>(std::chrono::milliseconds(patience).count());
            int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), limit);
            if (count == 0) {
                fail_plainly("no answer");
            }
            for (int i = 0; i < count; ++i) {
                take(exchanges_[events[static_cast<std::size_t>(i)].data.u64]);
            }
        }
    }

    void print() {
        std::sort(samples_.begin(), samples_.end());
        if (samples_.empty()) {
            fail_plainly("not one answer in time");
        }
        auto at = [&](double share) {
            return samples_[static_cast<std::size_t>(share * static_cast<double>(samples_.size() - 1))];
        };
        std::printf("%zu %.1f %.1f %.1f", samples_.size(), at(0.5), at(0.99), at(0.999));
    }

private:
    struct Exchange {
        int fd;
        std::size_t got;
        Clock::time_point sent;
    };

    void ask(Exchange& exchange) {
        exchange.got = 0;
        exchange.sent = Clock::now();
        if (!write_all(exchange.fd, request_.data(), request_.size())) {
            fail("send");
        }
    }

    void take(Exchange& exchange) {
        Request answer;
        ssize_t n = ::recv(exchange.fd, answer.data(), answer.size() - exchange.got, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n <= 0) {
            fail_plainly("an exchange was cut short");
        }
        exchange.got += static_cast<std::size_t>(n);
        if (exchange.got == answer.size()) {
            samples_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - exchange.sent).count());
            ask(exchange);
        }
    }

    int epoll_;
    Request request_ = echo_request();
    std::vector<Exchange> exchanges_;
    std::vector<double> samples_;
};

}  // namespace

int latency(const std::string& place, std::size_t connections, double duration, bool beside_bulk) {
    sockaddr_in address = address_of(place);
    Exchanges exchanges(address, connections);
    if (!beside_bulk) {
        exchanges.run(duration);
        exchanges.print();
        std::printf("\n");
        return 0;
    }
    Download transfer(address);
    transfer.wait_until_running();
    Clock::time_point begin = Clock::now();
    std::uint64_t before = transfer.received();
    exchanges.run(duration);
    double moved = static_cast<double>(transfer.received() - before) / seconds_since(begin) / 1e6;
    exchanges.print();
    std::printf(" %.1f\n", moved);
    return 0;
}

}  // namespace load
