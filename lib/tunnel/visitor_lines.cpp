#include "tunnel/visitor_lines.hpp"

#include <string>

#include "runtime/address.hpp"
#include "wire/ip_text.hpp"
#include "wire/open_metadata.hpp"

namespace ferrotunnel::tunnel {

namespace {

std::string text_of(const wire::Address& address) {
    if (address.family == 0) {
        return {};
    }
    return runtime::to_text({wire::ip_text(address), address.port});
}

}  // namespace

void tell_visitor(const ClientService& service, const wire::Open& open, LineQuota& lines, TimePoint now, Logger& log) {
    if (!log.enabled(LogLevel::info)) {
        return;
    }
    const auto left_out = lines.take(now);
    if (!left_out) {
        return;
    }
    if (*left_out > 0) {
        log.info("there were more visitors than are told", {{"left_out", *left_out}});
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

}  // namespace ferrotunnel::tunnel
