#include "guard_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "environment.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/service_plugin.hpp"
#include "password_hash.hpp"
#include "prompt.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr const char* password_variable = "FERROTUNNEL_PASSWORD";
constexpr unsigned burst_max = 1'000'000;

std::vector<ServicePlugin>& plugins_of(AnyService& service) {
    return std::visit([](auto& one) -> std::vector<ServicePlugin>& { return one.plugins; }, service);
}

// The password of --basic-auth: from a file, the environment, or the terminal.
std::optional<Secret> find_password(const Options& options, const std::string& user, Signals& signals,
                                    Problems& problems) {
    if (const auto file = options.text("password-file")) {
        try {
            return Secret::from_file(*file);
        } catch (const config_error& error) {
            problems.add(options.place_of("password-file"), error.problems().front().text);
            return std::nullopt;
        }
    }
    if (!environment_variable(password_variable).empty()) {
        return Secret::from_env(password_variable);
    }
    if (!can_prompt()) {
        problems.add("--password-file",
                     fmt::format("missing: the password of {}; it can also be set in {}", user, password_variable));
        return std::nullopt;
    }
    std::optional<Secret> answer;
    if (problems.empty()) {
        answer = prompt_for_secret(fmt::format("Password for visitors who are {}: ", user), signals);
        if (!answer) {
            problems.add("--password-file", "no password was given");
        }
    }
    return answer;
}

std::optional<ServicePlugin> read_basic_auth(const Options& options, Signals& signals, Problems& problems) {
    const std::string user = options.text("basic-auth").value_or("");
    if (user.empty() || user.size() > 255 || user.find(':') != std::string::npos) {
        // The text may be a name with its password, so it is not printed.
        problems.add("--basic-auth",
                     "takes only a user name, of 1 to 255 bytes without `:`; the password is asked for, or comes "
                     "from --password-file or FERROTUNNEL_PASSWORD");
        return std::nullopt;
    }
    const std::optional<Secret> password = find_password(options, user, signals, problems);
    if (!password) {
        return std::nullopt;
    }
    const std::optional<std::string> hash = hash_of_password(*password);
    if (!hash) {
        problems.add("--basic-auth",
                     "cannot hash the password: it has more than 512 bytes, or this program was built without "
                     "libcrypt; the client's file accepts hashes, see docs/plugins/clients.md");
        return std::nullopt;
    }
    return ServicePlugin::basic_auth(user, *hash);
}

// Reads "20/s" or "20/s:40". The server checks the rate.
std::optional<ServicePlugin> read_rate(const Options& options, Problems& problems) {
    const std::string text = options.text("rate").value_or("");
    const std::size_t colon = text.find(':');
    unsigned burst = 0;
    if (colon != std::string::npos) {
        const char* const end = text.data() + text.size();
        const auto [read, error] = std::from_chars(text.data() + colon + 1, end, burst);
        if (error != std::errc() || read != end || burst == 0 || burst > burst_max) {
            problems.add(options.place_of("rate"),
                         "needs a number from 1 to 1000000 after `:`: 20/s:40 accepts 40 at once");
            return std::nullopt;
        }
    }
    const std::string rate = text.substr(0, colon);
    if (rate.find('/') == std::string::npos) {
        problems.add(options.place_of("rate"), "is not a valid rate, like 20/s, 100/m or 20/s:40");
        return std::nullopt;
    }
    return ServicePlugin::rate(rate, burst);
}

void add_to_all(const std::optional<ServicePlugin>& plugin, const std::vector<AnyService*>& services) {
    for (AnyService* service : services) {
        if (plugin) {
            plugins_of(*service).push_back(*plugin);
        }
    }
}

}  // namespace

std::vector<OptionInfo> guard_options(bool requests) {
    std::vector<OptionInfo> options;
    if (requests) {
        options = {
            {"basic-auth", "USER", "Require this user name and a password from HTTP visitors",
             "Require this user name and a password from HTTP visitors. The password is asked for, or comes from "
             "--password-file or FERROTUNNEL_PASSWORD; the server receives a hash of it."},
            {"password-file", "FILE", "File with the password of --basic-auth"}};
    }
    options.push_back({"allow-ip", "NETWORK", "Accept visitors only from this network; may be repeated",
                       "Accept visitors only from this network, like 192.0.2.0/24 or 2001:db8::7; may be repeated.",
                       true});
    options.push_back({"rate", "N/s[:BURST]", "Limit the requests or connections of each address, like 20/s",
                       "Limit the requests or connections (UDP: visitors) of each address: 20/s, 100/m; 20/s:40 "
                       "accepts 40 at once."});
    return options;
}

bool has_guard_options(const Options& options) {
    if (options.command().name == "exit") {
        return false;  // --password-file belongs to its own --user
    }
    return options.has("basic-auth") || options.has("password-file") || options.has("allow-ip") || options.has("rate");
}

void apply_guard_options(const Options& options, const std::vector<AnyService*>& services, Signals& signals,
                         Problems& problems) {
    if (options.has("password-file") && !options.has("basic-auth")) {
        problems.add(options.place_of("password-file"), "needs --basic-auth");
    }
    if (options.has("basic-auth") &&
        !std::ranges::all_of(services, [](const AnyService* one) { return std::holds_alternative<Http>(*one); })) {
        problems.add(options.place_of("basic-auth"),
                     "is for HTTP services only: the others would be open to everybody");
    }
    // Addresses first: rejected visitors cost nothing more.
    if (options.has("allow-ip")) {
        add_to_all(ServicePlugin::allow_ip(options.list("allow-ip")), services);
    }
    if (options.has("rate")) {
        add_to_all(read_rate(options, problems), services);
    }
    if (options.has("basic-auth") && problems.empty()) {
        add_to_all(read_basic_auth(options, signals, problems), services);
    }
}

}  // namespace ferrotunnel::cli
