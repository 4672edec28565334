#include "ssh_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "command_line_parts.hpp"
#include "text.hpp"

namespace ferrotunnel::cli::importing::command_line {
namespace {

constexpr unsigned seconds_max = 3600;

// About the login, the terminal, the log and connections that look after themselves here.
constexpr std::array<std::string_view, 40> needless_options{"addkeystoagent",
                                                            "addressfamily",
                                                            "batchmode",
                                                            "checkhostip",
                                                            "ciphers",
                                                            "clearallforwardings",
                                                            "controlmaster",
                                                            "controlpath",
                                                            "controlpersist",
                                                            "connectionattempts",
                                                            "exitonforwardfailure",
                                                            "forwardagent",
                                                            "forwardx11",
                                                            "gatewayports",
                                                            "globalknownhostsfile",
                                                            "hashknownhosts",
                                                            "hostkeyalgorithms",
                                                            "hostname",
                                                            "identitiesonly",
                                                            "identityfile",
                                                            "ipqos",
                                                            "kbdinteractiveauthentication",
                                                            "kexalgorithms",
                                                            "loglevel",
                                                            "macs",
                                                            "numberofpasswordprompts",
                                                            "passwordauthentication",
                                                            "port",
                                                            "preferredauthentications",
                                                            "pubkeyacceptedalgorithms",
                                                            "pubkeyacceptedkeytypes",
                                                            "pubkeyauthentication",
                                                            "rekeylimit",
                                                            "requesttty",
                                                            "streamlocalbindunlink",
                                                            "tcpkeepalive",
                                                            "user",
                                                            "visualhostkey",
                                                            "sendenv",
                                                            "setenv"};

}  // namespace

SshOption parse_ssh_option(std::string_view text) {
    const std::size_t end = std::min(text.find_first_of("= \t"), text.size());
    const std::size_t begin = std::min(text.find_first_not_of("= \t", end), text.size());
    SshOption option{in_lower_case(text.substr(0, end)), std::string(text.substr(begin))};
    if (option.name.ends_with("forward")) {
        std::ranges::replace(option.value, ' ', ':');
    }
    return option;
}

void SshSettings::read(Draft& draft, const SshOption& option, const Origin& origin) {
    const std::string& name = option.name;
    const auto seconds = number_of(option.value, 1, seconds_max);
    const bool is_number = name == "serveraliveinterval" || name == "serveralivecountmax" || name == "connecttimeout";
    if (is_number && !seconds && option.value != "0") {
        draft.lose({"ssh", 0, {}}, fmt::format("-o {}", name),
                   fmt::format("the value is not a whole number from 0 to {}", seconds_max));
    } else if (name == "serveraliveinterval") {
        alive_interval_ = seconds.value_or(0);
        alive_ = origin;
    } else if (name == "serveralivecountmax") {
        alive_count_ = seconds.value_or(alive_count_);
    } else if (name == "connecttimeout" && !seconds) {
        draft.skip({"ssh", 0, {}}, fmt::format("-o {}", name), "it is the default");
    } else if (name == "connecttimeout") {
        draft.client.set("timing.handshake_timeout", fmt::format("{}s", *seconds), origin);
    } else if (name == "stricthostkeychecking" || name == "userknownhostsfile") {
        if (option.value != "yes") {
            draft.ask(origin,
                      "server and client prove the token to each other, so no key has to be accepted; `tls_pin` "
                      "also fixes the server's key");
        }
    } else if (name == "proxyjump" || name == "proxycommand") {
        draft.lose({"ssh", 0, {}}, fmt::format("-o {}", name),
                   "the server is not reached through a jump host or a command",
                   "name an HTTP or SOCKS5 proxy in `proxy`");
    } else if (name == "compression") {
        if (option.value == "yes") {
            draft.lose({"ssh", 0, {}}, "-o Compression", "the tunnel does not compress",
                       "the plugin `compress` of the server compresses HTTP responses");
        }
    } else if (std::ranges::find(needless_options, name) != needless_options.end()) {
        draft.skip({"ssh", 0, {}}, fmt::format("-o {}", name), "it concerns ssh itself");
    } else {
        draft.lose({"ssh", 0, {}}, fmt::format("-o {}", name), "this program does not know the option",
                   "configure its effect by hand");
    }
}

void SshSettings::apply(Draft& draft) const {
    if (alive_interval_ == 0) {
        return;
    }
    const unsigned dead = alive_interval_ * std::max(alive_count_, 2U);
    draft.client.set("timing.ping_interval", fmt::format("{}s", alive_interval_), alive_);
    draft.client.set("timing.dead_interval", fmt::format("{}s", dead), alive_);
}

}  // namespace ferrotunnel::cli::importing::command_line
