// One session of a client on one trunk: connecting, login, and incoming streams. A session is used once; its
// ClientTrunk makes the next.
//
//   connecting --socket--> login --welcome--> open --trunk ends--> ended
//        \____________________\__ failed ______________________/
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "login/handshake_client.hpp"
#include "runtime/round_trip.hpp"
#include "runtime/timer.hpp"
#include "session/client_shared.hpp"
#include "session/server_dial.hpp"
#include "session/visit_plan.hpp"
#include "trunk/socket_pump.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

class ClientResume;

class ClientSession final : private trunk::TrunkEvents {
public:
    /// Called on the worker, from within the session's events. After `on_end` none is called, and the session may be
    /// destroyed in a later round.
    struct Callbacks {
        std::function<void(const login::Agreement&)> on_open;
        std::function<void(const wire::ControlMessage&)> on_message;
        std::function<void(IntrusivePtr<mux::Stream>, const wire::Open&)> on_stream;
        std::function<void(wire::Code, std::string_view)> on_goaway;
        /// The connection was lost and the session waits to be resumed; and: it was resumed.
        std::function<void(const trunk::TrunkEnd&)> on_waiting;
        std::function<void()> on_resumed;
        std::function<void(const trunk::TrunkEnd&)> on_end;
        /// Whether the stream is a visitor of a UDP service.
        std::function<bool(const mux::Stream&)> has_datagrams;
    };

    ClientSession(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const ClientLogin& login,
                  Callbacks callbacks);
    ~ClientSession() override;
    ClientSession(const ClientSession&) = delete;
    ClientSession& operator=(const ClientSession&) = delete;

    void send(const wire::ControlPayload& message);
    /// Accepts no new visitors; ends when the present ones have finished, or, for a UDP service, limits::udp_drains_for
    /// later.
    void drain(std::string_view text);
    /// Requests a fresh session to replace this one, which continues until the fresh one has all its services.
    void renew(std::string_view why);
    void end(wire::Code code, std::string_view text);

    /// Opens a stream to the service for the visitor. On failure the visitor is left where it is.
    void visit(const std::shared_ptr<const VisitPlan>& plan, directory::Visitor& visitor);

    bool is_open() const noexcept { return open_; }
    const login::Agreement& agreed() const noexcept { return agreement_; }
    std::string transport_description() const {
        return trunk_ && trunk_->has_pipe() ? trunk_->pipe().description() : std::string();
    }
    Duration round_trip() const {
        return trunk_ && trunk_->has_pipe()
                   ? runtime::shortest_round_trip(trunk_->pipe().fd()).value_or(Duration::zero())
                   : Duration::zero();
    }

private:
    void connect();
    void on_connected(const std::string& problem, std::unique_ptr<transport::Pipe> pipe);
    void on_pipe_open() override;
    void on_control(Bytes message) override;
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) override;
    void on_goaway(wire::Code code, std::string_view text) override;
    void on_drained() override;
    void on_rotate_due() override;
    void on_detached(const trunk::TrunkEnd& why) override;
    void on_stall(const mux::Stall& stall) override;
    bool finish_resuming() override;
    void on_trunk_end(const trunk::TrunkEnd& end) override;
    void end_datagrams();
    void begin_resumable();
    void resumed(std::unique_ptr<transport::Pipe> pipe, std::uint64_t peer_received, const buffer::Slice& rest);
    void apply_step(const login::Step& step);
    void logged_in();
    void finish(trunk::TrunkEnd end);

    runtime::Worker& worker_;
    const std::shared_ptr<ClientShared> shared_;
    const ClientLogin login_;
    Callbacks callbacks_;
    const TimePoint login_until_;  // for connecting, TLS and login together
    std::unique_ptr<ServerDial> dial_;
    IntrusivePtr<trunk::Trunk> trunk_;
    std::unique_ptr<ServerInstances::Stay> stay_;        // null before the server's hello, or with one side
    std::unique_ptr<login::ClientHandshake> handshake_;  // null once the login is over
    std::optional<trunk::TrunkEnd> refused_;             // why the login failed, as text for the user of this side
    login::Agreement agreement_;
    std::unique_ptr<ClientResume> resume_;         // null if the session cannot be resumed
    std::unique_ptr<runtime::Timer> drain_timer_;  // set while it drains
    TimePoint detached_since_{};                   // since when the session waits for a connection; zero if it has one
    bool open_ = false;
    bool ended_ = false;
};

}  // namespace ferrotunnel::session
