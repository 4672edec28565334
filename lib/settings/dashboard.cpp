#include "settings/dashboard.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"
#include "settings/common.hpp"

namespace ferrotunnel::detail {
namespace {

// Next to the port of the server's metrics, and the usual port for the dashboard of a tunnel client.
constexpr std::uint16_t server_port = 7837;
constexpr std::uint16_t client_port = 4040;

}  // namespace

runtime::SocketAddress dashboard_address(std::string_view setting, std::string_view side) {
    if (setting.empty() || setting == dashboard_off) {
        return {};
    }
    const std::uint16_t usual = side == "server" ? server_port : client_port;
    auto place = net::parse_host_port(setting == dashboard_usual ? "127.0.0.1" : setting, usual);
    if (place && place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    const auto at = place ? runtime::SocketAddress::from_ip(*place) : std::nullopt;
    return at.value_or(runtime::SocketAddress());
}

Result<Secret, std::string> read_dashboard_secret(const std::string& file) {
    constexpr std::string_view blanks = " \t\r\v\f";
    try {
        const Secret all = Secret::from_file(file);
        std::string_view line = all.reveal().substr(0, all.reveal().find('\n'));
        line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
        line.remove_suffix(line.size() - (line.find_last_not_of(blanks) + 1));
        if (line.size() < limits::dashboard_secret_min) {
            return "the secret in " + in_quotes(file) + " has fewer than 16 bytes";
        }
        return Secret::from_string(std::string(line));
    } catch (const config_error& error) {
        return error.problems().front().text;
    }
}

std::string exposed_dashboard_file(const CommonValues& settings) {
    const std::string& file = settings.dashboard_token_file;
    try {
        return !file.empty() && Secret::from_file(file).exposed() ? file : std::string();
    } catch (const config_error&) {
        return {};  // an unreadable file is reported elsewhere
    }
}

std::optional<std::string> dashboard_fault(const std::string& text) {
    if (text == dashboard_off) {
        return std::nullopt;
    }
    const runtime::SocketAddress at = dashboard_address(text, "server");
    if (at.empty()) {
        return net::quoted_address_fault(text, "is not a valid address to listen on; expected one like 127.0.0.1:7837");
    }
    return std::nullopt;
}

void check_dashboard(const CommonValues& settings, std::vector<Problem>& problems) {
    if (const std::string& file = settings.dashboard_token_file; !file.empty()) {
        if (const auto secret = read_dashboard_secret(file); !secret) {
            problems.push_back({"dashboard_token_file", secret.error()});
        }
    }
    if (settings.dashboard_chain.empty() != settings.dashboard_key.empty()) {
        problems.push_back({"dashboard_tls", "needs both a certificate and its key"});
    }
    const runtime::SocketAddress at = dashboard_address(settings.dashboard, "server");
    if (at.empty() || at.is_loopback()) {
        return;
    }
    if (settings.dashboard_token_file.empty() || settings.dashboard_chain.empty()) {
        problems.push_back({"dashboard", in_quotes(settings.dashboard) +
                                             " can be reached by other machines: that needs dashboard_token_file, and "
                                             "dashboard_tls_cert with dashboard_tls_key"});
    }
}

void warn_of_dashboard(const CommonValues& settings, std::vector<std::string>& warnings) {
    if (const std::string file = exposed_dashboard_file(settings); !file.empty()) {
        warnings.push_back("the file of the dashboard's secret " + in_quotes(file) +
                           " can be read by other users of this machine");
    }
}

}  // namespace ferrotunnel::detail
