// The line that each request has in the log when it is over, where the log has such lines.
#pragma once

#include <memory>
#include <string>

#include "base/log.hpp"
#include "exchange/request_facts.hpp"
#include "exchange/visitor_facts.hpp"
#include "hooks/http_run.hpp"
#include "http/head.hpp"

namespace ferrotunnel::exchange {

class AccessLine {
public:
    /// Notes a request, where the log has such lines.
    void begin(const http::RequestHead& head, const Logger& log);
    bool has_begun() const noexcept { return noted_ != nullptr; }
    /// Writes the line, if begin() has noted a request.
    void write(const RequestFacts& request, const VisitorFacts& visitor, const hooks::Outcome& outcome,
               Logger& log) const noexcept;

private:
    /// What the line says of the request's head, which is gone when the line is written.
    struct Noted {
        std::string method;
        std::string path;
        http::Version version;
    };
    std::unique_ptr<Noted> noted_;  // only where the log has such lines
};

}  // namespace ferrotunnel::exchange
