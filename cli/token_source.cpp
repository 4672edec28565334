#include "token_source.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "ferrotunnel/error.hpp"
#include "print_error.hpp"
#include "prompt.hpp"
#include "setting_options.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr const char* token_variable = "FERROTUNNEL_TOKEN";

std::string base_name(const std::string& path) {
    return path.substr(path.find_last_of('/') + 1);
}

std::vector<FoundToken> from_files(const Options& options, Problems& problems) {
    std::vector<FoundToken> tokens;
    for (const std::string& path : options.list("token-file")) {
        if (Secret::from_string(path).is_strong()) {
            problems.add(options.place_of("token-file"), "is a token itself; it takes the path of a file with one");
            continue;
        }
        try {
            tokens.push_back({Secret::from_file(path), base_name(path), path});
        } catch (const config_error& error) {
            problems.add(options.place_of("token-file"), error.problems().front().text);
        }
    }
    return tokens;
}

std::vector<FoundToken> only(Secret secret) {
    std::vector<FoundToken> tokens;
    tokens.push_back({std::move(secret), {}});
    return tokens;
}

}  // namespace

std::vector<FoundToken> find_tokens(const Sources& sources, const std::string& question, Signals& signals,
                                    std::optional<Secret>& answered, Problems& problems) {
    const Options& options = sources.options;
    const std::optional<Secret>& on_command_line = sources.arguments.token;
    const bool file = options.has("token-file");
    const bool file_on_command_line = file && !options.from_environment("token-file");
    const bool in_environment = options.from_environment("token");
    if (on_command_line && file_on_command_line) {
        problems.add("--token", "and --token-file are both given; use one of them");
        return {};
    }
    if (on_command_line && !on_command_line->empty()) {
        if (sources.may_control) {
            print_error(
                "hint: a token on the command line stays in the shell's history, and other users may briefly see "
                "it;\n      {} or --token-file avoids that\n",
                token_variable);
        }
        return only(on_command_line->copy());
    }
    if (file && in_environment && !file_on_command_line) {
        problems.add(token_variable, "and FERROTUNNEL_TOKEN_FILE are both set; unset one of them");
        return {};
    }
    if (file) {
        return from_files(options, problems);
    }
    if (in_environment) {
        return only(Secret::from_env(token_variable));
    }
    if (options.has("token")) {
        return {};  // the option has no value, which is a problem already
    }
    if (answered) {
        return only(answered->copy());
    }
    if (!sources.may_control || !can_prompt()) {
        problems.add(
            "--token-file",
            "missing: the token that server and clients share. Use the server's, or create one with `ferrotunnel "
            "token`; it can also be set in FERROTUNNEL_TOKEN");
        return {};
    }
    if (problems.empty()) {
        answered = prompt_for_secret(question, signals);
        if (answered) {
            return only(answered->copy());
        }
        problems.add("--token-file", "no token was given");
    }
    return {};
}

bool needs_token(const Sources& sources, bool file_has_one) {
    const Options& options = sources.options;
    const bool overrides = sources.arguments.token || options.has("token") || options.has("token-file");
    return !sources.file_alone && (overrides || !file_has_one);
}

void add_token_options(bool several_files, std::vector<OptionSection>& sections) {
    std::vector<OptionInfo>& options = section_called(sections, "Tunnel connections").options;
    const OptionInfo of_server{
        "token-file", "FILE", "File with the token for clients; may be repeated",
        "File with a token that clients log in with; may be repeated, and logs then show each token by the name of its "
        "file. Default: asked for on the terminal.",
        true};
    const OptionInfo of_client{
        "token-file", "FILE", "File with the server's token (default: asked for)",
        "File with the token that the server was started with. Default: asked for on the terminal."};
    options.insert(options.begin() + 1,
                   {several_files ? of_server : of_client, plain_token_option()});  // after the address
}

OptionInfo plain_token_option() {
    return {"token", "TOKEN", "", "The token itself. A file or the variable keeps it out of the shell's history."};
}

}  // namespace ferrotunnel::cli
