#include "command_table.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "audit_command.hpp"
#include "cluster_command.hpp"
#include "commands.hpp"
#include "control_commands.hpp"
#include "plugin_command.hpp"
#include "shell_commands.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view starting = "Start here";
constexpr std::string_view exposing = "More services";
constexpr std::string_view configuring = "Configuration files";

constexpr Command own_commands[] = {
    {starting, "http", http_info, run_http},       {starting, "tcp", tcp_info, run_tcp},
    {starting, "server", server_info, run_server}, {starting, "token", token_info, run_token},
    {starting, "login", login_info, run_login},    {starting, "doctor", doctor_info, run_doctor},
    {exposing, "client", client_info, run_client}, {exposing, "udp", udp_info, run_udp},
    {exposing, "tls", tls_info, run_tls},          {exposing, "files", files_info, run_files},
    {exposing, "exit", exit_info, run_exit},       {exposing, "visit", visit_info, run_visit},
    {configuring, "init", init_info, run_init},    {configuring, "import", import_info, run_import},
    {configuring, "check", check_info, run_check}, {configuring, "run", run_info, run_run},
    {configuring, "route", route_info, run_route},
};

// Listed by their names only, since the page of the program has to fit a screen.
constexpr Command other_commands[] = {
    {other_group, "audit", audit_info, run_audit},
    {other_group, "cluster", cluster_info, run_cluster},
    {other_group, "completion", completion_info, run_completion},
    {other_group, "hash", hash_info, run_hash},
    {other_group, "man", man_info, run_man},
    {other_group, "plugin", plugin_info, run_plugin},
    {other_group, "schema", schema_info, run_schema},
    {other_group, "trust", trust_info, run_trust},
    {other_group, "version", version_info, run_version},
};

// Not listed.
constexpr Command complete_command{{}, "complete", complete_info, run_complete};

constexpr auto all_commands = [] {
    std::array<Command, std::size(own_commands) + std::size(control_commands) + std::size(other_commands)> all{};
    auto* const end = std::ranges::copy(control_commands, std::ranges::copy(own_commands, all.begin()).out).out;
    std::ranges::copy(other_commands, end);
    return all;
}();

}  // namespace

std::span<const Command> commands() {
    return all_commands;
}

const Command* find_command(std::string_view name) {
    if (name == complete_command.name) {
        return &complete_command;
    }
    const auto* const found = std::ranges::find(all_commands, name, &Command::name);
    return found != all_commands.end() ? found : nullptr;
}

std::vector<const CommandInfo*> command_infos() {
    std::vector<const CommandInfo*> infos;
    for (const Command& command : all_commands) {
        infos.push_back(&command.info());
    }
    return infos;
}

std::vector<CommandGroup> command_groups() {
    std::vector<CommandGroup> groups;
    for (const Command& command : all_commands) {
        if (groups.empty() || groups.back().title != command.group) {
            groups.push_back({command.group, {}});
        }
        groups.back().commands.push_back(&command.info());
    }
    return groups;
}

}  // namespace ferrotunnel::cli
