// A client's tie to its server over all its sessions: connects, registers its services, reconnects.
//
//   idle --start--> connecting --login--> connected --lost--> waiting --back-off over--> connecting
//                        \___failed___________________________/^
//   any --refused for good (token, version, superseded), attempts used up, stop--> stopped
//   connected --drain--> draining --visitors gone, or deadline--> stopped
//
// When the server runs out of stream ids it asks for a fresh session: the next one is made beside the present one,
// which then ends by itself as its visitors go. Lives on one worker; all members are for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/timer.hpp"
#include "tunnel/backoff.hpp"
#include "tunnel/client_session.hpp"
#include "tunnel/socket_pump.hpp"

namespace ferrotunnel::tunnel {

/// A service as the client offers it. Either `local` or `on_stream` says who serves.
struct ClientService {
    std::uint32_t id = 0;
    std::string name;
    std::uint16_t remote_port = 0;
    runtime::HostPort local;
    /// Takes the stream: attach it and accept it, or abort it. Empty: it is connected to `local`.
    std::function<void(IntrusivePtr<mux::Stream>, const wire::Open&)> on_stream;
};

/// What happens to the link.
struct LinkNotice {
    enum class Kind : std::uint8_t {
        connected,
        lost,
        reconnecting,
        registered,
        refused,   // a service, or with id 0 the login
        draining,  // by the server
        stopped,
    } kind = Kind::connected;
    std::uint32_t service = 0;
    std::string endpoint{};
    std::uint16_t port = 0;
    wire::Code code = wire::Code::none;
    std::string text{};
    Duration retry_in{};
};

class ClientLink {
public:
    struct Settings {
        Backoff::Settings backoff;
        unsigned attempts = 0;  // failed ones in a row before it gives up; 0: never
        /// A service that was refused is asked for again after this long.
        Duration refused_retry = std::chrono::seconds(30);
    };

    ClientLink(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const Settings& settings,
               std::function<void(const LinkNotice&)> notify);
    ~ClientLink();
    ClientLink(const ClientLink&) = delete;
    ClientLink& operator=(const ClientLink&) = delete;

    void add(ClientService service);
    void remove(std::uint32_t id);
    void start();
    /// No new visitors; `stopped` follows when the present ones have finished.
    void drain();
    /// Now; `stopped` follows, perhaps from within.
    void stop();

    bool connected() const noexcept { return current_ && current_->is_open(); }
    bool stopped() const noexcept { return state_ == State::stopped; }
    mux::SessionStats stats() const;

private:
    enum class State : std::uint8_t { idle, running, draining, stopped };
    struct Offered {
        ClientService service;
        std::uint16_t assigned = 0;  // the port that the server chose: asked for again after a reconnect
        bool asked_assigned = false;
        bool registered = false;
        bool refused = false;
    };

    void connect();
    void on_session_open(ClientSession& session, const Agreement& agreed);
    void on_message(ClientSession& session, const wire::ControlMessage& message);
    void on_registered(const wire::RegisteredService& answer);
    void on_refused(const wire::Refused& refused);
    void on_stream(ClientSession& session, IntrusivePtr<mux::Stream> stream, const wire::Open& open);
    void on_goaway(ClientSession& session, wire::Code code, std::string_view text);
    void on_session_end(ClientSession& session, const TrunkEnd& end);
    void register_services(bool only_refused);
    static wire::Service describe(Offered& offered);
    void send_register(const std::vector<wire::Service>& services);
    void retire_current();
    void finish_if_drained(wire::Code code, const std::string& text);
    void finish(wire::Code code, const std::string& text);
    void discard(std::unique_ptr<ClientSession> session);
    void retry_refused();
    void tell(LinkNotice notice) { notify_(notice); }

    runtime::Worker& worker_;
    const std::shared_ptr<ClientShared> shared_;
    const Settings settings_;
    const std::function<void(const LinkNotice&)> notify_;
    Backoff backoff_;
    runtime::Timer retry_timer_;
    runtime::Timer refused_timer_;
    State state_ = State::idle;
    std::map<std::uint32_t, Offered> services_;
    std::unique_ptr<ClientSession> current_;
    std::vector<std::unique_ptr<ClientSession>> retiring_;   // still with visitors, replaced by `current_`
    std::vector<std::unique_ptr<ClientSession>> discarded_;  // ended; perhaps still on the stack
    mux::SessionStats past_;                                 // sums over sessions that have ended
    std::uint64_t epoch_ = 0;
    std::uint32_t request_ = 0;
    unsigned failed_ = 0;  // attempts in a row
    TimePoint connected_at_{};
};

}  // namespace ferrotunnel::tunnel
