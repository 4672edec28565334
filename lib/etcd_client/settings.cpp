#include "etcd_client/settings.hpp"

#include "base/text.hpp"
#include "net/host_port.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::etcd {
namespace {

std::shared_ptr<transport::TlsContext> tls_for(const Settings& settings, const std::string& host) {
    transport::TlsBackendSettings tls;
    tls.server_name = net::without_zone(host);
    tls.ca_file = settings.ca_file;
    tls.protocol = "http/1.1";
    tls.certificate_file = settings.certificate_file;
    tls.key_file = settings.key_file;
    tls.words = {"etcd", "specify the CA that signed it", "use an endpoint with one of its names",
                 "give etcd one that has it (`subjectAltName=DNS:NAME`)"};
    return transport::TlsContext::make_for_backend(tls);
}

}  // namespace

Result<std::vector<fetch::Destination>, std::string> destinations_of(const Settings& settings) {
    std::vector<fetch::Destination> destinations;
    if (settings.endpoints.empty() || settings.endpoints.size() > limits::endpoints_max) {
        return "etcd needs 1 to " + std::to_string(limits::endpoints_max) + " endpoints";
    }
    if (settings.user.size() > limits::user_text_max || settings.password.size() > limits::user_text_max) {
        return "etcd's user and its password have at most " + std::to_string(limits::user_text_max) + " bytes";
    }
    for (const std::string& endpoint : settings.endpoints) {
        const auto url = fetch::read_url(endpoint);
        if (!url) {
            return "the endpoint " + in_quotes(endpoint) + " " + std::string(url.error());
        }
        if (url->path != "/") {
            return "the endpoint " + in_quotes(endpoint) + " has a path; expected one like https://10.0.0.1:2379";
        }
        try {
            destinations.push_back(
                {url->is_https ? tls_for(settings, url->at.host) : nullptr, url->at, url->authority});
        } catch (const transport::TlsConfigError& problem) {
            return std::string(problem.what());
        }
    }
    return destinations;
}

}  // namespace ferrotunnel::etcd
