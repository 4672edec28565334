// Visitors that send datagrams: as many as come through while so many are under way, or as many as they are told to;
// and what one exchange takes, alone or beside a download.
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <thread>

#include "commands.hpp"
#include "datagrams.hpp"
#include "download.hpp"
#include "requests.hpp"
#include "sockets.hpp"

namespace load {

namespace {

// So long without an answer, what is under way counts as lost.
constexpr double lost_after = 0.02;
// What is under way at the end has so long to arrive.
constexpr std::chrono::milliseconds settling{300};

struct Visitor {
    int fd = -1;
    std::uint64_t run = 0;
    std::uint64_t sent = 0;
    std::uint64_t arrived = 0;   // at the backend, or back here
    std::uint64_t answered = 0;  // the highest number that an answer told of, and one
    Clock::time_point heard{};
    bool accounted = false;

    std::uint64_t under_way() const { return sent - answered; }
};

class DatagramVisitors {
public:
    DatagramVisitors(const std::string& place, char what, std::size_t bytes, std::size_t count, bool segments)
        : what_(what),
          bytes_(bytes),
          // What one message may carry.
          joined_(segments ? std::min(DatagramBatch::most, 65'000 / bytes) : 0),
          epoll_(::epoll_create1(0)),
          out_(bytes),
          in_(std::max(bytes, datagram_head_bytes)) {
        std::random_device random;
        const sockaddr_in address = address_of(place);
        for (std::size_t i = 0; i < count; ++i) {
            Visitor& visitor = visitors_.emplace_back();
            visitor.fd = datagram_socket(address, false);
            visitor.run = (std::uint64_t{random()} << 32) | random();
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            ::epoll_ctl(epoll_, EPOLL_CTL_ADD, visitor.fd, &event);
        }
        // So that what is measured does not begin with opening: each asks until it is answered.
        ask_all();
    }

    // Keeps `window` datagrams of each visitor under way.
    void run_with_window(std::uint64_t window, double seconds) {
        start();
        // Half a window at a time, so that datagrams go in batches as those of senders who have more do.
        const std::uint64_t least = std::max<std::uint64_t>(window / 2, 1);
        while (seconds_since(begin_) < seconds) {
            for (Visitor& visitor : visitors_) {
                if (visitor.under_way() > 0 && seconds_since(visitor.heard) > lost_after) {
                    visitor.answered = visitor.sent;
                }
                const std::uint64_t room = window - std::min(window, visitor.under_way());
                if (room >= least) {
                    send(visitor, room);
                }
            }
            receive(5);
        }
        finish();
    }

    // Sends `rate` datagrams a second, of all visitors together, every millisecond what is due.
    void run_at_rate(double rate, double seconds) {
        start();
        std::uint64_t total = 0;
        for (double now = 0; (now = seconds_since(begin_)) < seconds; receive(1)) {
            const auto due = static_cast<std::uint64_t>(now * rate);
            const std::uint64_t each = (due - total) / visitors_.size();
            for (Visitor& visitor : visitors_) {
                send(visitor, each);
            }
            total += each * visitors_.size();
        }
        finish();
    }

    // Datagrams that were sent, those that arrived, and seconds.
    void print() const {
        std::uint64_t sent = 0, arrived = 0;
        for (const Visitor& visitor : visitors_) {
            sent += visitor.sent;
            arrived += visitor.arrived;
        }
        std::printf("%llu %llu %.6f\n", static_cast<unsigned long long>(sent), static_cast<unsigned long long>(arrived),
                    took_);
    }

private:
    void start() {
        begin_ = Clock::now();
        for (Visitor& visitor : visitors_) {
            visitor.heard = begin_;
        }
    }
    // The clock has stopped; what is under way still arrives.
    void finish() {
        took_ = seconds_since(begin_);
        const Clock::time_point until = Clock::now() + settling;
        while (Clock::now() < until) {
            receive(20);
        }
        if (what_ == counted_datagram) {
            ask_all();
        }
    }

    void send(Visitor& visitor, std::uint64_t count) {
        while (count > 0) {
            const std::size_t now =
                std::min<std::size_t>(static_cast<std::size_t>(count), joined_ > 0 ? joined_ : DatagramBatch::most);
            for (std::size_t i = 0; i < now; ++i) {
                put(out_.data(i), {what_, visitor.run, visitor.sent + i, bytes_});
                out_.set_size(i, bytes_);
            }
            const std::size_t went = joined_ > 0 ? out_.send_joined(visitor.fd, now) : out_.send(visitor.fd, 0, now);
            visitor.sent += went;
            count -= now;
            if (went < now) {
                return;
            }
        }
    }

    void ask_all() {
        for (Visitor& visitor : visitors_) {
            visitor.accounted = false;
        }
        const Clock::time_point begin = Clock::now();
        std::size_t left = visitors_.size();
        while (left > 0) {
            if (Clock::now() - begin > patience) {
                fail_plainly("a visitor's question is not answered");
            }
            for (Visitor& visitor : visitors_) {
                if (!visitor.accounted) {
                    put(out_.data(0), {question, visitor.run, 0, 0});
                    out_.set_size(0, datagram_head_bytes);
                    out_.send(visitor.fd, 0, 1);
                }
            }
            receive(50);
            left = static_cast<std::size_t>(
                std::count_if(visitors_.begin(), visitors_.end(), [](const Visitor& each) { return !each.accounted; }));
        }
    }

    void receive(int milliseconds) {
        std::array<epoll_event, 64> events;
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
        for (int i = 0; i < count; ++i) {
            Visitor& visitor = visitors_[static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64)];
            for (std::size_t got = 0; (got = in_.receive(visitor.fd)) > 0;) {
                for (std::size_t at = 0; at < got; ++at) {
                    take(visitor, head_at(in_.data(at)), in_.size(at));
                }
            }
        }
    }

    void take(Visitor& visitor, const DatagramHead& head, std::size_t size) {
        if (head.run != visitor.run || (head.what == echo_datagram && size != bytes_)) {
            return;
        }
        visitor.heard = Clock::now();
        if (head.what == account) {
            visitor.accounted = true;
            visitor.arrived = std::max(visitor.arrived, head.size_or_count);
        } else {
            ++visitor.arrived;
        }
        if (head.size_or_count > 0 || head.what != account) {
            visitor.answered = std::max(visitor.answered, head.number + 1);
        }
    }

    char what_;
    std::size_t bytes_;
    std::size_t joined_;  // 0: each leaves by itself
    int epoll_;
    DatagramBatch out_, in_;
    std::vector<Visitor> visitors_;
    Clock::time_point begin_{};
    double took_ = 0;
};

double at(const std::vector<double>& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int udp(const UdpWork& work) {
    if (work.bytes < datagram_head_bytes || work.bytes > datagram_bytes_max || work.visitors == 0) {
        fail_plainly("datagrams have 25 to 16384 bytes, and at least one visitor");
    }
    DatagramVisitors visitors(work.place, work.up ? counted_datagram : echo_datagram, work.bytes, work.visitors,
                              work.segments);
    if (work.rate > 0) {
        visitors.run_at_rate(work.rate, work.seconds);
    } else {
        visitors.run_with_window(work.window, work.seconds);
    }
    visitors.print();
    return 0;
}

// One visitor's echoes of 64 bytes, one after the other, 1 ms apart: a player beside whoever else is there.
int udp_latency(const std::string& place, double duration, bool beside_bulk) {
    const int fd = datagram_socket(address_of(place), false);
    DatagramBatch out(request_bytes), in(request_bytes);
    std::unique_ptr<Download> transfer;
    if (beside_bulk) {
        transfer = std::make_unique<Download>(address_of(place));
        transfer->wait_until_running();
    }
    std::random_device random;
    const std::uint64_t run = random();
    std::vector<double> samples;
    std::uint64_t sent = 0;
    const Clock::time_point begin = Clock::now();
    const std::uint64_t before = transfer ? transfer->received() : 0;
    for (; seconds_since(begin) < duration; ++sent) {
        const Clock::time_point start = Clock::now();
        put(out.data(0), {echo_datagram, run, sent, 0});
        out.set_size(0, request_bytes);
        out.send(fd, 0, 1);
        for (bool came = false; !came && seconds_since(start) < 1;) {
            pollfd waits{fd, POLLIN, 0};
            ::poll(&waits, 1, 1000);
            for (std::size_t count = in.receive(fd), i = 0; i < count; ++i) {
                const DatagramHead head = head_at(in.data(i));
                came = came || (head.run == run && head.number == sent);
            }
            if (came) {
                samples.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
            }
        }
        std::this_thread::sleep_until(start + std::chrono::milliseconds(1));
    }
    const double moved = transfer ? static_cast<double>(transfer->received() - before) / seconds_since(begin) / 1e6 : 0;
    if (samples.empty()) {
        fail_plainly("no datagram came back");
    }
    std::sort(samples.begin(), samples.end());
    std::printf("%zu %.1f %.1f %.1f %llu %.1f\n", samples.size(), at(samples, 0.5), at(samples, 0.99),
                at(samples, 0.999), static_cast<unsigned long long>(sent - samples.size()), moved);
    return 0;
}

}  // namespace load
