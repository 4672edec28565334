// The dialogue between a visitor of an exit and the exit before bytes are forwarded. The first byte distinguishes
// SOCKS5 (RFC 1928, with the login of RFC 1929) from HTTP. Sans-IO.
//
//   first byte 5:  methods --> [login] --> request --.
//   any other:     head of a request ----------------+--> requested --granted(), bytes of the destination--> granted
//                      |                              `--refuse()--.
//                      `--broken, not supported, or a wrong login--+--> refused: the output reports it, then nothing
//
// CONNECT of both forwards bytes. For HTTP, a request for a URL with http:// is rewritten for its destination, as the
// last one of its connection: so everything that follows is its response, and does not have to be parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "exits/users.hpp"
#include "http/request_parser.hpp"
#include "net/host_port.hpp"

namespace ferrotunnel::exits {

/// Why a visitor cannot be connected to its destination.
enum class Refusal : std::uint8_t { not_allowed, no_such_name, unreachable, refused, timeout, busy };

class ExitHandshake {
public:
    enum class State : std::uint8_t { reading, requested, granted, refused };

    /// Without users no login is required. They have to outlive the handshake.
    explicit ExitHandshake(const std::vector<User>& users) : users_(users) {}

    /// Takes received bytes while it reads; returns how many of them belong to the handshake. The bytes after them
    /// are for the destination. The outcome does not depend on how the bytes are split.
    std::size_t receive(Bytes bytes);
    State state() const noexcept { return state_; }
    /// Bytes to send to the visitor now.
    std::string take_output() { return std::exchange(output_, {}); }

    /// The requested destination: a name in normal form, or a numeric address without brackets.
    const net::HostPort& target() const noexcept { return target_; }
    /// Bytes that the destination has to get before the visitor's further bytes.
    std::string take_preamble() { return std::exchange(preamble_, {}); }
    /// Whether the visitor was refused because of a wrong name or password: the reply should wait.
    bool is_wrong_login() const noexcept { return wrong_login_; }
    /// Why the visitor was refused, if not by refuse(); for logs, without anything that the visitor has sent.
    std::string_view reason() const noexcept { return reason_; }

    /// Call one of these in the state `requested`: the destination is connected, or why it is not.
    void grant();
    void refuse(Refusal why);

private:
    enum class Step : std::uint8_t { first, methods, login, request, head };

    // Each returns whether it has made progress.
    bool read_step();
    bool read_methods();
    bool read_login();
    bool read_request();
    bool read_head();
    bool is_logged_in(const http::RequestHead& head);
    void write_request(const http::RequestHead& head, std::string_view text);
    bool ask(std::string host, std::uint16_t port);
    bool refuse_http(unsigned status, std::string_view sentence);
    bool refuse_socks(std::uint8_t code, std::string_view why);
    bool end(std::string_view why);

    const std::vector<User>& users_;
    http::RequestParser parser_{head_limits, true};
    Step step_ = Step::first;
    State state_ = State::reading;
    std::string input_;  // bytes that the present step has not consumed
    std::string output_;
    std::string preamble_;
    net::HostPort target_;
    std::string_view reason_;
    bool is_socks_ = false;
    bool is_tunnel_ = true;
    bool wrong_login_ = false;

    static const http::HeadLimits head_limits;
};

}  // namespace ferrotunnel::exits
