#include "exchange/access_line.hpp"

#include <chrono>
#include <exception>

namespace ferrotunnel::exchange {
namespace {

std::string_view protocol_of(const VisitorFacts& visitor, http::Version version) noexcept {
    return visitor.http2 ? "HTTP/2" : version == http::Version::http11 ? "HTTP/1.1" : "HTTP/1.0";
}

}  // namespace

void AccessLine::begin(const http::RequestHead& head, const Logger& log) {
    if (log.enabled(LogLevel::debug)) {
        noted_ = std::make_unique<Noted>();
        noted_->method = head.method_text;
        noted_->path = head.target.path;  // the query may have secrets
        noted_->version = head.version;
    }
}

void AccessLine::write(const RequestFacts& request, const VisitorFacts& visitor, const hooks::Outcome& outcome,
                       Logger& log) const noexcept try {
    if (!noted_) {
        return;
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(outcome.duration);
    log.debug("a request is over", {{"request", request.id},
                                    {"visitor", visitor.address},
                                    {"method", noted_->method},
                                    {"host", request.host},
                                    {"path", noted_->path},
                                    {"service", request.service_name()},
                                    {"status", outcome.status},
                                    {"bytes", outcome.response_bytes},
                                    {"complete", outcome.complete},
                                    {"ms", took.count()},
                                    {"protocol", protocol_of(visitor, noted_->version)}});
} catch (const std::exception&) {  // no memory for a line
}

}  // namespace ferrotunnel::exchange
