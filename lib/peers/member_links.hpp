// Links to one other member: its control link, its carrier with the data links, and its state for others.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "base/published.hpp"
#include "peers/link.hpp"
#include "peers/links.hpp"
#include "peers/peer_carrier.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::peers {

class LinkDialler;

/// Thread-safe.
class MemberLinks : public std::enable_shared_from_this<MemberLinks> {
public:
    /// `peer` may have no host yet: the member has connected by itself. `is_listed`: it is never forgotten.
    MemberLinks(const PeerSettings& peer, bool is_listed, std::shared_ptr<PeerCarrier> carrier, TimePoint now);

    const std::string& name() const noexcept { return name_; }
    bool is_listed() const noexcept { return is_listed_; }
    const std::shared_ptr<PeerCarrier>& carrier() const noexcept { return carrier_; }
    /// For dialling; null if the other side dials.
    Published<std::shared_ptr<transport::TlsContext>> tls;

    /// Those that dial the member, or the one that calls it, if the other side dials. Set once, before other threads
    /// see the object.
    std::vector<std::shared_ptr<LinkDialler>> diallers;
    std::atomic<bool> is_dialled{false};  // they have been started

    /// Where the member is dialled, for status and for the next attempt. True if that is news.
    bool set_address(const net::HostPort& address);
    /// The newer control link replaces the older one, which is returned: null if there was none. Empty: the member is
    /// forgotten, and the link is to end.
    std::optional<std::shared_ptr<Link>> set_control(const std::shared_ptr<Link>& link);
    /// Counts a data link that is open, until what it returns is released. Null: there are too many (`most`), or the
    /// member is forgotten, and it is to end.
    std::shared_ptr<void> count_data_link(std::size_t most);
    /// Forgets the member, unless it is listed or has links. True: nothing is accepted from now on.
    bool forget();
    /// The register has accepted the hello. False if a newer link has replaced this one meanwhile.
    bool set_linked(const Link& link, const std::string& agent, TimePoint now);
    /// A control link has ended, or could not be made. Whether this is news for the log.
    enum class News : std::uint8_t { none, lost, failed };
    News set_problem(const Link* link, const std::string& why, TimePoint now);
    PeerState state() const;

private:
    const std::string name_;
    const bool is_listed_;
    const std::shared_ptr<PeerCarrier> carrier_;
    mutable Mutex mutex_;
    std::size_t data_links_ GUARDED_BY(mutex_) = 0;  // retired ones included, which the carrier does not have
    bool is_forgotten_ GUARDED_BY(mutex_) = false;
    std::shared_ptr<Link> control_ GUARDED_BY(mutex_);
    PeerState state_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
