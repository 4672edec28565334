// Links to one other member: its control link, its carrier with the data links, and its state for others.
#pragma once

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
    /// The register has accepted the hello. False if a newer link has replaced this one meanwhile.
    bool set_linked(const Link& link, const std::string& agent, TimePoint now);
    /// A control link has ended, or could not be made. Whether this is news for the log.
    enum class News : std::uint8_t { none, lost, failed };
    News set_problem(const Link* link, const std::string& why, TimePoint now);
    PeerState state() const;

private:
    const PeerSettings settings_;
    const std::shared_ptr<PeerCarrier> carrier_;
    mutable Mutex mutex_;
    std::shared_ptr<Link> control_ GUARDED_BY(mutex_);
    PeerState state_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
