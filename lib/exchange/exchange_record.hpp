// Recording of an exchange: its access log line, its spans, and the counters of its service.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "exchange/access_record.hpp"
#include "exchange/exchange_context.hpp"
#include "hooks/http_run.hpp"

namespace ferrotunnel::exchange {

class ExchangeRecord {
public:
    /// How the exchange ended.
    struct End {
        access::Outcome how;
        std::uint64_t request_bytes;  // of the body
        hooks::HttpRun* run;          // receives the end; null without plugins
        std::string_view cause;       // why the edge or a plugin responded
        std::string_view member;      // of a group or a cluster: the member that had the request last
    };

    explicit ExchangeRecord(const ExchangeContext& at) noexcept : at_(at) {}

    /// `head`: null if none could be read.
    void begin(const http::RequestHead* head) {
        access_.begin(head, at_.edge, at_.visitor);
        begun_at_ = at_.now();
    }
    /// Records who the visitor is, as far as that can be trusted.
    void apply_forwarding(std::string_view visitor) { access_.apply_forwarding(visitor); }
    /// Records that a phase is over; only the first time counts.
    void mark(AccessRecord::Phase phase, TimePoint now) noexcept { access_.mark(phase, now); }
    /// The request's place in its trace; null without traces.
    const trace::Context* trace() const noexcept { return access_.trace(); }
    /// A head of a response was given out, interim ones excluded.
    void answer(std::uint16_t status) noexcept;
    bool has_answer() const noexcept { return has_answer_; }
    void add_answer_bytes(std::size_t bytes) noexcept { answer_bytes_ += bytes; }
    /// The exchange is over: counts it for its service. `request_bytes`: of the body.
    void count(std::uint64_t request_bytes) noexcept {
        count_answer();
        count_visitor(request_bytes + answer_bytes_);
    }
    /// Whether its line or its spans are wanted.
    bool is_recorded() const noexcept { return access_.has_begun(); }
    /// Reports the end to plugins, and writes line and spans.
    void write(const End& end) noexcept;

private:
    /// A finished request counts by its response; without one it does not.
    void count_answer() noexcept;
    /// A finished request, answered or not, counts for the visitors with the most traffic of its service. `bytes`: of
    /// the bodies, both ways.
    void count_visitor(std::uint64_t bytes) noexcept;

    const ExchangeContext& at_;
    AccessRecord access_;
    TimePoint begun_at_{};
    std::uint64_t answer_bytes_ = 0;
    std::uint16_t status_ = 0;  // of the response
    bool has_answer_ = false;
};

}  // namespace ferrotunnel::exchange
