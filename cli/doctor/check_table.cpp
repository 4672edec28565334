// The checks of both sides, in the order of the report.
#include "doctor/login_checks.hpp"
#include "doctor/machine_checks.hpp"
#include "doctor/path_checks.hpp"
#include "doctor/server_checks.hpp"
#include "doctor/service_checks.hpp"
#include "doctor/subject.hpp"

namespace ferrotunnel::cli::doctor {

std::vector<Check> client_checks(std::shared_ptr<ClientSubject> subject) {
    static const CheckRow<ClientSubject> rows[] = {
        {"name", check_name},
        {"port", check_port, {"name"}},
        {"ipv6", check_six, {"port"}},
        {"proxy", check_proxy, {"port"}},
        {"tls", check_tls, {"proxy"}},
        {"certificate", check_certificate, {"tls"}},
        {"clock", check_clock, {}, {"tls", "proxy"}},
        {"instance", check_client_instance},
        {"login", check_login, {"tls", "certificate", "clock"}, {"instance"}},
        {"exchange", check_exchange, {"login"}},
        {"services", check_services, {"login"}, {"instance"}},
        {"names", check_names, {"login"}, {"services"}},
        {"public", check_public, {"login"}, {"names"}},
        {"backends", check_backends, {}, {"instance"}},
        {"plugins", check_client_plugins, {}, {"services"}},
        {"descriptors", check_client_descriptors, {}, {"instance"}},
    };
    return checks_of("client", rows, subject);
}

std::vector<Check> other_server_checks(std::shared_ptr<ClientSubject> subject, std::string side) {
    static const CheckRow<ClientSubject> rows[] = {
        {"name", check_name},
        {"port", check_port, {"name"}},
        {"ipv6", check_six, {"port"}},
        {"proxy", check_proxy, {"port"}},
        {"tls", check_tls, {"proxy"}},
        {"certificate", check_certificate, {"tls"}},
        {"login", check_login, {"tls", "certificate"}},
    };
    return checks_of(side, rows, subject);
}

std::vector<Check> running_server_checks(std::shared_ptr<ServerSubject> subject) {
    static const CheckRow<ServerSubject> rows[] = {
        {"instance", check_server_instance}, {"acme", check_acme, {}, {"instance"}},
        {"clock", check_server_clock},       {"descriptors", check_server_descriptors, {}, {"instance"}},
        {"settings", check_no_settings},
    };
    return checks_of("server", rows, subject);
}

std::vector<Check> server_checks(std::shared_ptr<ServerSubject> subject) {
    static const CheckRow<ServerSubject> rows[] = {
        {"instance", check_server_instance},
        {"listen", check_listeners, {}, {"instance"}},
        {"low ports", check_low_ports, {}, {"instance"}},
        {"name", check_public_name},
        {"wildcard", check_wildcard, {}, {"name"}},
        {"public", check_own_public, {"listen", "name"}},
        {"certificates", check_certificates},
        {"acme", check_acme, {}, {"instance"}},
        {"clock", check_server_clock},
        {"state", check_state},
        {"plugins", check_server_plugins},
        {"descriptors", check_server_descriptors, {}, {"instance"}},
    };
    return checks_of("server", rows, subject);
}

}  // namespace ferrotunnel::cli::doctor
