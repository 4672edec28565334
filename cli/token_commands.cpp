#include "token_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "control_targets.hpp"
#include "ferrotunnel/secret.hpp"
#include "help.hpp"
#include "printable.hpp"
#include "problems.hpp"
#include "status_text.hpp"

namespace ferrotunnel::cli {
namespace {

OptionInfo right_option() {
    return {
        "right", "KEY=VALUE", "A right or quota of the token, as in the configuration file; repeatable",
        "KEY is a key of `server.token` of the configuration file: hosts, ports, kinds, bind, visited_by, from (each "
        "with several values behind commas), expires, connections, services, visitors, visitors_per_second, "
        "bytes_per_second, service_bytes_per_second, visitor_bytes_per_second (or one direction, as "
        "bytes_per_second.up).",
        true};
}

bool is_list(std::string_view key) {
    static const std::set<std::string_view> lists{"hosts", "ports", "kinds", "bind", "visited_by", "from"};
    return lists.contains(key);
}

Json value_of_right(std::string_view key, std::string_view text) {
    if (is_list(key)) {
        Json list = Json::array();
        while (!text.empty()) {
            const std::size_t end = std::min(text.find(','), text.size());
            list.push_back(std::string(text.substr(0, end)));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return list;
    }
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const Json parsed = error == std::errc() && end == text.data() + text.size() ? Json::parse(text, nullptr, false)
                                                                                 : Json(Json::value_t::discarded);
    return parsed.is_number() ? parsed : Json(std::string(text));
}

Json rights_in(const Options& options, Problems& problems) {
    Json rights = Json::object();
    for (const std::string& right : options.list("right")) {
        const std::size_t at = right.find('=');
        const std::string key = right.substr(0, at);
        if (at == std::string::npos || key.empty()) {
            problems.add(options.place_of("right"), fmt::format("\"{}\" is not KEY=VALUE", printable(right)));
            continue;
        }
        const std::size_t dot = key.find('.');
        Json& into = dot == std::string::npos ? rights[key] : rights[key.substr(0, dot)][key.substr(dot + 1)];
        into = value_of_right(key, std::string_view(right).substr(at + 1));
    }
    return rights;
}

// Empty if the words request help.
std::optional<Options> read_named(const CommandInfo& info, std::vector<std::string> words, Problems& problems) {
    Options options(info);
    if (!parse_or_help(options, std::move(words), problems)) {
        return std::nullopt;
    }
    if (!options.operand()) {
        problems.add("NAME", "missing: the name of the token");
    }
    return options;
}

void refuse(const Problems& problems, const CommandInfo& info) {
    if (!problems.empty()) {
        throw UsageError{problems, info.name};
    }
}

void warn_unless_stored(const Json& answer) {
    if (member_of(answer, "stored") != true) {
        fmt::print(stderr,
                   "etcd has not confirmed it yet: linked servers know it, and it is kept when etcd can be asked\n");
    }
}

ExitCode add_token(std::vector<std::string> words) {
    Problems problems;
    const auto options = read_named(tokens_add_info(), std::move(words), problems);
    if (!options) {
        return ExitCode::ok;
    }
    const Json rights = rights_in(*options, problems);
    refuse(problems, tokens_add_info());
    const auto file = options->text("secret-file");
    const Secret secret = file ? Secret::from_file(*file) : Secret::generate();
    const Control control = control_of(selected_program(*options, "server"), *options);
    const Json answer =
        Json::parse(control.token_add(*options->operand(), rights.dump(), secret.reveal()), nullptr, false);
    warn_unless_stored(answer);
    if (file) {
        fmt::print("all servers of the cluster accept the token {}\n", printable(*options->operand()));
    } else {
        fmt::print("{}\n", secret.reveal());  // alone, so that it can be redirected to a file
    }
    return ExitCode::ok;
}

ExitCode set_rights_of_token(std::vector<std::string> words) {
    Problems problems;
    const auto options = read_named(tokens_rights_info(), std::move(words), problems);
    if (!options) {
        return ExitCode::ok;
    }
    const Json rights = rights_in(*options, problems);
    refuse(problems, tokens_rights_info());
    const Control control = control_of(selected_program(*options, "server"), *options);
    warn_unless_stored(Json::parse(control.token_rights(*options->operand(), rights.dump()), nullptr, false));
    fmt::print("the token {} has these rights at all servers of the cluster\n", printable(*options->operand()));
    return ExitCode::ok;
}

ExitCode remove_token(std::vector<std::string> words) {
    Problems problems;
    const auto options = read_named(tokens_remove_info(), std::move(words), problems);
    if (!options) {
        return ExitCode::ok;
    }
    refuse(problems, tokens_remove_info());
    const Control control = control_of(selected_program(*options, "server"), *options);
    warn_unless_stored(Json::parse(control.token_remove(*options->operand()), nullptr, false));
    fmt::print("all servers of the cluster refuse the token {}\n", printable(*options->operand()));
    return ExitCode::ok;
}

}  // namespace

const CommandInfo& tokens_add_info() {
    static const CommandInfo info{
        "tokens add",
        "add a token that all servers of a cluster accept",
        "NAME",
        "  ferrotunnel tokens add alice > alice.token          # a new token\n"
        "  ferrotunnel tokens add --right hosts=alice.example.com,'*.alice.example.com' alice > alice.token\n"
        "  ferrotunnel tokens add --secret-file bob.token --right visitors=200 bob\n"
        "The servers need `cluster.etcd`, which keeps the token, sealed by the cluster's key. It is in no\n"
        "configuration file. A token of the same name in the file of a server takes precedence there.\n",
        {{"Options",
          {right_option(), {"secret-file", "FILE", "The token, made by `ferrotunnel token` (default: a new one)"}}},
         member_target_section()},
        CommandInfo::Kind::ask,
    };
    return info;
}

const CommandInfo& tokens_rights_info() {
    static const CommandInfo info{
        "tokens rights",
        "replace the rights of a token of a cluster",
        "NAME",
        "  ferrotunnel tokens rights --right hosts=alice.example.com --right visitors=500 alice\n"
        "  ferrotunnel tokens rights alice                     # those of every token\n"
        "For tokens of `ferrotunnel tokens add`. Rights that are not named are no longer there.\n",
        {{"Options", {right_option()}}, member_target_section()},
        CommandInfo::Kind::ask,
        ValueKind::token,
    };
    return info;
}

const CommandInfo& tokens_remove_info() {
    static const CommandInfo info{
        "tokens remove",
        "remove a token from all servers of a cluster; its sessions end",
        "NAME",
        "  ferrotunnel tokens remove alice\n"
        "For tokens of `ferrotunnel tokens add`. Those of a configuration file are removed there.\n",
        {member_target_section()},
        CommandInfo::Kind::ask,
        ValueKind::token,
    };
    return info;
}

bool is_token_command(const std::vector<std::string>& words) {
    return !words.empty() && (words.front() == "add" || words.front() == "rights" || words.front() == "remove");
}

ExitCode run_token_command(std::vector<std::string> words) {
    const std::string command = words.front();
    words.erase(words.begin());
    return command == "add"      ? add_token(std::move(words))
           : command == "rights" ? set_rights_of_token(std::move(words))
                                 : remove_token(std::move(words));
}

}  // namespace ferrotunnel::cli
