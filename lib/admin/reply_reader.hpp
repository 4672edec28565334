// The client's side of a connection to a control API: the text of a request, and the parser of its reply. No sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "admin/control_request.hpp"
#include "http/body_reader.hpp"
#include "http/response_parser.hpp"

namespace ferrotunnel::admin {

/// A request on a connection of its own.
std::string request_text(const ControlRequest& request);

/// What one read should bring.
inline constexpr std::size_t reply_read_size = 16'384;

/// The part of the reply received so far. It may have secrets: only the body outlives this.
class ReplyReader {
public:
    enum class State : std::uint8_t { more, complete, wrong };

    /// `to_head`: the request was HEAD. A body of more than `body_max` bytes is wrong.
    ReplyReader(bool to_head, std::size_t body_max);
    ~ReplyReader();
    ReplyReader(const ReplyReader&) = delete;
    ReplyReader& operator=(const ReplyReader&) = delete;

    State take(std::string_view bytes);
    /// The other end has closed the connection: whether that completes the reply.
    bool end() { return in_body_ && body_.end_of_input(); }

    Reply reply;

private:
    State read_body(std::string_view bytes);

    const std::size_t body_max_;
    http::ResponseParser parser_;
    http::BodyReader body_;
    std::string head_;
    bool in_body_ = false;
};

}  // namespace ferrotunnel::admin
