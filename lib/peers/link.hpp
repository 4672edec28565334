// One connection between two members of a cluster: a mux session over TLS with the cluster's key.
//
//   proving --TLS, then both hellos--> open --rotated--> retired --last stream ends--> ended
//      \________ refused, too slow ______\____ lost, silent, ended here ______________/
//
// The dialling end says in its hello what the link is for: a call ends when it has arrived. A control link carries one
// stream, which the dialling end opens, with the register's messages (register_channel.hpp); a data link has a stream
// for each visitor. Lives on one worker; other threads read its counts and post work to it. When it has ended, only the
// object is left, which any thread may release.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "login/login_limiter.hpp"
#include "peers/limits.hpp"
#include "peers/link_hello.hpp"
#include "peers/register_channel.hpp"
#include "runtime/deadline_wheel.hpp"
#include "runtime/timer.hpp"
#include "transport/tls_context.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::peers {

class Link;

/// Times and limits of links. The defaults are those of limits.hpp; tests make them short.
struct LinkSettings {
    Duration proof = limits::link_proof_time;
    Duration register_hello = limits::link_register_time;
    Duration ping = limits::link_ping_interval;
    Duration unresponsive = limits::link_unresponsive_after;
    Duration dead = limits::link_dead_after;
    Duration check = limits::link_check_interval;
    Duration opened = limits::link_opened_time;
    Duration retry_first = limits::link_retry_first;
    Duration retry_max = limits::link_retry_max;
    Duration call_after = limits::link_call_after;
    /// A link that has used so many stream ids is replaced by another one.
    wire::StreamId rotate_at = limits::stream_id_rotate;
    std::size_t data_links = limits::data_links_max;
};

/// What data links are counted in; each may be null.
struct LinkAccounts {
    std::shared_ptr<trunk::MemoryGovernor> memory{};
    std::shared_ptr<trunk::TrafficRegistry> sessions{};
    IntrusivePtr<trunk::Traffic> traffic{};  // of all forwarded visitors
};

/// Receives the events of all links, on the worker of each.
class LinkEvents {
public:
    virtual ~LinkEvents() = default;

    /// An accepted connection has proved to be `peer`; an error, for the log, if it is refused.
    virtual std::optional<std::string> refuse_peer(const std::string& peer) = 0;
    /// Likewise, now that its hello says what the connection is for.
    virtual std::optional<std::string> refuse_link(const std::string& peer, LinkKind kind) = 0;
    /// `peer` can be reached, and requests to be dialled at once.
    virtual void on_link_call(const std::string& peer) = 0;
    virtual void on_link_open(const std::shared_ptr<Link>& link) = 0;
    /// The register has accepted the peer's hello on this control link.
    virtual void on_linked(const std::shared_ptr<Link>& link, const cluster::Hello& hello) = 0;
    /// The link accepts no new streams: its ids run out, or the peer drains. It ends after the last stream.
    virtual void on_link_retired(const std::shared_ptr<Link>& link) = 0;
    /// The peer answers again on a data link, which gets new visitors again.
    virtual void on_link_responsive() = 0;
    /// The last event. `was_open`: both hellos had arrived.
    virtual void on_link_end(const std::shared_ptr<Link>& link, const trunk::TrunkEnd& end, bool was_open) noexcept = 0;
    /// A member opens a stream on a data link, for a visitor.
    virtual void on_link_stream(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream, const wire::Open& open) = 0;
    /// `peer` opens a stream on a data link, for a request of the control API.
    virtual void on_link_control(runtime::Worker& worker, const std::string& peer,
                                 IntrusivePtr<mux::Stream> stream) = 0;
};

/// What all links of a member share.
struct LinkContext {
    LinkSettings settings;
    RegisterAccess& names;
    LinkEvents& events;
    LinkAccounts accounts;
    Logger& log;
    Random& random;
};

class Link final : public std::enable_shared_from_this<Link>, private trunk::TrunkEvents {
public:
    /// A link that this side dials, to `peer`.
    Link(const LinkContext& context, runtime::Worker& worker, std::string peer, LinkKind kind);
    /// An accepted connection; `from` is for the log.
    Link(const LinkContext& context, runtime::Worker& worker, std::string from,
         std::shared_ptr<login::LoginLimiter::Ticket> unproved);
    ~Link() override;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    // On its worker.

    /// Events follow, perhaps from within this call.
    void start(runtime::Fd socket, std::shared_ptr<transport::TlsContext> tls);
    void end(wire::Code code, std::string_view text);
    /// Ends it if its proof is not complete yet, to make room for another connection.
    void end_if_unproved();
    /// Accepts no new streams, and ends after the last one.
    void retire(std::string_view why);
    /// Another process takes this member's place: a control link ends, and the peer opens no more streams on a data
    /// link, on which this side still may. The peer dials again, and reaches the other process.
    void hand_over(std::string_view why);
    /// Ends at once, without events: when the worker does not run any more.
    void abandon() noexcept;
    /// Is released when the link has ended.
    void hold(std::shared_ptr<void> count) noexcept { count_ = std::move(count); }
    /// Opens a stream to the other member; going_away if the link is not open.
    Result<IntrusivePtr<mux::Stream>, wire::Code> open(const mux::Session::OpenRequest& request,
                                                       IntrusivePtr<buffer::Waker> waker, bool foreign);
    /// The deadline of a visitor whose stream was opened just now: until then the other member has to answer that a
    /// client accepts it.
    void watch_opening(runtime::Deadline& deadline);

    // Any thread.

    runtime::Worker& worker() const noexcept { return worker_; }
    bool dials() const noexcept { return dials_; }
    /// Of a link that is open, or that this side dials, or of a call.
    LinkKind kind() const noexcept { return kind_; }
    const std::string& peer() const noexcept { return peer_; }
    /// The address of an accepted connection.
    const std::string& from() const noexcept { return from_; }
    /// "TLSv1.3 ...", of a link that is open.
    const std::string& description() const noexcept { return description_; }
    bool is_responsive() const noexcept { return responsive_.load(std::memory_order_relaxed); }
    Duration round_trip() const noexcept { return round_trip_.load(std::memory_order_relaxed); }
    /// Streams in both directions, and those on their way to the link's worker.
    std::uint64_t streams() const noexcept {
        return session_->streams.load(std::memory_order_relaxed) + arriving_->load(std::memory_order_relaxed);
    }
    /// Counts what is on its way to the link's worker.
    const std::shared_ptr<std::atomic<std::uint32_t>>& arriving() const noexcept { return arriving_; }
    /// Counts the visitors that this side sends.
    const IntrusivePtr<trunk::Traffic>& traffic() const noexcept { return traffic_; }
    /// Runs `action(Link&)` on the worker, later. False if that has stopped.
    template <typename Action>
    bool post(Action action) {
        return worker_.post([self = shared_from_this(), action = std::move(action)]() mutable { action(*self); });
    }

private:
    void on_pipe_open() override;
    void on_control(Bytes message) override;
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) override;
    void on_goaway(wire::Code code, std::string_view text) override;
    void on_drained() override;
    void on_rotate_due() override;
    void on_trunk_end(const trunk::TrunkEnd& end) override;

    mux::Settings mux_settings() const;
    void begin(const LinkHello& hello);
    void begin_channel();
    void note_round_trip() noexcept;
    void check_peer();

    const LinkContext& context_;
    runtime::Worker& worker_;
    const bool dials_;
    std::string peer_;  // of an accepted connection: set by its proof
    const std::string from_;
    std::string description_;
    LinkKind kind_ = LinkKind::data;
    std::shared_ptr<void> count_;
    std::shared_ptr<login::LoginLimiter::Ticket> unproved_;  // while the proof is not complete
    const std::shared_ptr<std::atomic<std::uint32_t>> arriving_ = std::make_shared<std::atomic<std::uint32_t>>(0);
    const IntrusivePtr<trunk::Traffic> traffic_ = make_intrusive<trunk::Traffic>();
    std::atomic<bool> responsive_{true};
    std::atomic<Duration> round_trip_{Duration::zero()};
    IntrusivePtr<mux::SessionShared> session_;
    IntrusivePtr<trunk::Trunk> trunk_;  // null before the start and after the end
    std::shared_ptr<RegisterChannel> channel_;
    std::optional<runtime::Timer> check_timer_;
    std::unique_ptr<runtime::DeadlineWheel> openings_;  // null until a visitor has waited
    TimePoint open_since_{};
    bool open_ = false;
    bool retired_ = false;
    bool suspected_ = false;  // silent when the timer fired; what has arrived meanwhile is read first
};

}  // namespace ferrotunnel::peers
