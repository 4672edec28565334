// Recognizes the response of a backend that rejects the Host of a request, and logs the remedy. Development servers
// accept only names of their own machine, as a protection against DNS rebinding, but behind a tunnel they get the
// visitor's.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/log.hpp"

namespace ferrotunnel::backend {

/// Reads the start of the first response of one connection, as it arrives. For a response whose status is not one of a
/// rejection this costs one comparison; of the others at most limits::host_rejection_bytes_max bytes are searched. It
/// counts as a rejection only with words that servers are known to write, or with status 421, which has no other
/// meaning: a mere 403 may concern the visitor.
class HostRejection {
public:
    enum class Verdict : std::uint8_t { open, none, rejected };

    Verdict read(std::string_view bytes);

    /// For a rejection: its status, and which of the known words it has (below `words_count`).
    std::string_view status() const noexcept { return {status_.data(), status_.size()}; }
    std::size_t words() const noexcept { return words_; }

    static constexpr std::size_t words_count = 7;
    static std::string_view words_at(std::size_t index) noexcept;

private:
    bool begin(std::string_view bytes) noexcept;
    bool find(std::string_view text) noexcept;

    std::array<char, 3> status_{};
    std::size_t words_ = 0;
    std::size_t seen_ = 0;  // bytes that were searched
    std::string tail_;      // the last of them: words may continue in the next bytes
};

/// Logs the rejections of one service: a warning with the remedy once for each kind of response, the others at debug
/// level with their number. Thread-safe.
class HostRejectionLog {
public:
    void rejected(const std::string& service, const std::string& backend, const HostRejection& answer, Logger& log);

private:
    std::atomic<std::uint32_t> reported_{0};  // a bit for each of the known words
    std::atomic<std::uint64_t> count_{0};
};

}  // namespace ferrotunnel::backend
