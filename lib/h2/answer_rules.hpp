// HTTP/2 rules for a backend's response (RFC 9113, 8.1 to 8.3): pseudo-fields, names and values, and a length that
// matches the body. The library would check all this itself, but resets a 204 that declares a length, which passes in
// HTTP/1.1: such a response has no body, so its length has no meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/method.hpp"

namespace ferrotunnel::h2 {

class AnswerRules {
public:
    enum class Verdict : std::uint8_t { keep, drop, malformed };

    void begin(http::Method method) noexcept;
    /// Judges a field of a head or of the trailers; `drop`: it is left out.
    Verdict field(std::string_view name, std::string_view value) noexcept;
    // False if the answer is malformed.
    bool end_of_fields(bool last) noexcept;
    bool data(std::size_t bytes) noexcept;
    bool end() const noexcept;

private:
    Verdict pseudo_field(std::string_view name, std::string_view value) noexcept;
    Verdict content_length(std::string_view value) noexcept;
    bool has_no_body() const noexcept;

    http::Method method_ = http::Method::get;
    std::uint16_t status_ = 0;        // 0: not received yet
    bool has_regular_field_ = false;  // of the head that is being read
    bool has_head_ = false;           // the final head has been read
    bool is_over_ = false;            // the trailers have arrived
    std::optional<std::uint64_t> length_;
    std::uint64_t bytes_ = 0;
};

}  // namespace ferrotunnel::h2
