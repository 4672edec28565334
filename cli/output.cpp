#include "output.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "print_error.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::size_t waiting_bytes_max = 1024 * 1024;
// What a ready pipe accepts as a whole without waiting. The descriptor stays blocking, because its flags are shared
// with the shell that started the program.
constexpr std::size_t piece_bytes_max = PIPE_BUF;

// Whether a write would not wait. A broken descriptor is ready too: the write then fails.
bool is_ready(int descriptor, std::chrono::milliseconds patience) {
    pollfd wanted{descriptor, POLLOUT, 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
}

// Moves to the first line of the footer and erases it.
std::string above(std::size_t lines) {
    return lines == 0 ? std::string() : fmt::format("\r\033[{}A\033[J", lines);
}

std::size_t width_of(int descriptor) {
    winsize size{};
    return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// Cuts to one line of the terminal: each UTF-8 character counts as one column.
std::string cut_to(std::string text, std::size_t width) {
    std::size_t letters = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        letters += (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U ? 1 : 0;
        if (letters > width) {
            text.resize(i);
        }
    }
    return text;
}

}  // namespace

void Output::line(std::string_view text) {
    if (shared_ != nullptr) {
        shared_->line(prefix_ + std::string(text));
    } else if (!is_quiet_) {
        add(text);
    }
}

// As with the log, a reader of the error stream that has stopped must not stop the program.
void Output::warning(std::string_view text) {
    if (!is_quiet_) {
        line(text);
        return;
    }
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));  // of a line below another one
    if (shared_ != nullptr) {
        shared_->warning(prefix_ + std::string(text));
    } else if (is_ready(STDERR_FILENO, std::chrono::milliseconds(0))) {
        print_error("{}\n", printable(text));
    }
}

void Output::result(std::string_view text) {
    if (shared_ != nullptr) {
        shared_->result(text);
    } else if (is_quiet_) {
        add(text);
    }
}

void Output::add(std::string_view text) {
    if (waiting_.size() > waiting_bytes_max) {
        ++dropped_;
        return;
    }
    waiting_ += above(footer_lines_);
    if (dropped_ != 0) {
        waiting_ += fmt::format("({} lines were dropped: nobody read them)\n", dropped_);
        dropped_ = 0;
    }
    waiting_ += printable(text);
    waiting_ += '\n';
    waiting_ += footer_;
    write_some();
}

// While nobody reads, only the last footer matters, and nothing is added to the buffer but its end.
void Output::footer(const std::vector<std::string>& lines) {
    if (shared_ != nullptr) {
        shared_->footer(lines);
        return;
    }
    std::string text;
    const std::size_t width = width_of(descriptor_);
    for (const std::string& line : lines) {
        text += cut_to(printable(line), width) + '\n';
    }
    if (text == footer_ || (!waiting_.empty() && !lines.empty())) {
        return;
    }
    waiting_ += above(footer_lines_) + text;
    footer_ = std::move(text);
    footer_lines_ = lines.size();
    write_some();
}

void Output::write_some() {
    while (!waiting_.empty() && is_ready(descriptor_, std::chrono::milliseconds(0))) {
        const auto written = ::write(descriptor_, waiting_.data(), std::min(waiting_.size(), piece_bytes_max));
        if (written > 0) {
            waiting_.erase(0, static_cast<std::size_t>(written));
        } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
            waiting_.clear();  // the program continues without a reader
        } else {
            return;
        }
    }
}

void Output::finish(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    write_some();
    while (!waiting_.empty() && std::chrono::steady_clock::now() < deadline) {
        is_ready(descriptor_, std::chrono::milliseconds(50));
        write_some();
    }
}

}  // namespace ferrotunnel::cli
