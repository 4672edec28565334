#include "api/trace_target.hpp"

#include <utility>

#include "net/host_port.hpp"
#include "settings/traces.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::detail {

std::optional<observe::TraceTarget> make_trace_target(const Traces& traces) {
    if (traces.endpoint.empty()) {
        return std::nullopt;
    }
    TraceEndpoint endpoint = parse_trace_endpoint(traces.endpoint).value();
    observe::TraceTarget target;
    if (endpoint.https) {
        transport::TlsBackendSettings tls;
        tls.server_name = net::without_zone(endpoint.at.host);
        tls.ca_file = traces.ca_file;
        tls.protocol = "http/1.1";
        target.to.tls = transport::TlsContext::make_for_backend(tls);
    }
    target.to.at = std::move(endpoint.at);
    target.to.authority = std::move(endpoint.authority);
    target.path = std::move(endpoint.path);
    target.fields = traces.headers;
    target.service_name = traces.service_name;
    return target;
}

void try_traces(const ServerSettings& settings, std::vector<Problem>& problems) {
    if (!problems.empty()) {
        return;
    }
    try {
        (void)make_trace_target(settings.traces);
    } catch (const transport::TlsConfigError& problem) {
        problems.push_back({"traces.ca", problem.what()});
        locate(problems, settings);
    }
}

}  // namespace ferrotunnel::detail
