// The public ports of all tunnels, and the trunks that carry the visitors of each.
//
// The listening socket belongs to the port, not to a trunk: it stays on the worker that opened it until the last trunk
// has left. Each visitor is handed to the trunk with the fewest visitors, on any worker, before a byte of it is read:
//
//   acceptor --accepted socket--> SharedPort: which has fewest? --take--> trunk on this worker: at once
//                                      ^                       '------> trunk on another one: by mail
//                                      '-- it has left meanwhile, or is full: next one? --'
//
// A port that its last trunk has left, of a client that may reconnect in a moment, is *held*: it continues to listen,
// and new visitors wait in its queue, until a client of the same token has the port again or the time is over
// (shared_port_hold.cpp):
//
//   carried --the last one leaves--> held --another one joins--> carried: the queue is served in order
//      '--it will not return-------.    '--the time is over--> closed: the queue is reset
//                                  '--> closed
//
// In a cluster a port listens on every member (set_remote). Its visitors get a trunk of an own client, or
// else another member's carrier. A port that only other members have stands with the held ones, and does not count for
// its owner's limits; an own client that joins gets it like a held one.
//
// Locks: the table's, then a port's, or the registry's. None is held while a carrier or a listener's handler is called.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "buffer/mailbox.hpp"
#include "buffer/waker.hpp"
#include "directory/carrier_id.hpp"
#include "directory/carrier_list.hpp"
#include "directory/distant_visitor.hpp"
#include "directory/hold_limiter.hpp"
#include "directory/port_index.hpp"
#include "directory/quota_count.hpp"
#include "directory/registry.hpp"
#include "directory/remote_route.hpp"
#include "directory/watched_visitor.hpp"
#include "mux/stream.hpp"
#include "runtime/passed_sockets.hpp"
#include "runtime/socket.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"
#include "shaping/shapes.hpp"
#include "trunk/datagram_flow.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::directory {

/// A listening socket that passes visitors to its handler until it is destroyed. Lives on the worker that opened it.
class PublicPort {
public:
    virtual ~PublicPort() = default;
    virtual runtime::SocketAddress address() const = 0;
    /// Pauses or resumes accepting; meanwhile new visitors wait in the kernel.
    virtual void set_paused(bool paused) noexcept = 0;
    /// Stops listening at once: visitors are refused, and others may bind the port. Thread-safe.
    virtual void refuse_visitors() noexcept = 0;
    /// The socket. Callable on any thread, as long as the port is open.
    virtual int descriptor() const noexcept { return -1; }
    /// Accepts no new visitors, since another process shares the socket and accepts them. Present visitors stay.
    virtual void handover_to_process() noexcept {}
};

using VisitorHandler = std::function<void(runtime::Fd, const runtime::SocketAddress&)>;
/// Opens a PublicPort for a listening socket on the calling worker; implemented by ingress/.
using PortOpener =
    std::function<std::unique_ptr<PublicPort>(runtime::Worker&, runtime::Fd listener, VisitorHandler on_visitor)>;

using DatagramHandler = std::function<void(IntrusivePtr<DistantVisitor>, const runtime::SocketAddress&)>;
/// Requirements of a UDP service on its port.
struct DatagramTerms {
    std::string service;  // its name, for the log
    Duration idle = limits::udp_idle_default;
    trunk::FlowMaker flow{};  // how the datagrams of a visitor are carried; empty: each as a frame

    /// Whether a port that was opened with these terms also serves `other`.
    bool is_like(const DatagramTerms& other) const noexcept {
        return service == other.service && idle == other.idle && !flow && !other.flow;
    }
};
/// Opens a PublicPort for a UDP socket on the calling worker; implemented by ingress/.
using DatagramOpener = std::function<std::unique_ptr<PublicPort>(
    runtime::Worker&, runtime::Fd socket, const DatagramTerms& terms, DatagramHandler on_visitor)>;

class PortTable;
class SharedPort;
class VisitorCarrier;

/// A visitor on its way to a trunk: a connection, or a sender of datagrams. Its destructor resets the connection, which
/// must never end with an orderly close instead of an answer.
struct Visitor {
    runtime::Fd socket;
    runtime::SocketAddress from;
    std::shared_ptr<SharedPort> port;  // null if it has named a private service
    CarrierIds excluded_carriers{};
    IntrusivePtr<trunk::Traffic> watched{};    // counts what this visitor moves; usually null
    std::shared_ptr<WatchedVisitor> visit{};   // null if no plugin was called
    IntrusivePtr<DistantVisitor> distant{};    // set if there is no socket
    std::shared_ptr<QuotaCount> of_token{};    // towards the quotas of the service's token
    std::shared_ptr<MemberVisit> of_member{};  // of a group; otherwise null
    bool is_forwarded = false;                 // by another member of the cluster: only own clients get it, at once
    std::uint8_t member_waits = 0;             // how often it has waited since no other member had a client for it

    Visitor(runtime::Fd socket_in, runtime::SocketAddress from_in, std::shared_ptr<SharedPort> port_in)
        : socket(std::move(socket_in)), from(std::move(from_in)), port(std::move(port_in)) {}
    Visitor(Visitor&&) noexcept = default;
    Visitor& operator=(Visitor&&) = delete;
    ~Visitor() {
        if (socket) {
            runtime::reset_close(std::move(socket));
        }
        if (distant) {
            distant->refused();
        }
    }
};

/// A trunk, as seen by the ports whose visitors it carries. Any thread may call the members.
class VisitorCarrier : public NumberedCarrier {
public:
    virtual ~VisitorCarrier() = default;
    /// Visitors of the trunk, including those on their way to it.
    virtual std::uint64_t load() const noexcept = 0;
    /// Accepts a visitor. `service` is the trunk's own id for the service behind the port. A trunk that cannot accept
    /// the visitor, because it has left the port or has no room, passes it to another: port->pass_on.
    virtual void take(Visitor visitor, std::uint32_t service) = 0;
    /// Notifies the trunk that it no longer carries visitors of the port: another trunk has replaced it after this one
    /// had yielded, or the port was closed on another trunk. If memory is short the trunk may miss this call: it ends
    /// or leaves later.
    virtual void dropped(const std::shared_ptr<SharedPort>& port) noexcept = 0;
    /// Notifies the trunk that the port creates its own visitors (a forwarding loop), whose connections were reset.
    virtual void on_loop_detected(std::uint32_t service) { (void)service; }
};

/// One public port. Created and owned by the PortTable. Thread-safe.
class SharedPort : public std::enable_shared_from_this<SharedPort> {
public:
    explicit SharedPort(runtime::Worker& worker) : worker_(worker) {}

    const runtime::SocketAddress& address() const noexcept { return address_; }
    Transport transport() const noexcept { return transport_; }
    /// Hands the visitor to the carrier with the fewest visitors, in turn if several are equal. Without a carrier it
    /// waits, if the port is held and has room; otherwise its connection is reset.
    void dispatch(Visitor visitor) noexcept;
    /// Passes on a visitor that the carrier `from` cannot accept, to the carrier with the fewest visitors among those
    /// that have not passed it on before. If other members have the port, the visitor then waits a moment for them,
    /// some times. False if there is none: the visitor stays with the caller. True also if the visitor was lost, and
    /// its connection reset, for lack of memory: the caller no longer has it.
    bool pass_on(Visitor& visitor, const VisitorCarrier& from) noexcept;

    /// Holds back new visitors, for a trunk with queued visitors, until it is destroyed. While each of the port's
    /// trunks keeps one, new visitors wait in the kernel, since no trunk can accept them yet.
    class AcceptPause {
    public:
        explicit AcceptPause(std::shared_ptr<SharedPort> port) noexcept : port_(std::move(port)) {
            port_->accept_pauses_.fetch_add(1);
            port_->update_accept_pause();
        }
        AcceptPause(AcceptPause&&) noexcept = default;
        AcceptPause& operator=(AcceptPause&&) = delete;
        ~AcceptPause() {
            if (port_) {
                port_->accept_pauses_.fetch_sub(1);
                port_->update_accept_pause();
            }
        }

    private:
        std::shared_ptr<SharedPort> port_;  // null: moved from
    };

    /// Approximate number of visitors of its trunks, over all their services.
    std::uint64_t visitors();
    /// Records a visitor's outcome at a group member; and the member that a trunk belongs to (null if there is no
    /// group).
    HealthTransition record_outcome(const GroupMember& member, MemberOutcome outcome, TimePoint now, Duration& time);
    std::shared_ptr<GroupMember> member_of(const VisitorCarrier& trunk);
    /// Reports a loop to one of the port's trunks, which reports it further.
    void report_loop();

private:
    friend class PortTable;
    using Carriers = CarrierList<VisitorCarrier>;

    /// A visitor that waits for a carrier.
    struct Held {
        Visitor visitor;
        HoldSlot place;
    };

    /// The carrier that a visitor gets.
    struct Choice {
        std::shared_ptr<VisitorCarrier> trunk;
        std::uint32_t service = 0;
    };

    bool give(Visitor& visitor);
    std::optional<Choice> choose_for(Visitor& visitor) REQUIRES(mutex_);
    BalanceContext context_of(const Visitor& visitor) const REQUIRES(mutex_);
    bool hold_visitor(Visitor& visitor) REQUIRES(mutex_);
    bool wait_for_member(Visitor& visitor);
    void retry_soon() noexcept;
    bool remove(const VisitorCarrier& trunk, std::optional<TimePoint> held_until);
    void end_hold() noexcept;
    void end_listening() noexcept;
    void update_hold() noexcept;
    void release_some() noexcept;
    bool release_one();
    void update_accept_pause() noexcept;
    void pause_or_resume() noexcept;
    /// Runs `action` on the carriers, under the lock.
    template <typename Action>
    auto with_carriers(Action action) {
        const MutexLock lock(mutex_);
        return action(carriers_);
    }

    static void close_listener(const std::shared_ptr<SharedPort>& closed) noexcept;

    // --- other members ---
    void set_remote(Carriers carriers);
    Carriers take_remote();
    bool has_remote();
    bool is_held();

    runtime::Worker& worker_;  // the listener's
    using PortMail = buffer::WakeMail<SharedPort, std::shared_ptr<SharedPort>>;
    const IntrusivePtr<PortMail> close_mail_ = make_intrusive<PortMail>(&SharedPort::close_listener);
    // One mail is enough for any number of requests: it reads the present state.
    const IntrusivePtr<PortMail> update_mail_ =
        make_intrusive<PortMail>([](const std::shared_ptr<SharedPort>& port) noexcept { port->pause_or_resume(); });
    const IntrusivePtr<PortMail> handover_mail_ =
        make_intrusive<PortMail>([](const std::shared_ptr<SharedPort>& port) noexcept {
            if (port->listener_) {
                port->listener_->handover_to_process();
            }
        });
    const IntrusivePtr<PortMail> hold_mail_ =
        make_intrusive<PortMail>([](const std::shared_ptr<SharedPort>& port) noexcept { port->update_hold(); });
    const IntrusivePtr<PortMail> retry_mail_ =
        make_intrusive<PortMail>([](const std::shared_ptr<SharedPort>& port) noexcept { port->retry_soon(); });
    std::weak_ptr<PortTable> table_;
    std::shared_ptr<HoldLimiter> limiter_;
    ClientId client_{};  // the present or last owner, or its group; changed with the table's lock
    runtime::SocketAddress address_;
    Transport transport_ = Transport::tcp;
    DatagramTerms terms_{};   // of a UDP port
    bool is_counted_ = true;  // for its owner; false: as a port of other members; guarded by the table's lock
    std::unique_ptr<PublicPort> listener_;
    std::optional<runtime::Timer> hold_timer_;  // on the listener's worker, like the listener
    std::atomic<std::uint32_t> accept_pauses_{0};
    Mutex mutex_;
    Carriers carriers_ GUARDED_BY(mutex_);
    Carriers remote_ GUARDED_BY(mutex_);                      // other members; changed with the table's lock
    std::optional<TimePoint> held_until_ GUARDED_BY(mutex_);  // empty if it is carried, or closed
    std::list<Held> queue_ GUARDED_BY(mutex_);                // while it is held, and until all of them are served
    HeldBytes datagrams_ GUARDED_BY(mutex_);                  // room for datagrams that wait
};

/// The public ports of all tunnels; any thread. A closing port refuses visitors at once, but its listener is destroyed
/// on its own worker: by mail, or by `end` if that worker accepts no more mail. Until then the listener counts, so that
/// opening and closing ports in a loop gets a client no more descriptors than keeping them.
class PortTable : public std::enable_shared_from_this<PortTable> {
public:
    /// Limits of listeners, open or not closed yet.
    struct Limits {
        std::size_t of_client = limits::services_max;
        std::size_t of_token = limits::ports_per_token_settable_max;
        std::size_t of_others = limits::remote_ports_max;  // that only other members of the cluster have
    };
    PortTable() : PortTable(Limits{}) {}
    explicit PortTable(const Limits& most, const HoldLimiter::Settings& held = {})
        : limits_(most), limiter_(std::make_shared<HoldLimiter>(held)) {}
    /// Sets Limits::of_token for ports that are opened from then on.
    void set_token_limit(std::size_t most) {
        const MutexLock lock(mutex_);
        limits_.of_token = most;
    }

    /// Makes `trunk` carry the port's visitors. The port is opened on the calling thread's `worker`, unless other
    /// trunks of the same client have it already; then those of them that yield are replaced. Port 0: any free one.
    /// Returns null, and the reason, if the server cannot listen there.
    struct Joined {
        std::shared_ptr<SharedPort> port;
        bool opened = false;  // by this call
        // The client, or its token, has reached its limit of listeners, or `ended` reports that the service was
        // unregistered on another trunk: it is called under the lock that close() acquires.
        std::optional<Refusal> refusal{};
    };
    /// With `membership` its group has the port, instead of `client`, and trunks of all its members carry it.
    Joined join(const ClientId& client, const runtime::SocketAddress& at, std::shared_ptr<VisitorCarrier> trunk,
                std::uint32_t service, runtime::Worker& worker, const PortOpener& open, std::error_code& error,
                const Ended& ended = {}, const std::optional<Membership>& membership = {},
                const CarrierHealth& health = {});
    /// Like join() above, for a UDP port, whose number is separate from those of TCP. `terms` apply if this trunk opens
    /// it.
    Joined join(const ClientId& client, const runtime::SocketAddress& at, std::shared_ptr<VisitorCarrier> trunk,
                std::uint32_t service, runtime::Worker& worker, const DatagramOpener& open, const DatagramTerms& terms,
                std::error_code& error, const Ended& ended = {}, const std::optional<Membership>& membership = {},
                const CarrierHealth& health = {});

    /// A port that clients of other members have, or no longer have: opened here on the calling thread's `worker`, for
    /// visitors that no own client accepts. If none has it any more it is held, for a client that may reconnect here,
    /// and then closed. False, with the reason, if the server cannot listen there.
    bool set_remote(const RemotePort& port, const runtime::SocketAddress& at, runtime::Worker& worker,
                    const PortOpener& open, const DatagramOpener& open_udp, std::error_code& error);
    /// A visitor of this port that another member has forwarded: only own clients get it. False, with the visitor
    /// untouched, if none has the port.
    bool dispatch_local(Transport transport, std::uint16_t port, Visitor& visitor);

    /// Removes `trunk` from the port. If no trunk is left, the port is closed; or held, if `may_return` is true and a
    /// hold time is set.
    void leave(SharedPort& port, const VisitorCarrier& trunk, bool may_return = false);

    /// How long ports are held from now on; 0, the default: not at all. `log` receives a line for each, and outlives
    /// the table; it may be null.
    void set_hold(Duration time, Logger* log = nullptr);
    Duration hold_time() const;
    /// Closes the held ports and those that only other members have, and holds none any more: the server is about to
    /// end.
    void stop_holding() noexcept;
    /// Opens a TCP port and holds it for a client of this token, which had it before the server's restart. Called on
    /// the worker of the port. False if it cannot be opened.
    bool hold_known(const login::TokenId& token, const runtime::SocketAddress& at, runtime::Worker& worker,
                    const PortOpener& open);
    /// Sockets to use if a port is to be opened at their address.
    std::shared_ptr<runtime::PassedSockets> passed() const noexcept { return passed_; }
    /// Copies of the sockets of all open ports, with names such as "tcp-2222" and "udp-53".
    std::vector<runtime::NamedSocket> sockets() const;
    /// Number of changes to sockets() so far.
    std::uint64_t socket_changes() const noexcept {
        return changes_.load(std::memory_order_acquire) + passed_->changes();
    }
    /// Another process has copies of the sockets, and accepts visitors from now on; this one accepts none. Ports close
    /// as soon as their trunks have left them.
    void handover_to_process() noexcept;
    HoldLimiter::Counts holds() const noexcept { return limiter_->counts(); }
    /// The addresses of open ports that differ from this one.
    PortAddresses addresses_beside(const runtime::SocketAddress& usual) const;

    /// Sets the trunk's client's latest report about the backend.
    static void set_health(SharedPort& port, const VisitorCarrier& trunk, const CarrierHealth& health);

    /// The trunk continues to carry the port until another trunk joins, which then replaces it.
    void yield(SharedPort& port, const VisitorCarrier& trunk);

    /// If one of `from` has a port with this number, transfers it to `to`: the first trunk of `to` that joins the port
    /// replaces all trunks that carry it. A port that listens on another IP address is closed instead, since `to` could
    /// not listen otherwise. Does nothing if none of `from` has the port.
    void handover_port(const std::vector<ClientId>& from, const ClientId& to, Transport transport,
                       const runtime::SocketAddress& at);

    /// Ends the port for all trunks of the client that `trunk` belongs to. All but `trunk` itself are notified.
    void close(SharedPort& port, const VisitorCarrier& trunk);

    /// Closes the remaining ports. To be called when no worker runs any more, and before they are destroyed.
    void end();

    /// The port under which trunks of the client carry this service. 0 if there is none. A group has one port: service
    /// 0.
    std::uint16_t port_of(const ClientId& client, std::uint32_t service, Transport transport = Transport::tcp) const;

private:
    friend class SharedPort;
    using Key = std::tuple<ClientId, Transport, std::uint16_t>;
    using Ports = std::map<Key, std::shared_ptr<SharedPort>>;
    /// How to open a port: its socket, and the handler of its visitors.
    struct Opening {
        Transport transport;
        std::function<runtime::Fd(const runtime::SocketAddress&, std::error_code&)> listen;
        std::function<std::unique_ptr<PublicPort>(runtime::Fd, SharedPort&)> open;
        const DatagramTerms* terms = nullptr;  // for UDP
    };
    /// The held ports, each with its node of `ports_`.
    using HeldKey = std::tuple<login::TokenId, Transport, std::uint16_t>;
    using HeldPorts = std::map<HeldKey, Ports::node_type>;
    using PortPtr = std::shared_ptr<SharedPort>;

    Joined join(const ClientId& client, const runtime::SocketAddress& at, std::shared_ptr<VisitorCarrier> trunk,
                std::uint32_t service, runtime::Worker& worker, const Opening& opening, std::error_code& error,
                const Ended& ended, const std::optional<Membership>& membership, const CarrierHealth& health);
    static Key key_of(const ClientId& client, const SharedPort& port) {
        return {client, port.transport(), port.address().port()};
    }

    Ports::iterator first_of(const ClientId& owner, Transport transport) REQUIRES(mutex_);
    static bool carries(SharedPort& port, std::uint32_t service);
    void close_port(SharedPort& port) REQUIRES(mutex_);
    void close_node(Ports::node_type node) noexcept REQUIRES(mutex_);
    Opening tcp_opening(runtime::Worker& worker, const PortOpener& open) const;
    Opening udp_opening(runtime::Worker& worker, const DatagramOpener& open, const DatagramTerms& terms) const;
    std::shared_ptr<SharedPort> open_anew(const ClientId& owner, const runtime::SocketAddress& at,
                                          runtime::Worker& worker, const Opening& opening, std::error_code& error)
        REQUIRES(mutex_);
    // shared_port_hold.cpp
    bool keep_held(Ports::iterator known) noexcept REQUIRES(mutex_);
    HeldPorts::iterator find_held(const ClientId& owner, const runtime::SocketAddress& at, const Opening& opening,
                                  bool is_group, HeldPorts::iterator& in_way) REQUIRES(mutex_);
    void adopt_held(HeldPorts::iterator held, const ClientId& owner) noexcept REQUIRES(mutex_);
    void give_up(SharedPort& port) noexcept;
    void close_held(HeldPorts::iterator held) noexcept REQUIRES(mutex_);
    void close_one_held(const login::TokenId& token) noexcept REQUIRES(mutex_);
    void uncount_client(const ClientId& client) noexcept REQUIRES(mutex_);
    void uncount(const SharedPort& port) noexcept REQUIRES(mutex_);
    SharedPort::Carriers clear_way(HeldPorts::iterator in_way) REQUIRES(mutex_);
    // --- ports of other members ---
    HeldPorts::iterator held_place(const SharedPort& port) noexcept REQUIRES(mutex_);
    bool keep_remote(Ports::iterator known) noexcept REQUIRES(mutex_);
    bool count_for_others(SharedPort& port) noexcept REQUIRES(mutex_);
    bool add_remote(SharedPort& port, const SharedPort::Carriers& carriers) REQUIRES(mutex_);
    void end_remote(SharedPort& port, bool may_return) REQUIRES(mutex_);
    PortPtr open_remote(const RemotePort& port, const runtime::SocketAddress& at, runtime::Worker& worker,
                        const Opening& opening, std::error_code& error) REQUIRES(mutex_);
    void forget(const SharedPort& port);
    std::optional<Refusal> why_full(const ClientId& client, const SharedPort* held) REQUIRES(mutex_);

    Limits limits_;
    mutable Mutex mutex_;
    Ports ports_ GUARDED_BY(mutex_);
    HeldPorts held_ GUARDED_BY(mutex_);                   // and the ports that only other members have
    PortIndex<SharedPort> by_number_ GUARDED_BY(mutex_);  // those of both
    bool ends_ GUARDED_BY(mutex_) = false;                // opens none of other members
    std::size_t of_others_ GUARDED_BY(mutex_) = 0;        // listeners, open or closing
    Duration hold_ GUARDED_BY(mutex_){0};
    Logger* log_ GUARDED_BY(mutex_) = nullptr;
    bool handed_over_ GUARDED_BY(mutex_) = false;
    std::atomic<std::uint64_t> changes_{0};
    const std::shared_ptr<runtime::PassedSockets> passed_ = std::make_shared<runtime::PassedSockets>();
    const std::shared_ptr<HoldLimiter> limiter_;
    std::multimap<Key, std::shared_ptr<SharedPort>> closing_ GUARDED_BY(mutex_);
    std::map<ClientId, std::size_t> of_client_ GUARDED_BY(mutex_);  // listeners, open or closing
    std::map<login::TokenId, std::size_t> of_token_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::directory
