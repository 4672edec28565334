// Reads a backend's response from its stream: heads one after the other (interim ones first), then the body or, after a
// protocol switch, the raw bytes.
//
//   head --interim--> head --final--> body --length, last chunk, end--> over
//                                \--101--> raw --end--> over
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "buffer/slab.hpp"
#include "exchange/answer.hpp"
#include "exchange/backend_stream.hpp"
#include "exchange/exchange_worker.hpp"
#include "http/body_reader.hpp"
#include "http/response_parser.hpp"

namespace ferrotunnel::exchange {

class ResponseReader {
public:
    explicit ResponseReader(ExchangeWorker& worker) noexcept : worker_(worker) {}
    ResponseReader(const ResponseReader&) = delete;
    ResponseReader& operator=(const ResponseReader&) = delete;
    ~ResponseReader() { worker_.release_parser(std::move(parser_)); }

    // --- heads ---

    enum class Progress : std::uint8_t { more, complete, refused };
    /// Reads bytes of a head from `item`, the front item of `backend`. When the head is complete, its bytes stay in
    /// place until forget_head().
    Progress read_head(BackendStream& backend, const mux::StreamItem& item, const http::ResponseContext& context);
    const http::ResponseHead& head() const noexcept { return parser_->head(); }
    http::Refusal refusal() const noexcept { return parser_->refusal(); }
    /// Drops the complete head, which has been written. `backend` is null if the stream is gone. `more`: another head
    /// follows, since this was an interim one.
    void forget_head(BackendStream* backend, bool more);
    bool has_head() const noexcept { return has_head_; }
    /// Whether a part of a head was read, but not all of it.
    bool is_within_head() const noexcept { return !has_head_ && !head_bytes_.empty(); }
    /// Keeps the bytes of the complete head in place, even while others are served.
    void hold_head(BackendStream& backend);
    /// Moves the complete head out of the stream, so that its body can be read while the head is still needed.
    void set_head_aside(BackendStream& backend);

    // --- the body ---

    /// Begins the body that belongs to the complete head.
    void begin_body();
    /// Whether the backend keeps the connection after this response.
    bool keeps_connection() const noexcept { return keeps_connection_ && body_.kind() != http::BodyKind::until_close; }
    /// The trailers, once the body has ended; null if there can be none.
    const http::Fields* trailers() const noexcept {
        return body_.kind() == http::BodyKind::chunked ? &body_.trailers() : nullptr;
    }
    /// Names in the response's Connection that could be sent as trailers, if the body is chunked.
    const std::string& connection_options() const noexcept { return connection_options_; }

    using Piece = AnswerPiece;
    /// The next piece of the body.
    Piece next(BackendStream& backend);
    /// The next piece of the raw bytes after a protocol switch.
    Piece next_raw(BackendStream& backend);

private:
    ExchangeWorker& worker_;
    std::unique_ptr<http::ResponseParser> parser_;
    std::string head_bytes_;             // of a head that did not arrive in one piece
    std::uint32_t pending_consume_ = 0;  // bytes of the front item that contain the complete head
    buffer::Slice held_;                 // the front item's bytes, while the head is held
    bool has_head_ = false;
    bool keeps_connection_ = false;
    http::BodyReader body_;
    std::string connection_options_;
};

}  // namespace ferrotunnel::exchange
