// A backend's response on its way from HTTP/2 to HTTP/1.1: fields and data go in as the library reads them, bytes
// come out.
//
//   begin --field...--> end_of_head --1xx--> field...
//                            \--final--> data... --> end (with trailers, if there are any)
//
// Heads are written when they are complete. No more of the body is kept than the backend's window lets through, and it
// is split into chunks as it is taken, so many small frames need no more room than a large one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "http/method.hpp"

namespace ferrotunnel::h2 {

class ClientAnswer {
public:
    /// Prepares for the response to another request. The previous one has been taken completely.
    void begin(http::Method method) noexcept;

    // --- from the backend ---

    /// False: the head, or the trailers, have become too large.
    bool field(std::string_view name, std::string_view value);
    /// The head is complete. `last`: nothing follows. `closes`: no further request can be sent on this connection.
    void end_of_head(bool last, bool closes);
    /// Takes a piece of the body. Returns how many bytes count as taken at once, since they are discarded.
    std::size_t data(Bytes bytes);
    /// The response is complete; the fields since the head are its trailers.
    void end();

    /// Writes a response of our own without content, instead of the backend's, which has not begun.
    void refuse(std::uint16_t status);

    // --- to the tunnel ---

    bool has_output() const noexcept;
    struct Given {
        std::size_t bytes = 0;    // written to the room
        std::size_t payload = 0;  // of the body, for which the backend gets its window back
    };
    /// Writes the next bytes, as far as there is room.
    Given give(MutableBytes into);

    bool has_begun() const noexcept { return has_begun_; }
    bool has_head() const noexcept { return has_head_; }
    bool is_complete() const noexcept { return complete_; }
    /// The response is complete, and all of it was taken.
    bool is_over() const noexcept { return complete_ && !has_output(); }
    std::size_t head_bytes() const noexcept { return text_.size() - text_at_ + fields_.size(); }
    std::size_t body_bytes() const noexcept { return body_.size() - body_at_; }

private:
    enum class Framing : std::uint8_t { none, length, chunked };

    void write_status();
    void write_framing(bool last);
    std::size_t take_body(MutableBytes into);

    http::Method method_ = http::Method::get;
    std::uint16_t status_ = 0;
    std::optional<std::string> content_length_;
    std::string fields_;  // of the head, or the trailers, that is being read
    std::size_t field_count_ = 0;
    std::size_t field_bytes_ = 0;
    bool is_grpc_ = false;
    bool has_trailer_field_ = false;
    Framing framing_ = Framing::none;
    std::string text_;  // to be given before the body
    std::size_t text_at_ = 0;
    std::string body_;
    std::size_t body_at_ = 0;
    std::size_t chunk_left_ = 0;  // of the body, in the chunk whose size was given out
    std::string end_;             // to be given after it
    std::size_t end_at_ = 0;
    bool has_begun_ = false;
    bool has_head_ = false;
    bool complete_ = false;
};

}  // namespace ferrotunnel::h2
