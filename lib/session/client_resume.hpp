// Resumes a client's session on a new connection, and proves there that the session belongs to this client.
//
//   idle --begin--> connecting --TCP--> login --welcome--> resumed (idle again, until the next loss)
//                     ^   |               |
//                     '---'-- each second-'-- refused for good --> refused
//
// Each attempt is a new connection. When the network is back, the first packet that gets through is that of a fresh
// attempt, so an attempt that has not connected is soon replaced by the next.
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
        /// There is a connection. `peer_received`: how much of the session the server has; `rest`: bytes that followed
        /// its welcome.
        std::function<void(std::unique_ptr<transport::Pipe>, std::uint64_t peer_received, const buffer::Slice& rest)>
            resumed;
        /// The server does not continue the session; further attempts are useless.
        std::function<void(const trunk::TrunkEnd&)> refused;
    };

    /// `agreed`: from the login that made the session.
    ClientResume(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const ClientLogin& login,
                 const login::Agreement& agreed, Callbacks callbacks);
    ~ClientResume() override;

    /// Begins to try, and continues until one of the callbacks or stop(). `received`: how much of the session this side
    /// has.
    void begin(std::uint64_t received);
    void stop() noexcept;
    /// To be called repeatedly from the time when the session should be given up: an attempt that has connected may
    /// finish, and if there is none a last, short one is made, so that a network that is back in time is found. False
    /// when no attempt is in progress.
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
    void transfer(std::uint64_t peer_received);
    void failed(wire::Code code, const std::string& text);

    runtime::Worker& worker_;
    const std::shared_ptr<ClientShared> shared_;
    const ClientLogin login_;
    const wire::ResumeId id_;
    const login::Key key_;
    const Callbacks callbacks_;
    runtime::Timer timer_;
    std::unique_ptr<ServerDial> dial_;
    IntrusivePtr<trunk::Trunk> trunk_;  // the trunk of the attempt's login
    std::unique_ptr<login::ClientHandshake> handshake_;
    TimePoint dialled_at_{};
    std::optional<TimePoint> last_dialled_at_{};  // start of the last attempt; set once the time is up
    std::uint64_t attempts_ = 0;
    std::uint64_t received_ = 0;
    bool trying_ = false;
};

}  // namespace ferrotunnel::session
