// A service of another client that this client visits: the local address for it, the key, and counts of its visits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/mutex.hpp"
#include "transport/sealed.hpp"

namespace ferrotunnel::session {

/// Counts of the visits to one service, updated by the trunks that carry them. Thread-safe.
class VisitRecord : public std::enable_shared_from_this<VisitRecord> {
public:
    class Open;
    /// A visit has begun; it is open as long as the result exists.
    std::shared_ptr<const Open> begin();
    /// A visit has failed. `why`: a part of a sentence.
    void failed(const std::string& why);

    struct View {
        std::uint64_t open = 0;
        std::uint64_t opened = 0;
        std::uint64_t failed = 0;
        std::chrono::system_clock::time_point since{};
        std::chrono::system_clock::time_point failed_at{};
        std::string why{};
    };
    View view() const;

private:
    const std::chrono::system_clock::time_point since_ = std::chrono::system_clock::now();
    std::atomic<std::uint64_t> open_{0};
    std::atomic<std::uint64_t> opened_{0};
    mutable Mutex mutex_;
    std::uint64_t failed_ GUARDED_BY(mutex_) = 0;
    std::chrono::system_clock::time_point failed_at_ GUARDED_BY(mutex_){};
    std::string why_ GUARDED_BY(mutex_);  // why the last one failed
};

/// A visit that counts as open until this is destroyed.
class VisitRecord::Open {
public:
    explicit Open(std::shared_ptr<VisitRecord> record) noexcept : record_(std::move(record)) {
        record_->open_.fetch_add(1, std::memory_order_relaxed);
        record_->opened_.fetch_add(1, std::memory_order_relaxed);
    }
    ~Open() { record_->open_.fetch_sub(1, std::memory_order_relaxed); }
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;

private:
    const std::shared_ptr<VisitRecord> record_;
};

struct VisitPlan {
    std::string service;
    std::string token;  // token of the service's client; empty if this client's own
    std::shared_ptr<const transport::SealContext> seal;
    std::shared_ptr<VisitRecord> record;

    bool is_udp() const noexcept { return seal->carries() == transport::SealContext::Carries::datagrams; }
    /// As users write it: "db", "db@alice".
    std::string text() const { return token.empty() ? service : service + '@' + token; }
};

}  // namespace ferrotunnel::session
