#include "etcd_client/settings.hpp"

#include "base/text.hpp"
#include "net/host_port.hpp"
#include "runtime/address.hpp"
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

bool is_this_machine(const std::string& host) {
    const auto address = runtime::SocketAddress::from_ip(host, 0);
    return net::is_localhost(host) || (address && address->is_loopback());
}

// Without a password that it may have.
std::string shown(const std::string& endpoint) {
    return "the endpoint " + in_quotes(endpoint.substr(endpoint.rfind('@') + 1));
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
            return shown(endpoint) + " " + std::string(url.error());
        }
        if (url->path != "/") {
            return shown(endpoint) + " has a path; expected one like https://10.0.0.1:2379";
        }
        const bool needs_tls =
            !settings.user.empty() || !settings.ca_file.empty() || !settings.certificate_file.empty();
        if (needs_tls && !url->is_https && !is_this_machine(url->at.host)) {
            return shown(endpoint) + " has no TLS: with a user or TLS files it has to be https, or on this machine";
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
