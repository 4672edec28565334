#include "session/visitor_log.hpp"

#include "base/limits.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"
#include "wire/open_metadata.hpp"

namespace ferrotunnel::session {

bool may_log_visitor(Logger& log, TimePoint now) noexcept {
    static constexpr LogCategory visitors{"visitors", limits::visitor_lines_per_second};
    return log.may_write(LogLevel::info, visitors, now);
}

std::string text_of(const net::Address& visitor) {
    if (visitor.family == 0) {
        return {};
    }
    return net::to_text({net::ip_text(visitor), visitor.port});
}

void log_visitor(const backend::ClientService& service, const wire::Open& open, TimePoint now, Logger& log) {
    if (!may_log_visitor(log, now)) {
        return;
    }
    const std::string& backend = service.backend.text;
    if (service.kind == wire::ServiceKind::http && !service.http.per_visitor) {
        log.info("a connection for HTTP visitors", {{"service", service.name}, {"backend", backend}});
        return;
    }
    log.info("a visitor", {{"service", service.name},
                           {"from", text_of(open.visitor)},
                           {"host", wire::read_open_metadata(open.metadata).host},
                           {"backend", backend}});
}

}  // namespace ferrotunnel::session
