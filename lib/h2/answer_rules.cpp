#include "h2/answer_rules.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>

#include "http/field_name.hpp"

namespace ferrotunnel::h2 {
namespace {

const std::uint8_t* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

bool has_upper_case(std::string_view name) noexcept {
    return std::any_of(name.begin(), name.end(), [](char byte) { return byte >= 'A' && byte <= 'Z'; });
}

}  // namespace

void AnswerRules::begin(http::Method method) noexcept {
    *this = {};
    method_ = method;
}

AnswerRules::Verdict AnswerRules::field(std::string_view name, std::string_view value) noexcept {
    if (name.starts_with(':')) {
        return pseudo_field(name, value);
    }
    has_regular_field_ = true;
    if (has_upper_case(name) || (name == "te" && !http::same_text(value, "trailers"))) {
        return Verdict::malformed;
    }
    // RFC 9113, 8.2.2 makes a message with one of these malformed; it does not name HTTP2-Settings.
    if (const http::FieldName known = http::field_name_of(name); http::is_of_connection(known)) {
        return known == http::FieldName::http2_settings ? Verdict::drop : Verdict::malformed;
    }
    if (nghttp2_check_header_name(bytes_of(name), name.size()) == 0 ||
        nghttp2_check_header_value(bytes_of(value), value.size()) == 0) {
        return Verdict::drop;
    }
    return name == "content-length" && !has_head_ ? content_length(value) : Verdict::keep;
}

AnswerRules::Verdict AnswerRules::pseudo_field(std::string_view name, std::string_view value) noexcept {
    const bool is_digits =
        std::all_of(value.begin(), value.end(), [](char byte) { return byte >= '0' && byte <= '9'; });
    if (name != ":status" || has_head_ || has_regular_field_ || status_ != 0 || value.size() != 3 || !is_digits) {
        return Verdict::malformed;
    }
    (void)std::from_chars(value.data(), value.data() + value.size(), status_);
    constexpr std::uint16_t switching_protocols = 101;  // HTTP/2 has none
    return status_ < 100 || status_ == switching_protocols ? Verdict::malformed : Verdict::keep;
}

AnswerRules::Verdict AnswerRules::content_length(std::string_view value) noexcept {
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (length_ || error != std::errc{} || end != value.data() + value.size()) {
        return Verdict::malformed;
    }
    length_ = length;
    return status_ == 204 ? Verdict::drop : Verdict::keep;
}

bool AnswerRules::has_no_body() const noexcept {
    return method_ == http::Method::head || status_ == 204 || status_ == 304;
}

bool AnswerRules::end_of_fields(bool last) noexcept {
    if (has_head_) {  // trailers
        const bool first = !is_over_;
        is_over_ = true;
        return last && first && end();
    }
    const bool is_interim = status_ < 200;
    if (status_ == 0 || (is_interim && (last || length_))) {
        return false;
    }
    has_regular_field_ = false;
    if (is_interim) {
        status_ = 0;
        return true;
    }
    has_head_ = true;
    return !last || end();
}

bool AnswerRules::data(std::size_t bytes) noexcept {
    bytes_ += bytes;
    return has_head_ && (bytes == 0 || !has_no_body()) && (!length_ || has_no_body() || bytes_ <= *length_);
}

bool AnswerRules::end() const noexcept {
    return has_head_ && (!length_ || has_no_body() || bytes_ == *length_);
}

}  // namespace ferrotunnel::h2
