#include "common/watched_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "ferrotunnel/detail/text_encoding.hpp"

namespace ferrotunnel::plugins {
namespace {

/// Closes a descriptor.
class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    int number() const noexcept { return number_; }

private:
    int number_;
};

[[noreturn]] void can_not_be_read(int error) {
    throw std::runtime_error("cannot be read: " + std::generic_category().message(error));
}

std::string read_bytes(const std::string& path, std::size_t size_max) {
    // O_NONBLOCK, so that a pipe does not block.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat about {};
    if (file.number() < 0 || ::fstat(file.number(), &about) != 0) {
        can_not_be_read(errno);
    }
    if (!S_ISREG(about.st_mode)) {
        throw std::runtime_error("is not a file that can be read");
    }
    std::string text;
    char block[16 * 1024];
    while (true) {
        const ssize_t got = ::read(file.number(), block, sizeof block);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            can_not_be_read(errno);
        }
        if (got == 0) {
            return text;
        }
        text.append(block, static_cast<std::size_t>(got));
        if (text.size() > size_max) {
            throw std::runtime_error("has more than " + std::to_string(size_max) + " bytes");
        }
    }
}

}  // namespace

std::string read_file(const std::string& path, std::size_t size_max) {
    std::string text = read_bytes(path, size_max);
    std::string_view rest = text;
    if (const std::string_view fault = detail::take_byte_order_mark(rest); !fault.empty()) {
        throw std::runtime_error(std::string(fault));
    }
    text.erase(0, text.size() - rest.size());
    return text;
}

std::string ca_file_fault(const std::string& path) {
    constexpr std::size_t size_max = 1024 * 1024;
    try {
        const std::string text = read_bytes(path, size_max);
        std::string_view rest = text;
        const std::string_view fault = detail::take_byte_order_mark(rest);
        return fault.empty() && rest.size() < text.size() ? "begins with a byte order mark; save it without one"
                                                          : std::string(fault);
    } catch (const std::exception& problem) {
        return problem.what();
    }
}

WatchedFile::State WatchedFile::state_of(const std::string& path) noexcept {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) {
        return {};
    }
    return {about.st_dev, about.st_ino, about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
}

std::optional<std::string> WatchedFile::changed() {
    // Determined before reading, so that a change in between is noticed the next time.
    const State state = state_of(path_);
    if (seen_ == state) {
        return std::nullopt;
    }
    seen_ = state;
    return read_file(path_, size_max_);
}

}  // namespace ferrotunnel::plugins
