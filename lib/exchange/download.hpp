// The response body on its way to the visitor: as the backend sends it or the edge makes it, and through the plugins
// that read it.
//
//   backend --gather--> collected --decided--.
//   backend, local answer -------------------+--> filters, if plugins read or change it --next--> visitor
//
// A body that is gathered is kept until plugins have decided on its head. It then follows the head byte for byte, with
// its original framing: what was collected, `rest`, and what arrives later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "buffer/slab.hpp"
#include "exchange/answer.hpp"
#include "exchange/response_reader.hpp"
#include "hooks/http_run.hpp"

namespace ferrotunnel::exchange {

class Download {
public:
    using Piece = AnswerPiece;

    struct Needs {
        ResponseReader& response;
        const IntrusivePtr<BackendStream>& stream;
        const std::unique_ptr<hooks::HttpRun>& run;  // null without plugins
    };

    explicit Download(const Needs& needs) noexcept : needs_(needs) {}

    // --- before the head is given out ---

    /// A plugin decides on the head when it has the body of the backend's response. The head is kept, since plugins
    /// still read and change it.
    void begin_gathering();
    bool is_gathered() const noexcept { return gathered_.has_value(); }
    /// Gathers the received part of the body. `end`: the plugins decide now; otherwise `nothing` or `broken`.
    Piece gather();
    /// The time for gathering is over: the plugins decide without the body.
    void stop_gathering() noexcept;

    // --- the body ---

    /// Whether responses with this status have a body that plugins may see, or represent one (as for HEAD).
    static bool may_have_body(std::uint16_t status) noexcept { return status >= 200 && status != 204 && status != 205; }
    /// The plugins have let the head pass. `has_body`: a body follows. Returns whether they replace it.
    bool begin(bool has_body, std::uint16_t status) noexcept;
    /// Whether plugins read the body.
    bool is_with_plugins() const noexcept { return filters_ != nullptr; }
    /// The next piece of the backend's body.
    Piece next() { return filters_ != nullptr ? next_from_filters(nullptr) : next_of_backend(); }
    /// The next piece of a local body, if plugins read it.
    Piece next_local(std::string_view body) { return next_from_filters(&body); }

    /// Another response replaces this one.
    void drop() noexcept { gathered_.reset(); }

private:
    /// A backend's response whose body was read, wholly or in part, before its head was given out.
    struct Gathered {
        std::size_t at = 0;  // how much of the collected bytes was passed on
        buffer::Slice rest;  // a piece that was read, and not collected
    };

    Piece next_of_backend() { return gathered_ ? next_gathered() : needs_.response.next(*needs_.stream); }
    Piece next_gathered();
    Piece next_of_local(std::string_view body);
    Piece next_of_source(const std::string_view* local) {
        return local != nullptr ? next_of_local(*local) : next_of_backend();
    }
    Piece next_from_filters(const std::string_view* local);
    Piece next_changed(const std::string_view* local);

    const Needs needs_;
    std::optional<Gathered> gathered_;
    hooks::BodyFilters* filters_ = nullptr;  // null if no plugin reads the body
    bool filters_have_end_ = false;          // `filters_` has received the end
    std::size_t fed_in_round_ = 0;           // bytes passed to `filters_` since other exchanges last had their turn
    std::size_t local_at_ = 0;               // how much of a local body `filters_` has received
};

}  // namespace ferrotunnel::exchange
