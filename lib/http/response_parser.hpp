// Reads the head of a backend's response and decides what it means for the request that it answers. It is used like
// RequestParser; an interim response (100, 103) is a head of its own: after it come reset() and the next head, for the
// same request. A response that is refused becomes 502 for the visitor, and the backend's stream is closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/field_reader.hpp"
#include "http/head.hpp"
#include "http/message_rules.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::http {

/// Facts of a request that the parser of its response needs; small, and without views.
struct ResponseContext {
    Method method = Method::get;
    UpgradeOffer upgrade;  // as offered to the backend

    static ResponseContext of(const RequestHead& request) noexcept { return {request.method, request.upgrade}; }
};

class ResponseParser {
public:
    explicit ResponseParser(const HeadLimits& limits = {}) noexcept;

    /// Prepares for the next head that answers the same request: after an interim response.
    void reset() noexcept;
    /// Prepares for the response to another request.
    void reset(const ResponseContext& context) noexcept;
    ParseState parse(std::string_view bytes) noexcept;

    std::size_t size() const noexcept { return fields_.at(); }
    const ResponseHead& head() const noexcept { return head_; }
    Refusal refusal() const noexcept { return response_refusal_of(fault_); }

private:
    // version --SP--> status --SP--> reason --CR--> line_feed --LF--> fields
    //                    \-----------CR----------->/
    enum class Phase : std::uint8_t { version, status, reason, line_feed, fields, complete };

    Fault read_status_line(const char* data, std::size_t size) noexcept;
    Fault read_status(const char* data, const char*& at, const char* end) noexcept;
    Fault decide(std::string_view bytes) noexcept;
    Fault decide_body(const SpecialFields& special) noexcept;

    HeadLimits limits_;
    FieldReader fields_;
    ResponseHead head_;
    ResponseContext context_;
    std::size_t at_ = 0;  // in the status line
    std::size_t status_at_ = 0;
    std::size_t reason_at_ = 0;
    std::size_t reason_size_ = 0;
    Phase phase_ = Phase::version;
    Fault fault_ = Fault::none;
};

}  // namespace ferrotunnel::http
