#include "hints.hpp"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>

#include "one_line.hpp"

namespace ferrotunnel::cli::importing {
namespace {

/// The first place in a tree.
std::optional<Origin> first_origin(const Node& node) {
    if (node.origin()) {
        return node.origin();
    }
    for (const Node& child : node.children()) {
        if (const auto origin = first_origin(child)) {
            return origin;
        }
    }
    return std::nullopt;
}

/// Names those of a service that are not named yet.
void ask_about(const Node& plugins, std::set<std::string>& named, Draft& draft) {
    for (const Node& item : plugins.children()) {
        for (const Node& plugin : item.children()) {
            if (named.insert(plugin.key()).second) {
                draft.ask(
                    first_origin(item).value_or(Origin()),
                    fmt::format("the server needs the plugin {} (`ferrotunnel plugin list` on the server shows it)",
                                plugin.key()));
            }
        }
    }
}

}  // namespace

void settle_passwords(Draft& draft) {
    const bool has_command = !one_line_command(draft).empty();
    for (Secret& secret : draft.secrets) {
        if (!secret.is_for_command) {
            continue;
        }
        secret.is_written = has_command;
        if (has_command) {
            draft.ask(
                secret.origin,
                fmt::format("only the command without a file reads {} (`--password-file`): the YAML has a hash of "
                            "the password",
                            secret.name));
        }
    }
}

void ask_about_plugins(Draft& draft) {
    const Node* const services = draft.client.find("services");
    if (services == nullptr) {
        return;
    }
    std::set<std::string> named;
    for (const Node& service : services->children()) {
        if (const Node* const plugins = service.find("plugins")) {
            ask_about(*plugins, named, draft);
        }
    }
}

}  // namespace ferrotunnel::cli::importing
