// Reads the head of a request and decides what it means: target, host, framing, connection, Expect and Upgrade. A head
// that is complete has passed every rule; one that is refused must be answered with `refusal().status` and the
// connection closed.
//
//     RequestParser parser(limits);
//     switch (parser.parse(all_bytes_of_this_request_so_far)) {
//         case ParseState::more:      // read more, and call again with the old bytes and the new ones behind them
//         case ParseState::complete:  // parser.head(); the body, or the next request, begins at parser.size()
//         case ParseState::refused:   // parser.refusal()
//     }
//     parser.reset();                 // before the next request
//
// The first offending byte decides, so the result does not depend on how the bytes were split. Nothing is allocated.
// The bytes may be elsewhere in memory at each call; the head's views point into those of the call that returned
// `complete`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/field_reader.hpp"
#include "http/head.hpp"
#include "http/message_rules.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::http {

class RequestParser {
public:
    /// `connect_wanted`: CONNECT is accepted like other requests, and not answered with 405.
    explicit RequestParser(const HeadLimits& limits = {}, bool connect_wanted = false) noexcept;

    const HeadLimits& limits() const noexcept { return limits_; }

    void reset() noexcept;
    ParseState parse(std::string_view bytes) noexcept;

    /// The size of the complete head, including the empty line before it if there was one.
    std::size_t size() const noexcept { return fields_.at(); }
    const RequestHead& head() const noexcept { return head_; }
    Refusal refusal() const noexcept { return refusal_of(fault_); }
    /// The method as far as it was read, even of a refused request: the response to HEAD has no body. `other` until it
    /// was read.
    Method method() const noexcept { return head_.method; }

private:
    // before --CR--> before_line_feed --LF--> method --SP--> target --SP--> version --CR--> line_feed --LF--> fields
    //   \------------------------------------/
    enum class Phase : std::uint8_t { before, before_line_feed, method, target, version, line_feed, fields, complete };

    Fault read_request_line(const char* data, std::size_t size) noexcept;
    Fault read_method(const char* data, const char*& at, const char* end) noexcept;
    Fault read_request_target(const char* data, const char*& at, const char* end) noexcept;
    Fault line_limit() const noexcept;
    Fault decide(std::string_view bytes) noexcept;
    Fault decide_host(const SpecialFields& special, std::string_view target_authority) noexcept;
    Fault decide_body(const SpecialFields& special) noexcept;
    Fault decide_connection(const SpecialFields& special) noexcept;

    HeadLimits limits_;
    FieldReader fields_;
    RequestHead head_;
    std::size_t at_ = 0;  // in the request line
    std::size_t line_at_ = 0;
    std::size_t method_at_ = 0;
    std::size_t target_at_ = 0;
    std::size_t target_size_ = 0;
    std::size_t version_at_ = 0;
    Phase phase_ = Phase::before;
    Fault fault_ = Fault::none;
    bool connect_wanted_;
};

}  // namespace ferrotunnel::http
