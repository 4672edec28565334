// Requests about the configuration, from control sockets to the main thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "ferrotunnel/control_handlers.hpp"

namespace ferrotunnel::cli {

struct ReloadRequest {
    enum class What : std::uint8_t {
        reload,
        try_out,  // for `time`
        confirm,
        compare,
    } what = What::reload;
    std::chrono::milliseconds time{0};
};

/// Each control socket has one request at a time, so at most two wait.
class ReloadRequests {
public:
    /// Throws std::system_error if no descriptor is left.
    ReloadRequests();
    ~ReloadRequests();
    ReloadRequests(const ReloadRequests&) = delete;
    ReloadRequests& operator=(const ReloadRequests&) = delete;

    /// Any thread but the main one: waits for the main thread's answer, for at most `patience`.
    ReloadAnswer ask(ReloadRequest request);

    /// The remaining time of the current trial. Thread-safe; does not wait.
    std::optional<std::chrono::milliseconds> trial_left() const;

    // For the main thread:

    /// When the trial is reverted; empty if there is no trial.
    void set_trial(std::optional<std::chrono::steady_clock::time_point> until);

    /// For poll(): readable while a request waits.
    int descriptor() const noexcept { return wake_; }
    /// The oldest waiting request, with its number.
    std::optional<std::pair<std::uint64_t, ReloadRequest>> next();
    void answer(std::uint64_t number, ReloadAnswer answer);
    /// Fails all requests from now on: the program ends.
    void close();

private:
    static constexpr std::chrono::seconds patience{25};  // less than a control socket's 30 s

    struct Waiting {
        ReloadRequest request;
        std::optional<ReloadAnswer> answer{};
    };

    const int wake_;
    mutable std::mutex mutex_;  // guards what follows
    std::optional<std::chrono::steady_clock::time_point> trial_;
    std::condition_variable answered_;
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, Waiting> waiting_;  // by the number of the request
    bool closed_ = false;
};

}  // namespace ferrotunnel::cli
