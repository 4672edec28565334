#include "output.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::size_t waiting_bytes_max = 1024 * 1024;
// What a pipe takes as a whole when it is ready, without waiting. The descriptor itself stays blocking: its flags are
// shared with the shell that started us.
constexpr std::size_t piece_bytes_max = PIPE_BUF;

// Whether a write would not wait. A broken descriptor is ready, too: the write then says so.
bool is_ready(int descriptor, std::chrono::milliseconds patience) {
    pollfd wanted{descriptor, POLLOUT, 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace

void Output::line(std::string_view text) {
    if (shared_ != nullptr) {
        shared_->line(prefix_ + std::string(text));
        return;
    }
    if (waiting_.size() > waiting_bytes_max) {
        ++dropped_;
        return;
    }
    if (dropped_ != 0) {
        waiting_ += fmt::format("({} lines were dropped: nobody read them)\n", dropped_);
        dropped_ = 0;
    }
    waiting_ += printable(text);
    waiting_ += '\n';
    write_some();
}

void Output::write_some() {
    while (!waiting_.empty() && is_ready(descriptor_, std::chrono::milliseconds(0))) {
        const auto written = ::write(descriptor_, waiting_.data(), std::min(waiting_.size(), piece_bytes_max));
        if (written > 0) {
            waiting_.erase(0, static_cast<std::size_t>(written));
        } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
            waiting_.clear();  // nobody reads any more, which is no reason to end
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
