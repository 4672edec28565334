// Another member of the cluster as a carrier of visitors: each gets a stream on one of the data links to it.
//
//   edge, ports --open, take--> PeerCarrier --the caller's worker, else the link with fewest streams--> Link --> member
//
// It exists from the start of the server to its end, and has links while the member can be reached. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "directory/http_carrier.hpp"
#include "directory/shared_port.hpp"
#include "runtime/worker_group.hpp"

namespace ferrotunnel::peers {

class Link;

class PeerCarrier final : public directory::HttpCarrier,
                          public directory::VisitorCarrier,
                          public std::enable_shared_from_this<PeerCarrier> {
public:
    /// `name`: of the member.
    PeerCarrier(std::string name, runtime::WorkerGroup& workers);
    ~PeerCarrier() override;

    const std::string& name() const noexcept { return name_; }
    /// Data links, for Links.
    void add(std::shared_ptr<Link> link);
    void remove(const Link& link) noexcept;
    std::size_t links() const;
    /// Streams that carry visitors now, in both directions; and the visitors forwarded since the start.
    std::uint64_t streams() const;
    std::uint64_t forwarded() const noexcept;
    /// A link answers pings: otherwise no new visitors are sent there (their open fails with going_away).
    bool is_responsive() const;

    // HttpCarrier and VisitorCarrier.
    std::uint64_t load() const noexcept override;
    bool waits() const noexcept override { return false; }
    std::string_view member_name() const noexcept override { return name_; }
    runtime::Worker& worker() noexcept override;
    void open(std::uint32_t service, const directory::HttpVisitor& visitor, IntrusivePtr<buffer::Waker> waker,
              bool foreign, Opened opened) override;
    void take(directory::Visitor visitor, std::uint32_t service) override;
    void take(directory::TlsVisitor visitor, std::uint32_t service) override;
    void dropped(const std::shared_ptr<directory::HttpService>& service) noexcept override;
    void dropped(const std::shared_ptr<directory::SharedPort>& port) noexcept override;

    /// Calls `action` with the link for one more visitor, on the link's worker. False, and it is not called, if there
    /// is none.
    bool on_link(std::function<void(Link&)> action);
    void count_forwarded() noexcept { forwarded_.fetch_add(1, std::memory_order_relaxed); }
    /// Joins the socket with the control API of the member, later. False if there is no link. Any thread.
    bool send_control(runtime::Fd socket);

private:
    /// The link for one more visitor: of those that answer, the one of the calling worker, else the one with the fewest
    /// streams. Null if there is none.
    std::shared_ptr<Link> choose() const noexcept;
    template <typename AnyVisitor>
    void forward(AnyVisitor visitor);
    void pass_on_without_link(directory::Visitor& visitor);
    void pass_on_without_link(directory::TlsVisitor& visitor);

    const std::string name_;
    runtime::WorkerGroup& workers_;
    std::atomic<std::uint64_t> forwarded_{0};
    mutable Mutex mutex_;
    std::vector<std::shared_ptr<Link>> links_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
