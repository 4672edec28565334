#include "request-log/log_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace ferrotunnel::plugins {
namespace {

using Clock = std::chrono::steady_clock;

// How long a reader of a pipe may take before lines are dropped.
constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds patience_at_end{2};

std::string words_of(int error) {
    return std::generic_category().message(error);
}

bool is_regular_file(int descriptor) noexcept {
    struct stat facts {};
    return ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
}

// Opens standard error without blocking: a pipe is opened again, since O_NONBLOCK would affect every process that
// shares it. A regular file is not, since its writers would then have separate positions.
int open_standard_error() noexcept {
    const int opened =
        is_regular_file(STDERR_FILENO) ? -1 : ::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    return opened >= 0 ? opened : ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
}

}  // namespace

LogOutput::LogOutput(std::string path) : path_(std::move(path)) {
    const int opened = path_.empty() ? open_standard_error() : open_path();
    if (opened < 0) {
        throw std::runtime_error((path_.empty() ? "standard error" : path_) + " cannot be opened: " + words_of(errno));
    }
    use(opened);
}

LogOutput::~LogOutput() {
    ::close(descriptor_);
}

int LogOutput::open_path() const {
    constexpr mode_t rights = 0640;  // visitors' addresses are private
    return ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, rights);
}

void LogOutput::use(int descriptor) noexcept {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
    descriptor_ = descriptor;
    is_regular_ = is_regular_file(descriptor);
    is_torn_ = false;
}

std::string LogOutput::follow_name() {
    struct stat of_name {};
    struct stat ours {};
    if (path_.empty() || ::fstat(descriptor_, &ours) != 0) {
        return {};
    }
    if (::stat(path_.c_str(), &of_name) == 0 && of_name.st_dev == ours.st_dev && of_name.st_ino == ours.st_ino) {
        return {};
    }
    const int opened = open_path();
    if (opened < 0) {
        return path_ + " cannot be opened again: " + words_of(errno);
    }
    use(opened);
    return {};
}

std::string LogOutput::write(std::string_view lines, const std::atomic<bool>& is_ending) {
    const Clock::time_point begun = Clock::now();
    std::string whole;
    if (is_torn_) {
        whole = "\n" + std::string(lines);
        lines = whole;
    }
    while (!lines.empty()) {
        const ssize_t size = ::write(descriptor_, lines.data(), lines.size());
        if (size >= 0) {
            is_torn_ = lines[static_cast<std::size_t>(size) - (size > 0 ? 1 : 0)] != '\n';
            lines.remove_prefix(static_cast<std::size_t>(size));
        } else if (errno == EAGAIN) {
            if (Clock::now() - begun > (is_ending.load() ? patience_at_end : patience)) {
                return "there is no reader";
            }
            pollfd waits{descriptor_, POLLOUT, 0};
            ::poll(&waits, 1, 100);
        } else if (errno != EINTR) {
            return words_of(errno);
        }
    }
    return {};
}

}  // namespace ferrotunnel::plugins
