// Links to one other member: its control link, its carrier with the data links, and its state for others.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "base/mutex.hpp"
#include "base/published.hpp"
#include "peers/link.hpp"
#include "peers/links.hpp"
#include "peers/peer_carrier.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::peers {

/// Thread-safe.
class MemberLinks {
public:
    MemberLinks(PeerSettings settings, runtime::WorkerGroup& workers, TimePoint now);

    const PeerSettings& settings() const noexcept { return settings_; }
    const std::shared_ptr<PeerCarrier>& carrier() const noexcept { return carrier_; }
    /// For dialling; null if the other side dials.
    Published<std::shared_ptr<transport::TlsContext>> tls;

    /// The newer control link replaces the older one, which is returned: null if there was none.
    std::shared_ptr<Link> set_control(const std::shared_ptr<Link>& link);
    /// Counts a data link that is open, until remove_data_link(). False: there are too many (`most`), and it is to end.
    bool add_data_link(std::size_t most) noexcept { return data_links_.fetch_add(1, std::memory_order_relaxed) < most; }
    void remove_data_link() noexcept { data_links_.fetch_sub(1, std::memory_order_relaxed); }
    /// The register has accepted the hello. False if a newer link has replaced this one meanwhile.
    bool set_linked(const Link& link, const std::string& agent, TimePoint now);
    /// A control link has ended, or could not be made. Whether this is news for the log.
    enum class News : std::uint8_t { none, lost, failed };
    News set_problem(const Link* link, const std::string& why, TimePoint now);
    PeerState state() const;

private:
    const PeerSettings settings_;
    const std::shared_ptr<PeerCarrier> carrier_;
    std::atomic<std::size_t> data_links_{0};  // retired ones included, which the carrier does not have
    mutable Mutex mutex_;
    std::shared_ptr<Link> control_ GUARDED_BY(mutex_);
    PeerState state_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
