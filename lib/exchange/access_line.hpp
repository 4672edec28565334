// The line that each request has in the log when it is over, where the log has such lines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "exchange/request_facts.hpp"
#include "exchange/visitor_facts.hpp"

namespace ferrotunnel::exchange {

class AccessLine {
public:
    /// Notes a request, where the log has such lines.
    void begin(const http::RequestHead& head, const Logger& log, TimePoint now);
    bool has_begun() const noexcept { return noted_ != nullptr; }
    void set_status(std::uint16_t status) noexcept {
        if (noted_) {
            noted_->status = status;
        }
    }
    void count_body(std::size_t bytes) noexcept {
        if (noted_) {
            noted_->body_bytes += bytes;
        }
    }
    /// Writes the line, if begin() has noted a request. `complete`: all of the answer was given out. Status 0: there
    /// was no answer, as when the visitor has gone before.
    void write(const RequestFacts& request, const VisitorFacts& visitor, bool complete, Logger& log,
               TimePoint now) const noexcept;

private:
    /// What the line says of the request and its answer.
    struct Noted {
        TimePoint begun_at;
        std::string method;
        std::string path;
        std::uint16_t status = 0;
        std::uint64_t body_bytes = 0;  // of the answer
    };
    std::unique_ptr<Noted> noted_;  // only where the log has such lines
};

}  // namespace ferrotunnel::exchange
