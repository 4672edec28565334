#include "runtime/cpu_wait.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {

namespace {

// The file has three numbers: nanoseconds on a processor, nanoseconds ready and waiting for one, and the number of
// runs.
std::optional<CpuTimes> read_times(int file) noexcept {
    std::array<char, 128> bytes;
    const ssize_t size = ::pread(file, bytes.data(), bytes.size(), 0);
    if (size <= 0) {
        return std::nullopt;
    }
    const char* const end = bytes.data() + size;
    std::int64_t ran = 0;
    std::int64_t waited = 0;
    const auto first = std::from_chars(bytes.data(), end, ran);
    if (first.ec != std::errc() || first.ptr == end || std::from_chars(first.ptr + 1, end, waited).ec != std::errc()) {
        return std::nullopt;
    }
    return CpuTimes{std::chrono::nanoseconds(ran), std::chrono::nanoseconds(waited)};
}

}  // namespace

std::optional<Duration> cpu_wait_of_this_thread() noexcept {
    static thread_local Fd file;
    if (!file) {
        file.reset(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC));
    }
    const std::optional<CpuTimes> times = file ? read_times(file.get()) : std::nullopt;
    return times ? std::optional(times->waited) : std::nullopt;
}

std::optional<CpuTimes> cpu_times_of_thread(int number) noexcept {
    std::array<char, 64> path;
    const int length = std::snprintf(path.data(), path.size(), "/proc/self/task/%d/schedstat", number);
    if (length <= 0 || static_cast<std::size_t>(length) >= path.size()) {
        return std::nullopt;
    }
    const Fd file(::open(path.data(), O_RDONLY | O_CLOEXEC));
    return file ? read_times(file.get()) : std::nullopt;
}

int number_of_this_thread() noexcept {
    return ::gettid();
}

}  // namespace ferrotunnel::runtime
