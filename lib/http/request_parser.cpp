#include "http/request_parser.hpp"

#include <algorithm>

#include "http/characters.hpp"
#include "http/target.hpp"
#include "http/version_reader.hpp"

namespace ferrotunnel::http {

RequestParser::RequestParser(const HeadLimits& limits, bool connect_wanted) noexcept
    : limits_(limits), fields_(limits), connect_wanted_(connect_wanted) {}

void RequestParser::reset() noexcept {
    head_.method = Method::other;
    head_.fields.clear();
    at_ = 0;
    line_at_ = 0;
    method_at_ = 0;
    phase_ = Phase::before;
    fault_ = Fault::none;
}

ParseState RequestParser::parse(std::string_view bytes) noexcept {
    while (phase_ < Phase::fields && fault_ == Fault::none) {
        const std::size_t end = readable(bytes.size(), line_at_, limits_);
        if (at_ >= end) {
            fault_ = line_limit();
            if (fault_ == Fault::none) {
                return ParseState::more;
            }
        } else {
            fault_ = read_request_line(bytes.data(), end);
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

// The limit that was exceeded, if any; within the target it is always the target's.
Fault RequestParser::line_limit() const noexcept {
    const Fault fault = exceeded_limit(at_, line_at_, limits_);
    return fault != Fault::none && phase_ == Phase::target ? Fault::target_too_long : fault;
}

// Continues in the phase in which the last call ran out of bytes; there is at least one byte.
Fault RequestParser::read_request_line(const char* data, std::size_t size) noexcept {
    const char* at = data + at_;
    const char* const end = data + size;
    Fault fault = Fault::none;
    switch (phase_) {
        case Phase::before:
            if (*at == '\r') {  // some clients send an empty line after a body
                ++at;
                phase_ = Phase::before_line_feed;
                break;
            }
            phase_ = Phase::method;
            [[fallthrough]];
        case Phase::method:
            fault = read_method(data, at, end);
            if (phase_ != Phase::target || at == end) {
                break;
            }
            [[fallthrough]];
        case Phase::target:
            fault = read_request_target(data, at, end);
            if (phase_ != Phase::version || at == end) {
                break;
            }
            [[fallthrough]];
        case Phase::version: {
            const char* const version = data + version_at_;
            const auto seen = std::min(static_cast<std::size_t>(end - version), version_bytes);
            fault = read_version({version, seen}, head_.version);
            at = version + seen;
            if (fault != Fault::none || at == end) {
                break;
            }
            if (*at != '\r') {
                return *at == '\n' ? Fault::bare_line_feed : Fault::bad_version;
            }
            ++at;
            phase_ = Phase::line_feed;
            break;
        }
        case Phase::before_line_feed:
        case Phase::line_feed:
            if (*at != '\n') {
                return Fault::bare_carriage_return;
            }
            ++at;
            line_at_ = static_cast<std::size_t>(at - data);
            if (phase_ == Phase::before_line_feed) {
                method_at_ = line_at_;
                phase_ = Phase::method;
            } else {
                fields_.begin(line_at_);
                phase_ = Phase::fields;
            }
            break;
        case Phase::fields:
        case Phase::complete:
            break;
    }
    at_ = static_cast<std::size_t>(at - data);
    return fault;
}

Fault RequestParser::read_method(const char* data, const char*& at, const char* end) noexcept {
    const char* const method = data + method_at_;
    const std::size_t room = limits::http_method_max + 1;
    const char* const stop = static_cast<std::size_t>(end - method) > room ? method + room : end;
    at = detail::skip(at, stop, detail::class_token);
    const auto size = static_cast<std::size_t>(at - method);
    if (size > limits::http_method_max) {
        return Fault::method_too_long;
    }
    if (at == end) {
        return Fault::none;
    }
    if (size == 0) {
        return is_blank(*at) ? Fault::leading_space : *at == '\n' ? Fault::bare_line_feed : Fault::bad_method;
    }
    if (*at != ' ') {
        return *at == '\r' || *at == '\n' ? Fault::bad_request_line : Fault::bad_method;
    }
    head_.method = method_of({method, size});
    ++at;
    target_at_ = static_cast<std::size_t>(at - data);
    phase_ = Phase::target;
    return Fault::none;
}

Fault RequestParser::read_request_target(const char* data, const char*& at, const char* end) noexcept {
    const char* const target = data + target_at_;
    const std::size_t room = limits_.target_bytes_max + 1;
    const char* const stop = static_cast<std::size_t>(end - target) > room ? target + room : end;
    at = scan_target(at, stop);
    const auto size = static_cast<std::size_t>(at - target);
    if (size > limits_.target_bytes_max) {
        return Fault::target_too_long;
    }
    if (at == end) {
        return Fault::none;
    }
    if (*at != ' ' || size == 0) {
        return *at == ' ' || *at == '\r' || *at == '\n' ? Fault::bad_request_line : Fault::bad_target;
    }
    target_size_ = size;
    ++at;
    version_at_ = static_cast<std::size_t>(at - data);
    phase_ = Phase::version;
    return Fault::none;
}

namespace {

// Whether the method is allowed. Methods are case-sensitive, but not all programs behind the edge respect that: to
// them, "trace" may be TRACE. TRACK is another name for TRACE in some programs.
Fault check_method(Method method, std::string_view text, bool connect_wanted) noexcept {
    switch (method) {
        case Method::trace:
            return Fault::trace_not_wanted;
        case Method::connect:
            return connect_wanted ? Fault::none : Fault::connect_not_wanted;
        case Method::other:
            if (same_text(text, "TRACE") || same_text(text, "TRACK")) {
                return Fault::trace_not_wanted;
            }
            return same_text(text, "CONNECT") ? Fault::connect_not_wanted : Fault::none;
        default:
            return Fault::none;
    }
}

}  // namespace

// Decides what the head means. All of it is there, and its lines are well-formed.
Fault RequestParser::decide(std::string_view bytes) noexcept {
    head_.method_text = bytes.substr(method_at_, target_at_ - 1 - method_at_);
    std::string_view authority;
    Fault fault = read_target(bytes.substr(target_at_, target_size_), head_.method, head_.target, authority);
    if (fault != Fault::none) {
        return fault;
    }
    fault = check_method(head_.method, head_.method_text, connect_wanted_);
    if (fault != Fault::none) {
        return fault;
    }
    const SpecialFields special = find_special(head_.fields);
    fault = decide_host(special, authority);
    if (fault == Fault::none) {
        fault = decide_body(special);
    }
    return fault == Fault::none ? decide_connection(special) : fault;
}

namespace {

bool is_same_host(const Authority& a, const Authority& b, std::uint16_t default_port) {
    HostBuffer room_a;
    HostBuffer room_b;
    const auto port = [&](const Authority& some) { return some.port == 0 ? default_port : some.port; };
    return port(a) == port(b) && normal_host(a, room_a) == normal_host(b, room_b);
}

}  // namespace

Fault RequestParser::decide_host(const SpecialFields& special, std::string_view target_authority) noexcept {
    if (special.hosts > 1) {
        return Fault::duplicate_host;
    }
    // The meaning of a CONNECT is in its target, and HTTP/1.0 clients (nc, socat, ssh's helpers) send nothing else.
    const bool needs_host = head_.target.form != TargetForm::authority || head_.version != Version::http10;
    if (special.hosts == 0 && needs_host) {
        return Fault::missing_host;
    }
    Authority host;
    if (special.hosts == 1 && split_authority(special.host, host) != AuthorityFault::none) {
        return Fault::bad_host;
    }
    head_.authority = host;
    head_.authority_text = special.host;
    if (head_.target.form != TargetForm::absolute && head_.target.form != TargetForm::authority) {
        return Fault::none;
    }
    if (split_authority(target_authority, head_.authority) != AuthorityFault::none) {
        return Fault::bad_host;
    }
    head_.authority_text = target_authority;
    std::uint16_t default_port = head_.target.https ? 443 : 80;
    if (head_.target.form == TargetForm::authority) {
        if (head_.authority.port == 0) {
            return Fault::bad_target;
        }
        default_port = head_.authority.port;  // the Host of a CONNECT often has no port
    }
    return special.hosts == 0 || is_same_host(host, head_.authority, default_port) ? Fault::none : Fault::host_differs;
}

Fault RequestParser::decide_body(const SpecialFields& special) noexcept {
    head_.body = Body{};
    if (special.lengths == 0 && special.encodings == 0) {
        return Fault::none;
    }
    if (head_.method == Method::connect) {
        return Fault::body_not_allowed;
    }
    if (special.encodings != 0) {
        if (special.lengths != 0) {
            return Fault::length_and_encoding;
        }
        if (head_.version == Version::http10) {
            return Fault::encoding_in_http10;
        }
        if (special.encodings != 1) {
            return Fault::duplicate_encoding;
        }
        head_.body.kind = BodyKind::chunked;
        return check_encoding(special.encoding);
    }
    if (special.lengths != 1) {
        return Fault::duplicate_content_length;
    }
    const auto length = parse_length(special.length);
    if (!length) {
        return Fault::bad_content_length;
    }
    head_.body = Body::of_length(*length);
    return Fault::none;
}

Fault RequestParser::decide_connection(const SpecialFields& special) noexcept {
    ConnectionOptions options;
    if (special.connection) {
        options = read_connection(head_.fields);
        if (!options.well_formed) {
            return Fault::bad_connection;
        }
        if (options.names_protected) {
            return Fault::protected_field_in_connection;
        }
    }
    const bool http11 = head_.version == Version::http11;
    const bool has_body = head_.body.kind == BodyKind::chunked || head_.body.length != 0;
    head_.keep_alive = !options.close && (http11 || options.keep_alive);
    head_.expects_continue = false;
    head_.accepts_trailers = false;
    head_.upgrade.clear();
    if (special.expect && http11) {
        if (!expects_only_continue(head_.fields)) {
            return Fault::unknown_expectation;
        }
        head_.expects_continue = has_body;
    }
    if (special.te && http11) {
        head_.accepts_trailers = list_contains(head_.fields, FieldName::te, "trailers");
    }
    if (special.upgrades != 0 && options.upgrade && http11 && !has_body) {
        read_offer(head_.fields, head_.upgrade);
    }
    return Fault::none;
}

}  // namespace ferrotunnel::http
