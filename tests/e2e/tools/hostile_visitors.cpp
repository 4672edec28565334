#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <string_view>
#include <utility>

#include "epoll.hpp"
#include "hostile.hpp"

namespace e2e::hostile {

namespace {

constexpr std::size_t connecting_max = 200;
constexpr std::int64_t again_after_ms = 1'000;
constexpr int unread_buffer = 4096;
constexpr std::size_t visitors_per_address = 500;

// Says how many of something are due by now, at a rate a second; does not catch up on more than a tenth of a second.
class Pace {
public:
    explicit Pace(std::size_t per_second) : per_second_(per_second) {}

    std::size_t due() {
        const std::int64_t now = now_ms();
        owed_ += static_cast<double>(per_second_) * static_cast<double>(now - at_) / 1000;
        owed_ = std::min(owed_, std::max(1.0, static_cast<double>(per_second_) / 10));
        at_ = now;
        const auto whole = static_cast<std::size_t>(owed_);
        owed_ -= static_cast<double>(whole);
        return whole;
    }

private:
    std::size_t per_second_;
    double owed_ = 0;
    std::int64_t at_ = now_ms();
};

enum class Stage { waiting, connecting, there };

struct Visitor {
    Kind kind = Kind::idle;
    std::string from;
    std::string begin;     // what it says first
    std::size_t more = 0;  // bytes after that, as many as the socket takes
    Socket socket;
    Stage stage = Stage::waiting;
    std::int64_t again_at = 0;
    bool was_there = false;
};

struct Counts {
    std::size_t opened = 0, refused = 0, ended = 0, resets = 0, pieces = 0, sent = 0, received = 0;
};

std::string request(const std::string& host, const char* method, const char* path, const char* rest) {
    return std::string(method) + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + rest;
}

// What a visitor sends first. Of those that send tiny pieces over HTTP, every other one does so with a body.
std::string first_words(const Plan& plan, Kind kind, bool other) {
    const bool http = !plan.host.empty();
    constexpr const char* large_body = "Content-Length: 1000000000\r\n\r\n";
    switch (kind) {
        case Kind::idle:
            return {};
        case Kind::unread:
            return http ? request(plan.host, "GET", pour_path, "\r\n") : std::string(1, pours);
        case Kind::tiny:
            return !http   ? std::string(1, echoes)
                   : other ? request(plan.host, "POST", hang_path, large_body)
                           : request(plan.host, "GET", hang_path, "X-Long: ");
        case Kind::half_closed:
            return http ? request(plan.host, "GET", hang_path, "\r\n") : std::string(1, hangs);
        case Kind::reset:
        case Kind::hung:
            return http ? request(plan.host, "POST", hang_path, large_body) : std::string(1, hangs);
    }
    return {};
}

class Crowd {
public:
    explicit Crowd(const Plan& plan)
        : plan_(plan), opens_(plan.opens), pieces_(plan.pieces), resets_(plan.resets), visitors_(plan.count) {
        const std::size_t addresses = plan.addresses > 0 ? plan.addresses : plan.count / visitors_per_address + 1;
        for (std::size_t i = 0; i < visitors_.size(); ++i) {
            Visitor& visitor = visitors_[i];
            visitor.kind = plan.kinds[i % plan.kinds.size()];
            visitor.from = "127.0.0." + std::to_string(2 + i % std::min<std::size_t>(addresses, 250));
            visitor.begin = first_words(plan, visitor.kind, i / plan.kinds.size() % 2 == 1);
            visitor.more = more_of(visitor.kind);
            if (visitor.kind == Kind::tiny) {
                tiny_.push_back(&visitor);
            } else if (visitor.kind == Kind::reset) {
                resetting_.push_back(&visitor);
            }
            waiting_.push_back(&visitor);
        }
    }

    void turn() {
        for (std::size_t due = opens_.due();
             due > 0 && !waiting_.empty() && connecting_ < connecting_max && waiting_.front()->again_at <= now_ms();
             --due) {
            open(*waiting_.front());
        }
        in_turn(tiny_, next_tiny_, pieces_.due(), [this](Visitor& each) { send(each, "x"); });
        in_turn(resetting_, next_reset_, resets_.due(), [this](Visitor& each) { reset(each); });
        epoll_.wait(5, [this](void* who, std::uint32_t events) { advance(*static_cast<Visitor*>(who), events); });
    }

    bool all_were_there() const { return were_there_ == visitors_.size(); }

    std::string numbers() const {
        return "there=" + std::to_string(there_) + " of=" + std::to_string(visitors_.size()) +
               " opened=" + std::to_string(counts_.opened) + " refused=" + std::to_string(counts_.refused) +
               " ended=" + std::to_string(counts_.ended) + " resets=" + std::to_string(counts_.resets) +
               " pieces=" + std::to_string(counts_.pieces) + " sent=" + std::to_string(counts_.sent) +
               " received=" + std::to_string(counts_.received);
    }

private:
    std::size_t more_of(Kind kind) const { return kind == Kind::hung || kind == Kind::reset ? plan_.bytes : 0; }

    void open(Visitor& visitor) {
        waiting_.pop_front();
        visitor.socket = begin_connect(plan_.to, visitor.from, visitor.kind == Kind::unread ? unread_buffer : 0);
        if (!visitor.socket.is_open()) {
            ++counts_.refused;
            later(visitor);
            return;
        }
        visitor.stage = Stage::connecting;
        ++connecting_;
        epoll_.add(visitor.socket, EPOLLOUT, &visitor);
    }

    void later(Visitor& visitor) {
        visitor.stage = Stage::waiting;
        visitor.again_at = now_ms() + again_after_ms;
        waiting_.push_back(&visitor);
    }

    // Gives the next `due` visitors their turn; those that are not connected miss it.
    template <typename Action>
    void in_turn(std::vector<Visitor*>& all, std::size_t& next, std::size_t due, const Action& act) {
        for (; due > 0 && !all.empty(); --due) {
            Visitor& visitor = *all[next++ % all.size()];
            if (visitor.stage == Stage::there) {
                act(visitor);
            }
        }
    }

    void advance(Visitor& visitor, std::uint32_t events) {
        if (visitor.stage == Stage::connecting) {
            connected(visitor);
        } else if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
            leave(visitor);
        } else if ((events & EPOLLIN) != 0) {
            receive(visitor);
        } else if ((events & EPOLLOUT) != 0) {
            send_more(visitor);
        }
    }

    void connected(Visitor& visitor) {
        --connecting_;
        if (pending_error(visitor.socket) != 0) {
            ++counts_.refused;
            visitor.socket.close();
            later(visitor);
            return;
        }
        ++counts_.opened;
        ++there_;
        were_there_ += visitor.was_there ? 0 : 1;
        visitor.was_there = true;
        visitor.stage = Stage::there;
        std::uint32_t wanted = EPOLLRDHUP;
        if (visitor.more > 0) {
            wanted |= EPOLLOUT;
        } else if (visitor.kind == Kind::tiny) {
            wanted |= EPOLLIN;
        }
        epoll_.change(visitor.socket, wanted, &visitor);
        if (!visitor.begin.empty()) {
            send(visitor, visitor.begin);
        }
        if (visitor.stage == Stage::there && visitor.kind == Kind::half_closed) {
            (void)::shutdown(visitor.socket.get(), SHUT_WR);
        }
    }

    void send(Visitor& visitor, std::string_view bytes) {
        const ssize_t n = ::send(visitor.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            counts_.sent += static_cast<std::size_t>(n);
            counts_.pieces += bytes.size() == 1 ? 1 : 0;
        } else if (n < 0 && errno != EAGAIN) {
            leave(visitor);
        }
    }

    void send_more(Visitor& visitor) {
        static const std::string block(64 * 1024, 'x');
        const std::size_t before = counts_.sent;
        send(visitor, std::string_view(block).substr(0, std::min(block.size(), visitor.more)));
        if (visitor.stage != Stage::there) {
            return;
        }
        visitor.more -= counts_.sent - before;
        if (visitor.more == 0) {
            epoll_.change(visitor.socket, EPOLLRDHUP, &visitor);
        }
    }

    void receive(Visitor& visitor) {
        std::array<char, 4096> buffer;
        const ssize_t n = ::recv(visitor.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n > 0) {
            counts_.received += static_cast<std::size_t>(n);
        } else if (n == 0 || errno != EAGAIN) {
            leave(visitor);
        }
    }

    void leave(Visitor& visitor) {
        ++counts_.ended;
        gone(visitor);
    }

    void reset(Visitor& visitor) {
        ++counts_.resets;
        visitor.socket.reset();
        gone(visitor);
    }

    void gone(Visitor& visitor) {
        visitor.socket.close();
        visitor.more = more_of(visitor.kind);
        --there_;
        later(visitor);
    }

    Plan plan_;
    Epoll epoll_;
    Pace opens_, pieces_, resets_;
    std::vector<Visitor> visitors_;
    std::vector<Visitor*> tiny_, resetting_;
    std::size_t next_tiny_ = 0, next_reset_ = 0;
    std::deque<Visitor*> waiting_;  // in the order in which they come again
    std::size_t connecting_ = 0, there_ = 0, were_there_ = 0;
    Counts counts_;
};

// Appends what has come on the standard input, without waiting; false at its end.
bool read_commands(std::string& commands) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    std::array<char, 256> buffer;
    if (::poll(&input, 1, 0) <= 0) {
        return true;
    }
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    commands.append(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    return n > 0;
}

}  // namespace

Kind kind_of(const std::string& name) {
    constexpr std::array<std::string_view, kinds> names = {"idle", "unread", "tiny", "reset", "half-closed", "hung"};
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
        die("no kind of hostile visitors: " + name);
    }
    return static_cast<Kind>(found - names.begin());
}

void visit(const Plan& plan) {
    Crowd crowd(plan);
    std::string commands;
    while (read_commands(commands)) {
        crowd.turn();
        const std::size_t end = commands.find('\n');
        if (end == std::string::npos || (commands.substr(0, end) == "wait" && !crowd.all_were_there())) {
            continue;
        }
        if (commands.substr(0, end) == "end") {
            return;
        }
        commands.erase(0, end + 1);
        std::printf("%s\n", crowd.numbers().c_str());
        std::fflush(stdout);
    }
}

}  // namespace e2e::hostile
