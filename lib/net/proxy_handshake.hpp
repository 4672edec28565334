// The handshake of a client with a proxy: HTTP CONNECT or SOCKS5. Sans-IO.
//
//     http     CONNECT sent ------------------------------------2xx----------------> done
//     socks5   methods sent --none--> asked -------------------granted-------------> done
//                           --login--> login sent --accepted--> asked
//
// Any other answer, one that is too long, or bytes after the last one: failed, with a reason for the user. The server
// does not speak first on a trunk, so bytes after the proxy's answer cannot be the server's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "net/proxy.hpp"

namespace ferrotunnel::net {

class ProxyHandshake {
public:
    enum class State : std::uint8_t { in_progress, done, failed };

    /// `target`: the destination for the proxy. A name is resolved by the proxy.
    ProxyHandshake(const Proxy& proxy, const HostPort& target);

    /// Returns and clears the bytes to send now; empty: the proxy must answer first.
    std::string take_output() { return std::exchange(output_, {}); }
    /// Processes bytes from the proxy. The result does not depend on how the bytes arrive.
    State receive(Bytes bytes);
    State state() const noexcept { return state_; }
    /// The reason of a failure, worded to follow the proxy's name; without control characters and passwords.
    const std::string& failure() const noexcept { return failure_; }

private:
    enum class Awaits : std::uint8_t { http_head, socks_method, socks_login, socks_grant };

    void begin_http();
    void begin_socks();
    void send_socks_request();
    void read();
    void read_http();
    void read_socks_method();
    void read_socks_login();
    void read_socks_grant();
    std::string unauthorized(std::string_view head) const;
    void finish(std::size_t size);
    void fail(std::string why);

    const Proxy proxy_;
    const HostPort target_;
    Awaits awaits_ = Awaits::http_head;
    State state_ = State::in_progress;
    std::string output_;
    std::string received_;  // bytes that the current step has not consumed
    std::string failure_;
};

}  // namespace ferrotunnel::net
