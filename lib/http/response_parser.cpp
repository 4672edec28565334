#include "http/response_parser.hpp"

#include <algorithm>

#include "http/characters.hpp"
#include "http/version_reader.hpp"

namespace ferrotunnel::http {
namespace {

constexpr std::size_t status_digits = 3;

}  // namespace

ResponseParser::ResponseParser(const HeadLimits& limits) noexcept : limits_(limits), fields_(limits) {}

void ResponseParser::reset() noexcept {
    head_.fields.clear();
    at_ = 0;
    phase_ = Phase::version;
    fault_ = Fault::none;
}

void ResponseParser::reset(const ResponseContext& context) noexcept {
    context_ = context;
    reset();
}

ParseState ResponseParser::parse(std::string_view bytes) noexcept {
    while (phase_ < Phase::fields && fault_ == Fault::none) {
        const std::size_t end = readable(bytes.size(), 0, limits_);
        if (at_ >= end) {
            fault_ = exceeded_limit(at_, 0, limits_);
            if (fault_ == Fault::none) {
                return ParseState::more;
            }
        } else {
            fault_ = read_status_line(bytes.data(), end);
        }
    }
    if (phase_ == Phase::fields && fault_ == Fault::none) {
        const ParseState state = fields_.read(bytes, head_.fields);
        if (state == ParseState::more) {
            return state;
        }
        fault_ = state == ParseState::refused ? fields_.fault() : decide(bytes);
        phase_ = Phase::complete;
    }
    return fault_ == Fault::none ? ParseState::complete : ParseState::refused;
}

// Continues in the phase in which the last call ran out of bytes; there is at least one byte.
Fault ResponseParser::read_status_line(const char* data, std::size_t size) noexcept {
    const char* at = data + at_;
    const char* const end = data + size;
    Fault fault = Fault::none;
    switch (phase_) {
        case Phase::version: {
            const std::size_t seen = std::min(size, version_bytes);
            fault = read_version({data, seen}, head_.version);
            at = data + seen;
            if (fault != Fault::none || at == end) {
                break;
            }
            if (*at != ' ') {
                return Fault::bad_status_line;
            }
            ++at;
            status_at_ = static_cast<std::size_t>(at - data);
            phase_ = Phase::status;
            break;
        }
        case Phase::status:
            fault = read_status(data, at, end);
            break;
        case Phase::reason:
            at = scan_value(at, end);
            if (at == end) {
                break;
            }
            if (*at != '\r') {
                return *at == '\n' ? Fault::bare_line_feed : Fault::bad_status_line;
            }
            reason_size_ = static_cast<std::size_t>(at - data) - reason_at_;
            ++at;
            phase_ = Phase::line_feed;
            break;
        case Phase::line_feed:
            if (*at != '\n') {
                return Fault::bare_carriage_return;
            }
            ++at;
            fields_.begin(static_cast<std::size_t>(at - data));
            phase_ = Phase::fields;
            break;
        case Phase::fields:
        case Phase::complete:
            break;
    }
    at_ = static_cast<std::size_t>(at - data);
    return fault;
}

Fault ResponseParser::read_status(const char* data, const char*& at, const char* end) noexcept {
    const char* const digits = data + status_at_;
    while (at != end && at < digits + status_digits) {
        if (!detail::is_of(*at, detail::class_digit)) {
            return Fault::bad_status;
        }
        ++at;
    }
    if (at == end) {
        return Fault::none;
    }
    const auto digit = [&](std::size_t i) { return digits[i] - '0'; };
    head_.status = static_cast<std::uint16_t>(digit(0) * 100 + digit(1) * 10 + digit(2));
    if (head_.status < 100 || head_.status > 599) {
        return Fault::bad_status;
    }
    // Without a reason, many servers leave out the space as well.
    if (*at != ' ' && *at != '\r') {
        return *at == '\n' ? Fault::bare_line_feed : Fault::bad_status_line;
    }
    phase_ = *at == ' ' ? Phase::reason : Phase::line_feed;
    ++at;
    reason_at_ = static_cast<std::size_t>(at - data);
    reason_size_ = 0;
    return Fault::none;
}

// Decides what the head means. All of it is there, and its lines are well-formed.
Fault ResponseParser::decide(std::string_view bytes) noexcept {
    head_.reason = bytes.substr(reason_at_, reason_size_);
    const SpecialFields special = find_special(head_.fields);
    const ConnectionOptions options = special.connection ? read_connection(head_.fields) : ConnectionOptions{};
    const bool lasts = head_.version == Version::http11 || options.keep_alive;
    head_.keep_alive = lasts && !options.close && options.well_formed;
    head_.switches = false;
    const Fault fault = decide_body(special);
    if (fault != Fault::none) {
        return fault;
    }
    if (head_.status == 101) {
        if (head_.version == Version::http10 || !accepts_offer(head_.fields, context_.upgrade)) {
            return Fault::unoffered_upgrade;
        }
        head_.switches = true;
    } else if (context_.method == Method::connect && head_.status >= 200 && head_.status < 300) {
        head_.switches = true;
        head_.body = Body{};
        head_.content_length.reset();
    }
    if (head_.switches || head_.body.kind == BodyKind::until_close) {
        head_.keep_alive = false;
    }
    return Fault::none;
}

Fault ResponseParser::decide_body(const SpecialFields& special) noexcept {
    head_.body = Body{};
    head_.content_length.reset();
    if (special.lengths > 1) {
        return Fault::duplicate_content_length;
    }
    if (special.lengths == 1) {
        head_.content_length = parse_length(special.length);
        if (!head_.content_length) {
            return Fault::bad_content_length;
        }
    }
    if (special.encodings != 0) {
        if (head_.version == Version::http10) {
            return Fault::encoding_in_http10;
        }
        if (special.encodings != 1) {
            return Fault::duplicate_encoding;
        }
        const Fault fault = check_encoding(special.encoding);
        if (fault != Fault::none) {
            return fault;
        }
        // A program between here and the backend may have read the body by Content-Length instead: the
        // connection is not reused.
        head_.keep_alive = head_.keep_alive && special.lengths == 0;
        head_.content_length.reset();
    }
    if (context_.method == Method::head || head_.status < 200 || head_.status == 304) {
        return Fault::none;
    }
    if (head_.status == 204) {  // an announced body, though forbidden, may arrive and be mistaken for the next response
        head_.keep_alive = head_.keep_alive && special.encodings == 0 && head_.content_length.value_or(0) == 0;
        return Fault::none;
    }
    if (special.encodings != 0) {
        head_.body.kind = BodyKind::chunked;
    } else if (head_.content_length) {
        head_.body = Body::of_length(*head_.content_length);
    } else {
        head_.body.kind = BodyKind::until_close;
    }
    return Fault::none;
}

}  // namespace ferrotunnel::http
