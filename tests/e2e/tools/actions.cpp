#include "actions.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <map>
#include <utility>

#include "pattern.hpp"

namespace e2e {
namespace {

constexpr std::size_t buffer_bytes = 256 * 1024;

class Runner {
public:
    Runner(Socket socket, int quiet_max) : socket_(std::move(socket)), quiet_max_(quiet_max), buffer_(buffer_bytes) {}

    Result run(const std::vector<Action>& actions) {
        const std::int64_t began = now_ms();
        last_read_ = began;
        std::uint64_t round = 1;
        for (std::size_t i = 0; i < actions.size(); ++i) {
            const Action& action = actions[i];
            if (action.name == "again") {
                if (round++ < action.number) {
                    i = static_cast<std::size_t>(-1);
                }
            } else if (!perform(action)) {
                result_.failed = action.name;
                break;
            }
        }
        result_.milliseconds = now_ms() - began;
        return result_;
    }

private:
    using Handler = bool (Runner::*)(const Action&);

    bool perform(const Action& action) {
        static const std::map<std::string, Handler> handlers{{"send", &Runner::send_pattern},
                                                             {"expect", &Runner::expect},
                                                             {"exchange", &Runner::exchange},
                                                             {"echo", &Runner::echo},
                                                             {"rest", &Runner::rest},
                                                             {"take", &Runner::take},
                                                             {"text", &Runner::send_text},
                                                             {"file", &Runner::send_file},
                                                             {"line", &Runner::take_line},
                                                             {"finish", &Runner::finish},
                                                             {"close", &Runner::close},
                                                             {"reset", &Runner::reset},
                                                             {"abort", &Runner::abort},
                                                             {"stall", &Runner::stall},
                                                             {"touch", &Runner::touch},
                                                             {"wait", &Runner::wait_for_file},
                                                             {"exchange-until", &Runner::exchange_until}};
        const auto found = handlers.find(action.name);
        if (found == handlers.end()) {
            die("no such action: " + action.name);
        }
        return (this->*found->second)(action);
    }

    // --- one step of sending and receiving ------------------------------------------------------------------------

    bool ended_by(int error) {
        result_.ending = error == EAGAIN ? Ending::timeout : Ending::reset;
        return false;
    }

    bool send_bytes(const char* data, std::size_t size) {
        while (size > 0) {
            if (!wait_for(socket_, POLLOUT, quiet_max_)) {
                return ended_by(EAGAIN);
            }
            const ssize_t n = ::send(socket_.get(), data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n < 0 && errno != EAGAIN) {
                return ended_by(errno);
            }
            const std::size_t count = n > 0 ? static_cast<std::size_t>(n) : 0;
            data += count;
            size -= count;
            result_.sent += count;
        }
        return true;
    }

    // How many bytes came, at most `max`; 0 when the connection ended, and `ending` then says how.
    std::size_t receive(std::size_t max) {
        if (!wait_for(socket_, POLLIN, quiet_max_)) {
            ended_by(EAGAIN);
            return 0;
        }
        const ssize_t n = ::recv(socket_.get(), buffer_.data(), std::min(max, buffer_.size()), 0);
        if (n < 0) {
            ended_by(errno);
            return 0;
        }
        if (n == 0) {
            result_.ending = Ending::eof;
            return 0;
        }
        result_.longest_silence = std::max(result_.longest_silence, now_ms() - std::exchange(last_read_, now_ms()));
        result_.received += static_cast<std::uint64_t>(n);
        return static_cast<std::size_t>(n);
    }

    void compare(std::size_t count) {
        if (const auto at = differs_from_pattern({buffer_.data(), count}, pattern_received_); at && !result_.bad) {
            result_.bad = pattern_received_ + *at;
        }
        pattern_received_ += count;
    }

    // --- actions --------------------------------------------------------------------------------------------------

    bool send_pattern(const Action& action) {
        std::vector<char> piece(buffer_bytes);
        for (std::uint64_t left = action.number; left > 0;) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
            fill_pattern({piece.data(), count}, pattern_sent_);
            if (!send_bytes(piece.data(), count)) {
                return false;
            }
            pattern_sent_ += count;
            left -= count;
        }
        return true;
    }

    bool expect(const Action& action) {
        for (std::uint64_t left = action.number; left > 0;) {
            const std::size_t count = receive(static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer_bytes)));
            if (count == 0) {
                return false;
            }
            compare(count);
            left -= count;
        }
        return !result_.bad;
    }

    bool exchange(const Action& action) {
        return exchange_pieces(action.number, [] { return true; });
    }

    bool exchange_until(const Action& action) {
        return exchange_pieces(1024 * 1024, [&] { return ::access(action.text.c_str(), F_OK) == 0; });
    }

    // So many bytes, and as many more each time that they are sent and it is not enough yet.
    template <typename Enough>
    bool exchange_pieces(std::uint64_t bytes, Enough is_enough) {
        std::uint64_t to_send = bytes;
        std::uint64_t to_receive = bytes;
        std::vector<char> piece(65536);
        while (to_send > 0 || to_receive > 0) {
            pollfd wanted{socket_.get(),
                          static_cast<short>((to_send > 0 ? POLLOUT : 0) | (to_receive > 0 ? POLLIN : 0)), 0};
            if (::poll(&wanted, 1, quiet_max_) <= 0) {
                return ended_by(EAGAIN);
            }
            if (to_receive > 0 && (wanted.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
                const std::size_t count =
                    receive(static_cast<std::size_t>(std::min<std::uint64_t>(to_receive, buffer_bytes)));
                if (count == 0) {
                    return false;
                }
                compare(count);
                to_receive -= count;
            }
            if (to_send > 0 && (wanted.revents & POLLOUT) != 0) {
                const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(to_send, piece.size()));
                fill_pattern({piece.data(), count}, pattern_sent_);
                const ssize_t n = ::send(socket_.get(), piece.data(), count, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (n < 0 && errno != EAGAIN) {
                    return ended_by(errno);
                }
                const std::uint64_t done = n > 0 ? static_cast<std::uint64_t>(n) : 0;
                pattern_sent_ += done;
                result_.sent += done;
                to_send -= done;
                if (to_send == 0 && !is_enough()) {
                    to_send += bytes;
                    to_receive += bytes;
                }
            }
        }
        return !result_.bad;
    }

    bool echo(const Action&) {
        while (const std::size_t count = receive(buffer_bytes)) {
            if (!send_bytes(buffer_.data(), count)) {
                return false;
            }
        }
        return result_.ending == Ending::eof;
    }

    bool rest(const Action&) {
        while (const std::size_t count = receive(buffer_bytes)) {
            compare(count);
        }
        return result_.ending != Ending::timeout && !result_.bad;
    }

    bool take(const Action& action) {
        for (std::uint64_t left = action.number; left > 0;) {
            const std::size_t count = receive(static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer_bytes)));
            if (count == 0) {
                return false;
            }
            left -= count;
        }
        return true;
    }

    bool send_text(const Action& action) {
        const std::string line = action.text + '\n';
        return send_bytes(line.data(), line.size());
    }

    bool send_file(const Action& action) {
        std::FILE* file = std::fopen(action.text.c_str(), "rbe");
        if (file == nullptr) {
            die_errno("open " + action.text);
        }
        std::vector<char> piece(buffer_bytes);
        bool sent = true;
        while (sent) {
            const std::size_t count = std::fread(piece.data(), 1, piece.size(), file);
            if (count == 0) {
                break;
            }
            sent = send_bytes(piece.data(), count);
        }
        std::fclose(file);
        return sent;
    }

    bool take_line(const Action&) {
        std::string line;
        while (line.empty() || line.back() != '\n') {
            if (receive(1) == 0) {
                return false;
            }
            line += buffer_[0];
        }
        std::printf("line %s", line.c_str());
        std::fflush(stdout);
        return true;
    }

    bool finish(const Action&) { return ::shutdown(socket_.get(), SHUT_WR) == 0; }

    bool close(const Action&) {
        socket_.close();
        return true;
    }

    bool reset(const Action&) {
        // A reset throws away what the system has not delivered yet, and that is not what these tests are about.
        const std::int64_t deadline = now_ms() + quiet_max_;
        while (unconfirmed(socket_) > 0) {
            if (now_ms() > deadline) {
                return ended_by(EAGAIN);
            }
            sleep_ms(1);
        }
        socket_.reset();
        return true;
    }

    bool abort(const Action&) {
        socket_.reset();
        return true;
    }

    bool stall(const Action& action) {
        sleep_ms(static_cast<std::int64_t>(action.number));
        return true;
    }

    bool touch(const Action& action) {
        write_file(action.text, "");
        return true;
    }

    bool wait_for_file(const Action& action) {
        const std::int64_t deadline = now_ms() + quiet_max_;
        while (::access(action.text.c_str(), F_OK) != 0) {
            if (now_ms() > deadline) {
                return ended_by(EAGAIN);
            }
            sleep_ms(10);
        }
        return true;
    }

    Socket socket_;
    int quiet_max_;
    std::vector<char> buffer_;
    std::uint64_t pattern_sent_ = 0;
    std::uint64_t pattern_received_ = 0;
    std::int64_t last_read_ = 0;
    Result result_;
};

std::uint64_t parse_amount(std::string text) {
    const std::uint64_t unit = text.ends_with('M') ? 1024 * 1024 : text.ends_with('K') ? 1024 : 1;
    if (unit != 1) {
        text.pop_back();
    }
    return parse_number(text) * unit;
}

}  // namespace

std::vector<Action> parse_actions(const std::vector<std::string>& words) {
    static const std::array numbered{"send", "expect", "exchange", "take", "stall", "again"};
    std::vector<Action> actions;
    for (const std::string& word : words) {
        const std::size_t colon = word.find(':');
        Action action{word.substr(0, colon), colon == std::string::npos ? "" : word.substr(colon + 1)};
        if (std::find(numbered.begin(), numbered.end(), action.name) != numbered.end()) {
            action.number = parse_amount(action.text);
        }
        actions.push_back(std::move(action));
    }
    return actions;
}

const char* name_of(Ending ending) {
    switch (ending) {
        case Ending::none:
            return "none";
        case Ending::eof:
            return "eof";
        case Ending::reset:
            return "reset";
        case Ending::timeout:
            return "timeout";
    }
    return "?";
}

std::string to_line(const Result& result) {
    return "sent=" + std::to_string(result.sent) + " received=" + std::to_string(result.received) +
           " ending=" + name_of(result.ending) + " bad=" + (result.bad ? std::to_string(*result.bad) : "no") +
           " failed=" + (result.failed.empty() ? "no" : result.failed) + " ms=" + std::to_string(result.milliseconds) +
           " silence=" + std::to_string(result.longest_silence);
}

Result run_actions(Socket socket, const std::vector<Action>& actions, int quiet_max) {
    return Runner(std::move(socket), quiet_max).run(actions);
}

}  // namespace e2e
