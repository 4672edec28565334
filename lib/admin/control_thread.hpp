// The thread that answers requests about a running program, at its control socket, metrics address and dashboard: it
// accepts, reads, calls the subject and writes, and never blocks. Workers are not involved: it reads only state that
// any thread may read.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "admin/control_connection.hpp"
#include "admin/limits.hpp"
#include "admin/peer_eviction.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/token_bucket.hpp"
#include "login/address_networks.hpp"
#include "login/network_rate_limiter.hpp"
#include "runtime/io_result.hpp"
#include "runtime/socket.hpp"
#include "transport/pipe.hpp"
#include "transport/tls_context.hpp"

struct pollfd;

namespace ferrotunnel::admin {

class ControlThread {
public:
    /// A listener of the control thread. Connections of one endpoint use no slots of another.
    struct Endpoint {
        int listener;                        // outlives the thread; negative: none, connections come by adopt()
        ControlConnection::Handler handler;  // called on the thread
        std::optional<uid_t> owner = 0;      // the user it obeys, besides root; empty: everybody
        std::shared_ptr<transport::TlsContext> tls{};  // null: no TLS
        bool is_passed_on = false;                     // another process may take over its socket
    };
    struct Settings {
        std::size_t peers_max = limits::admin_peers_max;  // per endpoint
        std::size_t peers_of_address_max = limits::admin_peers_of_address_max;
        RateLimit unauthorized_rate = limits::admin_unauthorized_rate;
        Duration timeout = limits::admin_timeout;
        Duration last_answers = limits::admin_last_answers;
    };

    /// Starts the thread. Throws std::system_error if there is no thread or descriptor for it. `log` must outlive this
    /// object.
    ControlThread(std::vector<Endpoint> endpoints, const Settings& settings, Logger& log);
    ~ControlThread() { end(); }
    ControlThread(const ControlThread&) = delete;
    ControlThread& operator=(const ControlThread&) = delete;

    /// Accepts nobody any more, answers requests of which a part has arrived, or arrives soon on a new connection
    /// (Settings::last_answers), and ends. Not allowed on the thread itself, nor on two threads at a time.
    void end() noexcept;
    /// From now on another process accepts at the endpoints that are passed on. Thread-safe.
    void handover_to_process() noexcept { handed_over_.store(true); }
    /// Serves a connection that was not accepted here, at the endpoint without a listener. `peer`: Request::peer.
    /// Thread-safe.
    void adopt(runtime::Fd socket, std::string peer);
    /// Whether the caller is the handler.
    bool here() const noexcept { return std::this_thread::get_id() == id_.load(); }

private:
    struct Peer {
        const Endpoint* endpoint;
        runtime::Fd socket;  // empty if there is a pipe
        ControlConnection connection;
        TimePoint deadline;
        login::AddressNetworks networks{};        // networks whose slots and rate it uses; empty: none
        bool is_stranger = false;                 // another user, whose requests are all rejected
        std::unique_ptr<transport::Pipe> pipe{};  // for TLS
        bool shakes_hands = false;                // its TLS handshake is not complete
        bool lingers = false;                     // the last answer was sent: further input is read and dropped
        bool has_right = false;                   // an answer that is not for everybody was sent
        std::size_t counted = 0;                  // answers already checked for that
        TokenBucket strange{};                    // rate of answers for everybody
        TimePoint held_until{};                   // while connection.is_paused()

        bool only_receives() const noexcept { return lingers || connection.waits_for_more(); }
        bool wants_input() const noexcept { return shakes_hands || only_receives() || connection.wants_input(); }
        int fd() const noexcept { return pipe ? pipe->fd() : socket.get(); }
        short events() const noexcept;
        /// Its input has arrived already, so no event will report it.
        bool has_input() const noexcept { return pipe && !shakes_hands && wants_input() && pipe->may_read_more(); }
        /// Its answers are sent, and its next request is held back.
        bool waits() const noexcept { return connection.is_paused() && !(pipe && pipe->has_pending()); }
        runtime::IoResult read(MutableBytes into) noexcept;
        runtime::IoResult write(Bytes bytes) noexcept;
        void end_sending() noexcept;
    };
    using Peers = std::list<Peer>;
    struct Adopted {
        runtime::Fd socket;
        std::string peer;
    };

    void run();
    void run_round(bool waits = true) noexcept;
    void round(bool waits);
    bool is_awaited(const Peer& peer, TimePoint now) const;
    TimePoint is_new_until(const Peer& peer) const;
    bool awaits_anybody(TimePoint now) const;
    void send_more(TimePoint now);
    int milliseconds_to_wait(TimePoint now) const;
    void accept_all(const Endpoint& endpoint, TimePoint now);
    void admit_adopted(TimePoint now);
    void admit(const Endpoint& endpoint, runtime::Fd socket, TimePoint now);
    bool is_within_rate(const login::AddressNetworks& networks, TimePoint now);
    bool make_room(const Endpoint& endpoint, const login::AddressNetworks& networks, bool is_stranger);
    void count_answer(Peer& peer, TimePoint now);
    void end_late(TimePoint now);
    bool serve(Peer& peer, short events, TimePoint now);
    bool converse(Peer& peer, TimePoint now);
    bool write_out(Peer& peer, TimePoint now);

    const std::vector<Endpoint> endpoints_;
    const Settings settings_;
    const PeerEviction eviction_;
    const ControlConnection::Handler refuse_;  // for strangers
    Logger& log_;
    runtime::Fd wake_;
    Peers peers_;
    login::NetworkRateLimiter arrival_rate_{{{{limits::admin_connections_rate, limits::admin_connections_of_home_rate,
                                               limits::admin_connections_of_block_rate}}}};
    TimePoint accept_again_{};  // nothing is accepted until then
    TimePoint ends_at_ = never;
    Mutex adopted_mutex_;
    std::vector<Adopted> adopted_ GUARDED_BY(adopted_mutex_);  // not served yet
    std::atomic<bool> ending_{false};
    std::atomic<bool> handed_over_{false};
    std::atomic<std::thread::id> id_{};
    std::thread thread_;
};

}  // namespace ferrotunnel::admin
