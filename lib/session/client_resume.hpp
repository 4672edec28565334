// Makes a new connection for a client's session that has lost its own, and proves there that the session is its own.
//
//   idle --begin--> connecting --TCP--> login --welcome--> resumed (idle again, until the next loss)
//                     ^   |               |
//                     '---'-- each second-'-- refused for good --> refused
//
// Each attempt is a connection of its own. What comes first when the network is back is the first packet of a fresh
// attempt, so that one that has not connected gives way to the next soon.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "runtime/timer.hpp"
#include "session/client_shared.hpp"
#include "session/server_dial.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker, as long as the session.
class ClientResume final : private trunk::TrunkEvents {
public:
    struct Callbacks {
        /// There is a connection. `peer_received`: what the server has of the session; `rest`: what came behind its
        /// welcome already.
        std::function<void(std::unique_ptr<transport::Pipe>, std::uint64_t peer_received, const buffer::Slice& rest)>
            resumed;
        /// The server does not continue with the session, whatever is tried.
        std::function<void(const trunk::TrunkEnd&)> refused;
    };

    /// `agreed`: of the login that has made the session.
    ClientResume(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const ClientLogin& login,
                 const login::Agreement& agreed, Callbacks callbacks);
    ~ClientResume() override;

    /// Begins to try, and continues until one of the callbacks or stop(). `received`: what this side has of the
    /// session.
    void begin(std::uint64_t received);
    void stop() noexcept;
    /// Called from the moment on when it is too late: an attempt that has connected may finish, and where there is none
    /// a last, short one is made, so that a network that is back in time is found. False when nothing is under way any
    /// more.
    bool finish();

private:
    void attempt();
    void drop_attempt() noexcept;
    void on_connected(const std::string& problem, std::unique_ptr<transport::Pipe> pipe);
    void on_pipe_open() override;
    void on_control(Bytes message) override;
    void on_open(IntrusivePtr<mux::Stream>, const wire::Open&) override {}
    void on_goaway(wire::Code, std::string_view) override {}
    void on_drained() override {}
    void on_rotate_due() override {}
    void on_trunk_end(const trunk::TrunkEnd& end) override;
    void hand_over(std::uint64_t peer_received);
    void failed(wire::Code code, const std::string& text);

    runtime::Worker& worker_;
    const std::shared_ptr<ClientShared> shared_;
    const ClientLogin login_;
    const wire::ResumeId id_;
    const login::Key key_;
    const Callbacks callbacks_;
    runtime::Timer timer_;
    std::unique_ptr<ServerDial> dial_;
    IntrusivePtr<trunk::Trunk> trunk_;  // of the login
    std::unique_ptr<login::ClientHandshake> handshake_;
    TimePoint dialled_at_{};
    std::optional<TimePoint> last_dialled_at_{};  // the last one, once it is too late
    std::uint64_t attempts_ = 0;
    std::uint64_t received_ = 0;
    bool trying_ = false;
};

}  // namespace ferrotunnel::session
