// Requests of other threads, those of control sockets, about the configuration, which the main thread answers.
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

/// Each control socket asks one thing at a time, so that two at most wait.
class ReloadRequests {
public:
    /// Throws std::system_error when there is no descriptor left.
    ReloadRequests();
    ~ReloadRequests();
    ReloadRequests(const ReloadRequests&) = delete;
    ReloadRequests& operator=(const ReloadRequests&) = delete;

    /// Any thread but the main one: waits until the main thread has answered, for as long as the caller has patience.
    ReloadAnswer ask(ReloadRequest request);

    /// How long the trial that is under way still lasts. Any thread; it does not wait.
    std::optional<std::chrono::milliseconds> trial_left() const;

    // The main thread's:

    /// When what is on trial is taken back; nothing: nothing is on trial.
    void set_trial(std::optional<std::chrono::steady_clock::time_point> until);

    /// For poll(): readable while somebody waits.
    int descriptor() const noexcept { return wake_; }
    /// The oldest request that waits, with its number.
    std::optional<std::pair<std::uint64_t, ReloadRequest>> next();
    void answer(std::uint64_t number, ReloadAnswer answer);
    /// From now on nobody waits: the program ends.
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
