// A queue of events that need no answer: they are sent in turn, and if too many wait, the oldest event of the token
// with the most is dropped.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include "common/fair_queue.hpp"
#include "hooks/endpoint.hpp"
#include "hooks/paced_count.hpp"

namespace ferrotunnel::plugins {

class CloseQueue {
public:
    /// `endpoint` must be stopped before this is destroyed.
    CloseQueue(Endpoint& endpoint, std::size_t waiting_max, Endpoint::LogFunction tell);

    /// Never waits. Thread-safe.
    void add(Share share, std::string body);
    /// Waits until all are sent, up to this time; logs how many were lost. Control thread.
    void drain(std::chrono::milliseconds most);

private:
    void send_waiting();
    void finished(bool is_taken);
    void log_dropped(std::uint64_t count);
    void log_lost(std::uint64_t count);

    Endpoint& endpoint_;
    const std::size_t waiting_max_;
    const Endpoint::LogFunction log_;
    PacedCount dropped_;  // too many waited
    PacedCount lost_;     // the endpoint did not accept them
    std::mutex mutex_;    // guards what follows
    std::condition_variable changed_;
    FairQueue<std::string> waiting_;
    std::size_t running_ = 0;
};

}  // namespace ferrotunnel::plugins
