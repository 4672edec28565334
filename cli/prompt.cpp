#include "prompt.hpp"
#include "print_error.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

namespace ferrotunnel::cli {
namespace {

class EchoOff {
public:
    EchoOff() {
        if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
            termios silent = before_;
            silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
        }
    }
    ~EchoOff() {
        if (changed_) {
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
        }
    }
    EchoOff(const EchoOff&) = delete;
    EchoOff& operator=(const EchoOff&) = delete;

private:
    termios before_{};
    bool changed_ = false;
};

constexpr std::size_t line_bytes_max = 4096;

// Without trailing whitespace.
std::optional<Secret> secret_of(std::string line) {
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') {
        line.pop_back();
    }
    Secret secret = Secret::from_string(std::move(line));
    return secret.empty() ? std::nullopt : std::optional<Secret>(std::move(secret));
}

// Waits for a line. False if a signal arrives instead.
bool wait_for_line(Signals& signals) {
    std::array<pollfd, 2> sources{{{STDIN_FILENO, POLLIN, 0}, {signals.descriptor(), POLLIN, 0}}};
    while (::poll(sources.data(), sources.size(), -1) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return sources[1].revents == 0;
}

}  // namespace

bool can_prompt() {
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

std::optional<Secret> prompt_for_secret(const std::string& question, Signals& signals) {
    std::string line(line_bytes_max, '\0');
    ssize_t size = 0;
    {
        const EchoOff silent;  // first: it discards what was typed before
        print_error("{}", question);
        std::fflush(stderr);
        if (wait_for_line(signals)) {
            size = ::read(STDIN_FILENO, line.data(), line.size());  // a terminal returns one line
        }
    }
    print_error("\n");
    line.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return secret_of(std::move(line));
}

std::optional<Secret> piped_secret(Signals& signals) {
    if (::isatty(STDIN_FILENO) == 1) {
        return std::nullopt;
    }
    std::string line(line_bytes_max, '\0');
    std::size_t filled = 0;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, 1'000) == 0) {
        print_error("waiting for a line on the standard input\n");
    }
    while (filled < line.size() && line.find('\n') >= filled && wait_for_line(signals)) {
        const ssize_t size = ::read(STDIN_FILENO, line.data() + filled, line.size() - filled);
        if (size <= 0) {
            break;
        }
        filled += static_cast<std::size_t>(size);
    }
    line.resize(std::min(filled, line.find('\n')));
    return secret_of(std::move(line));
}

}  // namespace ferrotunnel::cli
