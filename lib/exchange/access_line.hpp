// The line that each request has when it is over: in the access log, and in the log where that has such lines.
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

namespace ferrotunnel::exchange {

class AccessLine {
public:
    enum class Phase : std::uint8_t {
        routed,      // the stages and plugins have let the request pass
        connected,   // there is a connection to the backend
        first_byte,  // the head of the answer is there
    };
    /// How the exchange ended.
    struct End {
        const hooks::Outcome& outcome;
        access::Outcome how;
        std::string_view cause;  // why the edge or a plugin has answered
    };

    /// Notes a request, where somebody wants its line. `head`: null if none could be read. `lane`: the worker's; null:
    /// there is no access log.
    void begin(const http::RequestHead* head, const access::Output& output, access::Lane* lane, const Logger& log);
    bool has_begun() const noexcept { return noted_ != nullptr; }
    /// Notes who the visitor is, as far as that can be believed.
    void believe(std::string_view visitor);
    /// Notes that a phase is over; only the first time counts.
    void mark(Phase phase, TimePoint now) noexcept {
        if (noted_) {
            std::optional<TimePoint>& at = noted_->phases[static_cast<std::size_t>(phase)];
            at = at ? at : now;
        }
    }
    /// Writes the line, if begin() has noted a request. `begun`: what the phases are counted from.
    void write(const RequestFacts& request, const VisitorFacts& visitor, const End& end, TimePoint begun,
               Logger& log) const noexcept;

private:
    static constexpr std::size_t phases = 3;

    /// What the line says of the request's head, which is gone when the line is written.
    struct Noted {
        access::Output output;
        access::Lane* lane = nullptr;  // null: no access log
        std::chrono::system_clock::time_point time;
        std::string visitor;
        std::string method;
        std::string target;
        std::size_t path_size = 0;  // of the target
        std::string referer;
        std::string user_agent;
        http::Version version = http::Version::http11;
        std::optional<TimePoint> phases[AccessLine::phases];
    };

    void write_debug(const RequestFacts& request, const VisitorFacts& visitor, const hooks::Outcome& outcome,
                     Logger& log) const;
    void write_access(const RequestFacts& request, const VisitorFacts& visitor, const End& end, TimePoint begun) const;

    std::unique_ptr<Noted> noted_;  // only where somebody wants the line
};

}  // namespace ferrotunnel::exchange
