#include "exchange/access_line.hpp"

#include <chrono>
#include <exception>

namespace ferrotunnel::exchange {

void AccessLine::begin(const http::RequestHead& head, const Logger& log, TimePoint now) {
    if (log.enabled(LogLevel::debug)) {
        noted_ = std::make_unique<Noted>();
        noted_->begun_at = now;
        noted_->method = head.method_text;
        noted_->path = head.target.path;  // the query may have secrets
    }
}

void AccessLine::write(const RequestFacts& request, const VisitorFacts& visitor, bool complete, Logger& log,
                       TimePoint now) const noexcept try {
    if (!noted_) {
        return;
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - noted_->begun_at);
    log.debug("a request is over", {{"request", request.id},
                                    {"visitor", visitor.address},
                                    {"method", noted_->method},
                                    {"host", request.host},
                                    {"path", noted_->path},
                                    {"service", request.service_name()},
                                    {"status", noted_->status},
                                    {"bytes", noted_->body_bytes},
                                    {"complete", complete},
                                    {"ms", took.count()}});
} catch (const std::exception&) {  // no memory for a line
}

}  // namespace ferrotunnel::exchange
