// The record of a finished request: its line in the access log, its line in the log if that has such lines, and its
// spans. All are made from the same notes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/entry.hpp"
#include "access/output.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "exchange/request_facts.hpp"
#include "exchange/visitor_facts.hpp"
#include "hooks/http_run.hpp"
#include "http/head.hpp"
#include "trace/context.hpp"
#include "trace/span_queue.hpp"

namespace ferrotunnel::exchange {

class ExchangeWorker;

class AccessRecord {
public:
    enum class Phase : std::uint8_t {
        asked,       // plugins start to examine the request
        decided,     // a plugin responds to it
        routed,      // the stages and plugins have let the request pass
        connected,   // there is a connection to the backend
        first_byte,  // the head of the response has arrived
    };
    /// How the exchange ended.
    struct End {
        const hooks::Outcome& outcome;
        access::Outcome how;
        std::string_view cause;   // why the edge or a plugin responded
        std::string_view member;  // of a group or a cluster: the member that had the request last
    };

    /// Records a request if the access log or a trace needs it. `head`: null if none could be read.
    void begin(const http::RequestHead* head, ExchangeWorker& edge, const VisitorFacts& visitor);
    bool has_begun() const noexcept { return noted_ != nullptr; }
    /// The request's place in its trace; null without traces.
    const trace::Context* trace() const noexcept { return noted_ && noted_->trace ? &*noted_->trace : nullptr; }
    /// Notes who the visitor is, as far as that can be trusted.
    void apply_forwarding(std::string_view visitor);
    /// Notes that a phase is over; only the first time counts.
    void mark(Phase phase, TimePoint now) noexcept {
        if (noted_) {
            std::optional<TimePoint>& at = noted_->phases[static_cast<std::size_t>(phase)];
            at = at ? at : now;
        }
    }
    /// Writes the line if begin() has noted a request. `begun`: the start that phases are measured from.
    void write(const RequestFacts& request, const VisitorFacts& visitor, const End& end, TimePoint begun,
               Logger& log) const noexcept;

private:
    static constexpr std::size_t phases = 5;

    /// What the record needs from the request's head, which no longer exists when the line is written.
    struct Noted {
        access::Output output;
        access::Lane* lane = nullptr;  // null without an access log
        std::shared_ptr<trace::SpanQueue> spans;
        std::optional<trace::Context> trace;
        std::chrono::system_clock::time_point time;
        std::string visitor;
        std::string method;
        std::string target;
        std::size_t path_size = 0;  // within the target
        std::string referer;
        std::string user_agent;
        http::Version version = http::Version::http11;
        std::optional<TimePoint> phases[AccessRecord::phases];
    };

    void write_debug(const RequestFacts& request, const VisitorFacts& visitor, const hooks::Outcome& outcome,
                     Logger& log) const;
    void write_access(const access::Entry& entry) const;
    void write_spans(const access::Entry& entry, TimePoint begun) const noexcept;
    access::Entry entry_of(const RequestFacts& request, const VisitorFacts& visitor, const End& end,
                           TimePoint begun) const;
    std::optional<Duration> since(TimePoint begun, Phase phase) const noexcept {
        const std::optional<TimePoint>& at = noted_->phases[static_cast<std::size_t>(phase)];
        return at ? std::optional(*at - begun) : std::nullopt;
    }

    std::unique_ptr<Noted> noted_;  // only if the record is wanted
};

}  // namespace ferrotunnel::exchange
