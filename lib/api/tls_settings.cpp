#include "api/tls_settings.hpp"

#include <string>

#include "net/host_port.hpp"
#include "runtime/address.hpp"
#include "transport/certificate.hpp"

namespace ferrotunnel::detail {
namespace {

template <typename Settings>
void try_to_make(const Settings& settings, std::vector<Problem>& problems) {
    try {
        make_tls(settings);
    } catch (const config_error& error) {
        problems = error.problems();
        locate(problems, settings);
    }
}

}  // namespace

std::shared_ptr<transport::TlsContext> make_tls(const ClientSettings& settings) {
    if (!settings.tls) {
        return nullptr;
    }
    transport::TlsClientSettings tls;
    tls.server_name = net::without_zone(net::parse_host_port(settings.servers.front(), default_control_port)->host);
    tls.system_ca = settings.tls_ca == "system";
    tls.ca_file = tls.system_ca ? std::string() : settings.tls_ca;
    tls.pin = settings.tls_pin;
    tls.trust = settings.tls_trust.state();
    try {
        return transport::TlsContext::make_client(tls);
    } catch (const transport::TlsConfigError& problem) {
        throw config_error(std::vector<Problem>{{settings.tls_ca.empty() ? "tls_pin" : "tls_ca", problem.what()}});
    }
}

std::shared_ptr<transport::TlsContext> make_tls(const ServerSettings& settings) {
    if (!settings.tls) {
        return nullptr;
    }
    transport::TlsServerSettings tls;
    tls.certificate_file = settings.tls_chain;
    tls.key_file = settings.tls_key;
    tls.credential = settings.tls_credential.state();
    tls.state_directory = settings.state_dir;
    try {
        return transport::TlsContext::make_server(tls);
    } catch (const transport::TlsConfigError& problem) {
        throw config_error(
            std::vector<Problem>{{settings.tls_chain.empty() ? "state_dir" : "tls_certificate", problem.what()}});
    }
}

void try_tls(const ClientSettings& settings, std::vector<Problem>& problems) {
    if (problems.empty()) {
        try_to_make(settings, problems);
    }
}

void try_tls(const ServerSettings& settings, std::vector<Problem>& problems) {
    if (!problems.empty() || !settings.tls) {
        return;
    }
    if (!settings.tls_chain.empty()) {
        try_to_make(settings, problems);
    } else if (settings.tls_credential.empty() &&
               !settings.state_dir.empty()) {  // a certificate is created only at the start
        try {
            transport::try_identity(settings.state_dir);
        } catch (const transport::TlsConfigError& problem) {
            problems.push_back({"state_dir", problem.what()});
            locate(problems, settings);
        }
    }
}

}  // namespace ferrotunnel::detail
