// Stops the parts of a program, each on its own thread: stopping blocks, and a second signal must be handled meanwhile.
//
//     running --begin, for a drain--> stopping --begin, at once: hurried--> stopping --stop has returned--> stopped
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace ferrotunnel::cli {

/// For the main thread.
class PartStops {
public:
    /// Stops a part; returns whether some visitors had not finished and were disconnected.
    using Stop = std::function<bool()>;

    explicit PartStops(std::size_t parts) : stopped_(parts) {}
    PartStops(const PartStops&) = delete;
    PartStops& operator=(const PartStops&) = delete;
    ~PartStops() { join(); }

    /// Calls `stop` on a new thread, and then `notify` there. A part that is stopping may get another call, which
    /// hurries it.
    void begin(std::size_t part, Stop stop, std::function<void()> notify) {
        threads_.emplace_back([this, part, stop = std::move(stop), notify = std::move(notify)] {
            if (stop()) {
                has_cut_ = true;
            }
            stopped_[part] = true;
            notify();
        });
    }
    /// Waits for every call.
    void join() {
        for (std::thread& thread : threads_) {
            if (thread.joinable()) {
                thread.join();
            }
        }
    }

    bool has_stopped(std::size_t part) const { return stopped_[part]; }
    bool have_all_stopped() const {
        return std::all_of(stopped_.begin(), stopped_.end(), [](const auto& stopped) { return stopped.load(); });
    }
    bool has_cut_visitors() const { return has_cut_; }

private:
    std::vector<std::thread> threads_;
    std::vector<std::atomic<bool>> stopped_;  // by part
    std::atomic<bool> has_cut_{false};
};

}  // namespace ferrotunnel::cli
