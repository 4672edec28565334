#include "runtime/cpu_wait.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {

// The file has three numbers: nanoseconds on a processor, nanoseconds ready and waiting for one, and how often it ran.
std::optional<Duration> cpu_wait_of_this_thread() noexcept {
    static thread_local Fd file;
    if (!file) {
        file.reset(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC));
    }
    std::array<char, 128> bytes;
    const ssize_t size = file ? ::pread(file.get(), bytes.data(), bytes.size(), 0) : -1;
    if (size <= 0) {
        return std::nullopt;
    }
    const std::string_view text(bytes.data(), static_cast<std::size_t>(size));
    const std::size_t blank = text.find(' ');
    std::int64_t waited = 0;
    if (blank == std::string_view::npos ||
        std::from_chars(text.data() + blank + 1, text.data() + text.size(), waited).ec != std::errc()) {
        return std::nullopt;
    }
    return std::chrono::nanoseconds(waited);
}

}  // namespace ferrotunnel::runtime
