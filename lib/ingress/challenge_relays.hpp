// Connections of CAs that check a host for another ACME client on this machine (TLS-ALPN-01, RFC 8737): their bytes
// pass untouched to that client's address, from the ClientHello on, which is still in the socket.
#pragma once

#include <cstddef>
#include <list>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "ingress/limits.hpp"
#include "login/connection_limiter.hpp"
#include "runtime/address.hpp"
#include "runtime/deadline_wheel.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::ingress {

/// Those of one worker, at most limits::challenge_relays_max. Lives on the worker.
class ChallengeRelays {
public:
    /// All of them outlive it.
    /// `time`: how long one may take.
    ChallengeRelays(runtime::Worker& worker, runtime::DeadlineWheel& wheel, Logger& log,
                    Duration time = limits::challenge_relay_time) noexcept;
    ~ChallengeRelays();
    ChallengeRelays(const ChallengeRelays&) = delete;
    ChallengeRelays& operator=(const ChallengeRelays&) = delete;

    /// Connects `socket` with `to`. It is rejected if nothing accepts connections at `to`. If there are too many
    /// already, the oldest one is closed. `ticket` is held as long as the connection lives.
    void begin(runtime::Fd socket, const std::string& from, const runtime::SocketAddress& to,
               login::ConnectionTicket ticket);
    /// Closes all of them.
    void clear() noexcept;
    std::size_t size() const noexcept { return all_.size(); }

private:
    class Relay;

    void log_failure(const std::string& from, const runtime::SocketAddress& to, const std::string& why);

    runtime::Worker& worker_;
    runtime::DeadlineWheel& wheel_;
    Logger& log_;
    const Duration time_;
    std::list<Relay> all_;
};

}  // namespace ferrotunnel::ingress
