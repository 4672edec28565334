// Reads a backend's answer out of its stream: heads one after the other (interim ones first), then the body, or after a
// change of protocols whatever the backend says.
//
//   head --interim--> head --final--> body --length, last chunk, end--> over
//                                \--101--> raw --end--> over
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "buffer/slab.hpp"
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
    ~ResponseReader() { worker_.give_back(std::move(parser_)); }

    // --- heads ---

    enum class Progress : std::uint8_t { more, complete, refused };
    /// Reads what the front item of `backend` has of a head. Of a complete one the bytes stay where they are until
    /// forget_head().
    Progress read_head(BackendStream& backend, const mux::StreamItem& item, const http::ResponseContext& context);
    const http::ResponseHead& head() const noexcept { return parser_->head(); }
    http::Refusal refusal() const noexcept { return parser_->refusal(); }
    /// The complete head has been written. `backend`: if it is still there. `more`: it was an interim one.
    void forget_head(BackendStream* backend, bool more);
    bool has_head() const noexcept { return has_head_; }

    // --- the body ---

    /// Of the head that is complete now.
    void begin_body();
    bool keeps_connection() const noexcept { return keeps_connection_ && body_.kind() != http::BodyKind::until_close; }
    /// Null: there are none. Behind the body's end.
    const http::Fields* trailers() const noexcept {
        return body_.kind() == http::BodyKind::chunked ? &body_.trailers() : nullptr;
    }
    /// What Connection named that could come as a trailer.
    const std::string& hops() const noexcept { return hops_; }

    struct Piece {
        enum class Kind : std::uint8_t {
            nothing,  // for now; the stream wakes its user
            data,
            end,
            broken,  // it can not be completed: `why`
        } kind = Kind::nothing;
        buffer::Slice data{};
        std::string_view why{};
    };
    Piece next(BackendStream& backend);
    /// After a change of protocols.
    Piece next_raw(BackendStream& backend);

private:
    ExchangeWorker& worker_;
    std::unique_ptr<http::ResponseParser> parser_;
    std::string head_bytes_;             // of a head that did not come in one piece
    std::uint32_t pending_consume_ = 0;  // of the front item: what the complete head lies in
    bool has_head_ = false;
    bool keeps_connection_ = false;
    http::BodyReader body_;
    std::string hops_;
};

}  // namespace ferrotunnel::exchange
