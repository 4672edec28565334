// Pieces of a response: as an exchange gets them, and as it gives them to its owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "buffer/slab.hpp"
#include "http/edits.hpp"
#include "http/fields.hpp"
#include "http/head.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::exchange {

/// A piece of what follows the head of a response, as an exchange gets it.
struct AnswerPiece {
    enum class Kind : std::uint8_t {
        nothing,  // for now; the stream wakes its user
        later,    // plugins have more to produce, and others should run first
        data,
        end,
        broken,  // the rest cannot arrive; `why` is the reason
    } kind = Kind::nothing;
    buffer::Slice data{};
    std::string_view why{};
    wire::Code code = wire::Code::none;  // of the reset, if there was one
};

/// A piece of a response, as an exchange gives it to its owner. The order is: interim heads, the head, data, the end.
struct Answer {
    enum class Kind : std::uint8_t {
        nothing,  // for now; on_exchange follows
        later,    // there is more, but it takes time to make: let others run before asking for it
        interim,  // 1xx
        head,     // 101 too: the data that follows is of another protocol
        data,
        end,
        broken,     // the response has begun and cannot be completed: it must not look complete
        elsewhere,  // no response: the visitor of another member has no service here, and nothing has acted on it
    } kind = Kind::nothing;

    // For heads. `head` is valid until the next call; null if the response is the edge's own. `edits` belong to the
    // worker: valid until any exchange of this worker begins, gives out a head, or writes trailers. An interim head of
    // the edge's own has neither.
    const http::ResponseHead* head = nullptr;
    const http::Edits* edits = nullptr;
    std::uint16_t status = 0;
    http::Body body;
    std::optional<std::uint64_t> content_length;  // for a body that is not sent: HEAD
    bool length_is_unknown = false;               // regardless of `head` and `body`: plugins replace the body
    /// gRPC's "trailers-only": there is no body, and in HTTP/2 every field of the head is metadata of the call.
    bool is_trailers_only = false;
    buffer::Slice data;                      // for data
    const http::Fields* trailers = nullptr;  // for the end; null or empty if there are none
    wire::Code code = wire::Code::none;      // for `broken`: the code of the backend's reset, if there was one

    static Answer data_of(buffer::Slice data) noexcept {
        Answer answer;
        answer.kind = Kind::data;
        answer.data = std::move(data);
        return answer;
    }
    static Answer end_of(const http::Fields* trailers) noexcept {
        Answer answer;
        answer.kind = Kind::end;
        answer.trailers = trailers;
        return answer;
    }
    /// The head of a backend's response.
    static Answer head_of(const http::ResponseHead& head, const http::Edits& edits, bool has_only_trailers,
                          bool length_is_unknown) noexcept {
        Answer answer;
        answer.kind = head.is_interim() ? Kind::interim : Kind::head;
        answer.head = &head;
        answer.edits = &edits;
        answer.status = head.status;
        answer.is_trailers_only = has_only_trailers;
        answer.length_is_unknown = length_is_unknown;
        return answer;
    }
    /// An interim head of the edge's own.
    static Answer interim_of(std::uint16_t status) noexcept {
        Answer answer;
        answer.kind = Kind::interim;
        answer.status = status;
        return answer;
    }
};

}  // namespace ferrotunnel::exchange
