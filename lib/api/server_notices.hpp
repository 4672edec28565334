// Reports sessions and groups of a Server as events of the application, and in the log.
#pragma once

#include <atomic>
#include <cstdint>

#include "api/event_delivery.hpp"
#include "api/sink_logger.hpp"
#include "directory/member_notice.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// Thread-safe. Holds no lock.
class ServerNotices {
public:
    /// Both outlive this object.
    ServerNotices(EventDelivery& events, SinkLogger& log) noexcept : events_(events), log_(log) {}
    ServerNotices(const ServerNotices&) = delete;
    ServerNotices& operator=(const ServerNotices&) = delete;

    /// `client_id`: the number of its client; 0 if it is about no known client.
    void notify(const session::ServerNotice& notice, std::uint64_t client_id = 0);
    /// A group member was ejected, or has returned.
    void notify_member(const directory::MemberNotice& change);
    /// The number of reported logins.
    std::uint64_t logins() const noexcept { return logins_.load(std::memory_order_relaxed); }

private:
    EventDelivery& events_;
    SinkLogger& log_;
    std::atomic<std::uint64_t> logins_{0};
};

}  // namespace ferrotunnel::detail
