// What a visitor of an exit and the exit say to each other before bytes pass through. The first byte tells SOCKS5 (RFC
// 1928, with the login of RFC 1929) and HTTP apart. Sans-IO.
//
//   first byte 5:  methods --> [login] --> request --.
//   any other:     head of a request ----------------+--> asked --granted(), the bytes are the destination's--> granted
//                      |                              `--refuse()--.
//                      `--broken, not supported, or a wrong login--+--> refused: the output says so, and that is all
//
// CONNECT of both passes bytes on. Of HTTP, a request for a URL with http:// is written again for its destination, as
// the last one of its connection: so what the destination answers is all that comes, and nobody has to read it.
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

/// Why a visitor does not get where it wants to go.
enum class Refusal : std::uint8_t { not_allowed, no_such_name, unreachable, refused, timeout, busy };

class Conversation {
public:
    enum class State : std::uint8_t { reading, asked, granted, refused };

    /// Without users nobody has to log in. They have to outlive the conversation.
    explicit Conversation(const std::vector<User>& users) : users_(users) {}

    /// Takes what has come, while it reads; answers how many bytes of that are the conversation's. What is behind them
    /// is for the destination. The outcome does not depend on how the bytes arrive.
    std::size_t receive(Bytes bytes);
    State state() const noexcept { return state_; }
    /// What has to be sent to the visitor now.
    std::string take_output() { return std::exchange(output_, {}); }

    /// Where it wants to go: a name in normal form, or a numeric address without brackets.
    const net::HostPort& target() const noexcept { return target_; }
    /// What the destination has to get before what the visitor still sends.
    std::string take_preamble() { return std::exchange(preamble_, {}); }
    /// It was refused since name or password are wrong: the answer should wait.
    bool is_wrong_login() const noexcept { return wrong_login_; }
    /// Why it was refused, if it was not refuse(); for logs, without anything that the visitor has sent.
    std::string_view reason() const noexcept { return reason_; }

    /// To be called when it has asked: the destination is connected, or why it is not.
    void grant();
    void refuse(Refusal why);

private:
    enum class Step : std::uint8_t { first, methods, login, request, head };

    // Each answers whether it has got further.
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
    std::string input_;  // what the present step has not consumed
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
