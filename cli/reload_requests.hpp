// Requests of other threads, those of control sockets, to read the configuration again, which the main thread does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>

#include "ferrotunnel/control_handlers.hpp"
#include "reloader.hpp"

namespace ferrotunnel::cli {

class ReloadRequests {
public:
    /// Throws std::system_error when there is no descriptor left.
    ReloadRequests();
    ~ReloadRequests();
    ReloadRequests(const ReloadRequests&) = delete;
    ReloadRequests& operator=(const ReloadRequests&) = delete;

    /// Any thread but the main one: waits until the main thread has answered, for as long as whoever asks has patience.
    ReloadAnswer ask();

    // The main thread's:

    /// For poll(): readable while somebody waits.
    int descriptor() const noexcept { return wake_; }
    /// How often it was asked so far. To be taken before the configuration is read, as who asks later has perhaps
    /// changed it again.
    std::uint64_t asked() const;
    bool is_asked() const;
    /// Answers those who had asked then.
    void answer(std::uint64_t asked, const ReloadReport& report);
    /// From now on nobody waits: the program ends.
    void close();

private:
    static constexpr std::chrono::seconds patience{25};  // less than a control socket's 30 s

    const int wake_;
    mutable std::mutex mutex_;
    std::condition_variable answered_;
    std::uint64_t asked_ = 0;
    std::uint64_t done_ = 0;                         // how many of them are answered
    std::map<std::uint64_t, ReloadAnswer> waiting_;  // by the number of the request
    bool closed_ = false;
};

}  // namespace ferrotunnel::cli
