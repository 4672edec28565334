// Status that a client's link has reported: its connections, and whether it is about to end.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "base/clock.hpp"
#include "ferrotunnel/stats.hpp"
#include "net/host_port.hpp"
#include "session/link_notice.hpp"

namespace ferrotunnel::detail {

/// Has no lock: the owner's guards it.
class ClientStatus {
public:
    /// A connection to a server.
    struct Connection {
        std::string server{};  // empty: not known yet
        std::string member{};  // likewise
        bool is_open = false;
        std::chrono::system_clock::time_point since{};  // of the present state
        std::string why{};                              // why it is not open
        std::string tls{};                              // its encryption, if it is open
        TimePoint detached_since{};                     // since when it waits to be resumed; zero if it does not

        bool is_waiting() const noexcept { return is_open && detached_since != TimePoint{}; }
        std::chrono::milliseconds waited() const {
            return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - detached_since);
        }
    };

    /// `wants_handover`: whether it wants to replace another client.
    explicit ClientStatus(bool wants_handover) noexcept : wants_handover_(wants_handover) {}

    void record(const session::LinkNotice& notice);
    /// The client ends: it accepts no more services and visits.
    void close() noexcept;
    /// The link has ended, perhaps with an error, which pending and later operations receive.
    void set_error(std::error_code error) noexcept { error_ = error; }
    /// The end is complete. False if the link has reported its end before.
    bool stop() noexcept;

    bool is_connected() const noexcept { return connected_; }
    bool wants_handover() const noexcept { return wants_handover_; }
    bool is_stopped() const noexcept { return phase_ == Phase::stopped; }
    /// Why the client has ended.
    std::error_code reason() const noexcept;
    /// Throws the reason if the client accepts no more services and visits. `what`: the attempted operation.
    void check_open(const char* what) const;

    void add_to(ClientStats& stats) const;
    /// Other servers of the cluster that the client may use.
    void set_known_servers(const std::vector<net::HostPort>& servers);
    const std::vector<std::string>& known_servers() const noexcept { return known_servers_; }
    /// Connections that were open or attempted, by number.
    const std::map<unsigned, Connection>& connections() const noexcept { return connections_; }

private:
    void leave(const std::string& server);

    enum class Phase : std::uint8_t { open, closed, stopped };

    Phase phase_ = Phase::open;
    std::error_code error_;
    bool connected_ = false;
    bool wants_handover_;
    bool end_reported_ = false;
    std::map<unsigned, Connection> connections_;
    std::vector<std::string> known_servers_;
    unsigned open_ = 0;
    std::uint64_t connects_ = 0;
    std::uint64_t losses_ = 0;
};

}  // namespace ferrotunnel::detail
